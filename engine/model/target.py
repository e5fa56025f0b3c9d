"""Targets: server x framework x loop x gateway, with release and variant; launches, and facts about started targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

CONTROL = "control"
WSGI_CONTROL = "wsgi-control"
# The bare apps without a framework, for ASGI and for WSGI.
CONTROLS = (CONTROL, WSGI_CONTROL)
DIRECT = "direct"
# The words for event loops, each with the loops of the targets that it stands for.
LOOPS = {"auto": ("auto",), "asyncio": ("asyncio",), "uvloop": ("uvloop",), "both": ("asyncio", "uvloop")}
# The versions of HTTP of targets: HTTP/2 without TLS by prior knowledge, and with TLS by ALPN.
HTTP_1_1, H2C, H2 = "1.1", "h2c", "h2"
HTTP_2 = "2"
# What a gateway speaks to a server where it is not HTTP: a protocol with the variables of CGI, such as FastCGI.
CGI = "cgi"
# The words of ``--http``, each with the versions that it stands for; ``h2`` is HTTP/2 over TLS for every server.
HTTP_VERSIONS = {HTTP_1_1: (HTTP_1_1,), HTTP_2: (HTTP_2,), H2: (HTTP_2,), "all": (HTTP_1_1, HTTP_2)}
TLS = "tls"
# The runtimes of services: processes of this machine, containers, or services that are already running.
LOCAL, DOCKER, RUNNING = "local", "docker", "running"
RUNTIMES = (LOCAL, DOCKER, RUNNING)


def configuration(server: str, release: str = "", variant: str = "") -> str:
    """A server with its release and variant, or a framework with its release, as one word:
    ``gunicorn==26.2.0~two-workers``."""
    return server + release + (f"~{variant}" if variant else "")


def python_word(interpreter: str) -> str:
    """The Python of a target in its id and in tables: ``py3.12``."""
    return f"py{interpreter}"


def version_in_words(http: str) -> str:
    """The version of HTTP of a target, in the words of ``scope``, of ``--http`` and of selectors."""
    return HTTP_1_1 if http == HTTP_1_1 else HTTP_2


def http_word(http: str) -> str:
    """The word of ``--http`` that selects targets of a version of HTTP."""
    return HTTP_2 if http == H2C else http


def schemes(*, tls: bool) -> dict[str, str]:
    """The schemes of a connection to a server with or without TLS, of requests and of WebSockets, as variables of a
    case."""
    return {"scheme": "https", "websocket_scheme": "wss"} if tls else {"scheme": "http", "websocket_scheme": "ws"}


@dataclass(frozen=True)
class Target:
    """The coordinates of a service, before it is started. A key for dicts: ``interface``, ``source``, ``given``,
    ``framework_source``, ``answers`` and ``upstream`` do not count in comparisons.

    ``server`` is a name in the registry of servers, ``framework`` that of a folder under frameworks/, ``loop`` is
    ``auto``, ``asyncio`` or ``uvloop``, ``gateway`` is ``direct`` or a name in the registry of gateways, ``runtime``
    one of RUNTIMES. ``release`` is "" for the pinned release, ``==26.2.0`` for a version, ``@label`` for a checkout or
    a branch. ``variant`` is the name of a set of the server's own options, "" for none. ``interface`` is ``asgi`` or
    ``wsgi``, by the framework. ``framework_release`` is to the framework what ``release`` is to the server. ``http``
    is the version that clients speak: HTTP_1_1, H2C or H2. ``answers`` are the endpoints of the contract that an
    application of a project has, as ``GET /health``; None for an app that implements the contract. ``interpreter`` is
    the Python of the service in the words of ``--python`` (``3.12``), "" for the engine's own. ``upstream`` is what the
    gateway speaks to the server: HTTP_1_1, H2C or CGI; "" without a gateway.

    ``source``, ``framework_source`` and ``given`` serve commands that name this target again: the values of
    ``--server`` and ``--framework`` behind ``@label`` (``@../gunicorn``), and further options that the target depends
    on, such as ``--variant`` with its declaration.
    """

    server: str
    framework: str
    loop: str
    gateway: str = DIRECT
    runtime: str = "local"
    release: str = ""
    variant: str = ""
    interface: str = field(default="asgi", compare=False)
    source: str = field(default="", compare=False)
    given: tuple[str, ...] = field(default=(), compare=False)
    framework_release: str = ""
    framework_source: str = field(default="", compare=False)
    http: str = HTTP_1_1
    answers: frozenset[str] | None = field(default=None, compare=False)
    interpreter: str = ""
    upstream: str = field(default="", compare=False)

    @cached_property
    def configuration(self) -> str:
        """Server, release and variant as one word: ``gunicorn==26.2.0~two-workers``."""
        return configuration(self.server, self.release, self.variant)

    @cached_property
    def framework_configuration(self) -> str:
        """Framework and release as one word: ``starlette==0.46.0``."""
        return configuration(self.framework, self.framework_release)

    @cached_property
    def id(self) -> str:
        """The name in tests, logs and reports: ``gunicorn-starlette-uvloop``. ``direct`` and ``local`` are left out."""
        words = [self.configuration, self.framework_configuration, self.loop]
        if self.gateway != DIRECT:
            words.append(self.gateway)
        if self.runtime != "local":
            words.append(self.runtime)
        if self.http != HTTP_1_1:
            words.append(self.http)
        if self.interpreter:
            words.append(python_word(self.interpreter))
        return "-".join(words)

    @property
    def http_version(self) -> str:
        """The version of HTTP in the words of ``scope``, of ``--http`` and of selectors: ``1.1`` or ``2``."""
        return version_in_words(self.http)

    @property
    def server_http(self) -> str:
        """The version of HTTP that is spoken to the server: by clients, or by the gateway. HTTP_1_1 for a server that
        a gateway reaches by another protocol."""
        return HTTP_1_1 if self.upstream == CGI else self.upstream or self.http

    @property
    def is_control(self) -> bool:
        """True if the app has no framework, so that its failures are the server's."""
        return self.framework in CONTROLS


