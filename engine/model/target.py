"""What a case runs against: server x framework x loop x gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

CONTROL = "control"
# The bare apps without a framework: the control, and its twin for what is called through WSGI.
CONTROLS = (CONTROL, "wsgi-control")
DIRECT = "direct"
# The words for event loops, each with the loops of the targets that it stands for.
LOOPS = {"auto": ("auto",), "asyncio": ("asyncio",), "uvloop": ("uvloop",), "both": ("asyncio", "uvloop")}
# How services come to run: as processes of this machine, in containers, or already.
LOCAL, DOCKER, RUNNING = "local", "docker", "running"
RUNTIMES = (LOCAL, DOCKER, RUNNING)


def configuration(server: str, release: str = "", variant: str = "") -> str:
    """A server, its release and its variant as one word: ``gunicorn==26.2.0~two-workers``."""
    return server + release + (f"~{variant}" if variant else "")


@dataclass(frozen=True)
class Target:
    """One square of the matrix, before anything is started.

    ``server`` is the registry's name, ``framework`` a folder's under frameworks/, ``loop`` one of ``auto``,
    ``asyncio`` and ``uvloop``, ``runtime`` one of the registry's. ``release`` says which release of the server was
    asked for: "" is the pinned one, ``==26.2.0`` a version, ``@label`` a checkout or a branch. ``variant`` names a set
    of options of the server's own, "" for none. ``interface`` is the framework's, ``asgi`` or ``wsgi``.

    ``source`` and ``given`` are for commands that name this target again: what ``--server`` was given for ``@label``
    (``@../gunicorn``), and further options that it depends on, such as ``--variant`` with the declaration.
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

    @cached_property
    def configuration(self) -> str:
        """Server, release and variant as one word: ``gunicorn==26.2.0~two-workers``."""
        return configuration(self.server, self.release, self.variant)

    @cached_property
    def id(self) -> str:
        """What tests, logs and reports call it: ``gunicorn-starlette-uvloop``."""
        words = [self.configuration, self.framework, self.loop]
        if self.gateway != DIRECT:
            words.append(self.gateway)
        if self.runtime != "local":
            words.append(self.runtime)
        return "-".join(words)

    @property
    def is_control(self) -> bool:
        """Whether its app is one without a framework, so that what fails there is the server's."""
        return self.framework in CONTROLS


@dataclass(frozen=True, slots=True)
class ServerLaunch:
    """How a target is started for some jobs: its target, the server's options in the engine's words, and the job
    whose lifespan script is played, if any. Jobs that share a launch share a process. ``held`` says that the job
    starts it itself, by a step, and that it is only made ready for that. ``port`` is the one that clients connect to,
    0 for any that is free."""

    target: Target
    options: tuple[tuple[str, object], ...] = ()
    lifespan_of: str = ""
    held: bool = False
    port: int = 0

    @property
    def id(self) -> str:
        words = [self.target.id, *(f"{name}={value}" for name, value in self.options)]
        return " ".join(words)


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """How a process ended: its exit status, or the number of the signal that ended it."""

    status: int | None = None
    signal: int | None = None

    def __str__(self) -> str:
        if self.signal is not None:
            return f"signal {self.signal}"
        return f"exit status {self.status}"


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """What was found out about a live target when it became ready.

    ``loop`` is the running loop's class (``uvloop.Loop``), ``versions`` maps package names to versions and
    ``python`` is the interpreter's. ``version`` is that of the server as it was installed, ``commit`` where it was made
    from, "" for a release of the package index. ``offers`` is what server and app offer together, as far as a probe
    could tell; ``refuted`` a sentence for each claim that the probe found wrong.
    """

    python: str = ""
    loop: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    commit: str = ""
    offers: tuple[str, ...] = ()
    refuted: tuple[str, ...] = ()

    @property
    def loop_name(self) -> str:
        """The loop in the words of ``--loop``."""
        return "uvloop" if self.loop.startswith("uvloop") else "asyncio" if self.loop else ""