@dataclass(frozen=True, slots=True)
class ServerLaunch:
    """One way to start a target. Jobs with an equal launch share a process.

    ``options`` are ``server:`` options, name and value, sorted. ``lifespan_of`` is the id of the job that the server is
    dedicated to, "" for a shared one. ``held`` means that a step of that job starts the server; until then it is only
    prepared. ``port`` is the port for clients, 0 for any free one. A target over HTTP/2 with TLS has the option
    ``tls``.
    """

    target: Target
    options: tuple[tuple[str, object], ...] = ()
    lifespan_of: str = ""
    held: bool = False
    port: int = 0

    def __post_init__(self) -> None:
        if self.target.http == H2 and TLS not in dict(self.options):
            object.__setattr__(self, "options", tuple(sorted((*self.options, (TLS, True)))))

    @property
    def protocol_variables(self) -> dict[str, str]:
        """The variables of a case about the protocol, as the server sees it: ``http_version``, ``scheme`` and
        ``websocket_scheme``. A gateway that speaks HTTP to the server does so in its own version, and without TLS."""
        if self.target.upstream not in ("", CGI):
            return {"http_version": version_in_words(self.target.upstream), **schemes(tls=False)}
        return {"http_version": self.target.http_version, **schemes(tls=bool(dict(self.options).get(TLS)))}

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of the server's process that the option ``env`` sets."""
        found = dict(self.options).get("env", ())
        return {str(name): str(value) for name, value in found} if isinstance(found, tuple) else {}

    @property
    def id(self) -> str:
        """The target's id and the options, for messages."""
        words = [self.target.id, *(f"{name}={value}" for name, value in self.options)]
        return " ".join(words)


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """The end of a process: its exit status, or the number of the signal that ended it; the other is None."""

    status: int | None = None
    signal: int | None = None

    def __str__(self) -> str:
        if self.signal is not None:
            return f"signal {self.signal}"
        return f"exit status {self.status}"


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """Properties of a started target, read when it became ready.

    ``python`` and ``versions`` (by package) are version strings. ``loop`` is the class of the running loop
    (``uvloop.Loop``). ``version`` is that of the installed server, ``commit`` the commit that it was built from, "" for
    a release of the package index; ``framework_version`` and ``framework_commit`` likewise. ``offers`` are the
    confirmed capabilities of server and app together; ``refuted`` has a sentence for each declared capability that the
    probe did not find.
    """

    python: str = ""
    loop: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    commit: str = ""
    offers: tuple[str, ...] = ()
    refuted: tuple[str, ...] = ()
    framework_version: str = ""
    framework_commit: str = ""

    @property
    def loop_name(self) -> str:
        """The loop in the words of ``--loop``: ``uvloop``, ``asyncio``, or "" before the first call."""
        return "uvloop" if self.loop.startswith("uvloop") else "asyncio" if self.loop else ""
