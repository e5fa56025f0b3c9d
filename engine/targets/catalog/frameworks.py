"""Frameworks: each is a folder with its app, its pinned requirements and its declaration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DocumentError, UsageError
from engine.model.nodes import Node
from engine.model.source_span import SourceSpan
from engine.model.target import configuration
from engine.registry import Registry, nearest
from engine.targets.catalog import documents
from engine.targets.catalog.capabilities import WORDS
from engine.targets.catalog.releases import PINNED, Release

FILE = "framework.yaml"
LOCK = "requirements.lock"
SOURCE = "requirements.in"
NAME = re.compile(r"[a-z][a-z0-9-]*")
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
APP = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")

# The interface of an app: ASGI, or WSGI (PEP 3333). Each has a contract of its own.
ASGI, WSGI = "asgi", "wsgi"
INTERFACES = (ASGI, WSGI)

# Capabilities that are as much the application's matter as the server's: a target offers them where both do.
OF_THE_APP = frozenset({"lifespan", "state", "websocket"})
# Capabilities that are the application's alone: the endpoints of the contract that a framework may lack.
FEATURES: Mapping[str, str] = {
    "files": "the app sends files of a folder, by the framework's own means",
    "ranges": "it sends parts of these files",
    "conditions": "it evaluates the conditions of a request for one of these files",
    "compression": "the framework compresses responses",
    "mounts": "the app of another framework, or of none, is mounted below the framework",
    "body-limit": "the framework limits the size of a body",
    "forms": "the framework parses forms, URL-encoded and multipart",
    "handlers": "the app has the endpoints of the contract about methods, cookies and errors of handlers",
    "middleware": "a function of the framework's own middleware passes requests and responses on",
    "background": "the framework works on once a response has been sent",
    "cors": "the framework shares responses with one other origin (CORS)",
    "downloads": "the framework sends a file as an attachment with a name",
    "close-code": "the framework passes a handler the code with which a client closed a WebSocket",
    "close-reason": "it passes the reason as well",
}
# The capability of a target whose application calls receive() while it works, so that it notices a disconnect.
DISCONNECT = "disconnect"

HEALTH = "/health"
"""The path of the first request to an app that implements a contract."""

PORTS = (1024, 65535)
"""The ports that a declaration may name."""

SCHEMA: Mapping[str, Any] = {
    "title": "a framework",
    "description": "The declaration of a framework's app, in its folder under frameworks/.",
    "type": "object",
    "required": ["title", "app", "packages", "offers"],
    "additionalProperties": False,
    "properties": {
        "title": {
            "title": "text",
            "description": "The framework's name, as people write it.",
            "type": "string",
            "minLength": 1,
        },
        "app": {
            "title": "a module and an attribute, such as app:app",
            "description": "The app, as module:attribute; the module is in the folder of the declaration.",
            "type": "string",
            "pattern": f"^{APP.pattern}$",
        },
        "packages": {
            "title": "a list of packages",
            "description": "The packages whose versions are shown, the framework's own first; each is named in "
            "requirements.in.",
            "type": "array",
            "items": {
                "title": "a package's name, as text",
                "description": "A package.",
                "type": "string",
                "minLength": 1,
            },
        },
        "offers": {
            "title": "a list of capabilities",
            "description": "The capabilities of the app, of those that need its support.",
            "type": "array",
            "items": {
                "title": "a capability's name",
                "x-code": "name:capability",
                "description": "A capability.",
                "enum": sorted({*OF_THE_APP, *FEATURES}),
            },
        },
        "interface": {
            "title": "asgi or wsgi",
            "description": "The interface through which the app is called; asgi by default.",
            "enum": list(INTERFACES),
        },
        "waits_for_disconnect": {
            "title": "true or false",
            "description": "A handler that works asks receive() meanwhile, so that it hears that the client has gone.",
            "type": "boolean",
        },
        "port": {
            "title": "a port from 1024 to 65535",
            "description": "The port of its service in docker-compose.yml; the next free one by default.",
            "type": "integer",
            "minimum": PORTS[0],
            "maximum": PORTS[1],
        },
        "note": {"title": "text", "description": "A note for readers.", "type": "string", "minLength": 1},
    },
}
KEYS = {name: name in SCHEMA["required"] for name in SCHEMA["properties"]}

CAPABILITIES: Mapping[str, str] = {
    **WORDS,
    **FEATURES,
    DISCONNECT: "a handler that works hears that the client has gone",
}


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework's folder, and one release of the framework.

    ``app`` is ``module:attribute`` in it, ``packages`` are those whose versions are shown, the framework's own first;
    ``offers`` are the words of OF_THE_APP and FEATURES that its app answers. ``interface`` is one of INTERFACES.
    ``waits_for_disconnect`` says whether a handler that works (``/delay``) asks receive() meanwhile: only then can an
    ``http.disconnect`` reach it. ``port`` is that of its service in docker-compose.yml, 0 for the next free one.
    ``mutant`` names its deliberate fault, "" for none. ``own`` is true for an application of a document of settings,
    which has neither a contract nor a lock: its environment is resolved from ``requires``, ``env`` are variables of its
    process, whose working directory is its folder. ``ready`` is the path of the first request, and
    ``answers`` are endpoints of the contract that it has all the same.
    """

    name: str
    title: str
    app: str
    folder: Path
    packages: tuple[str, ...] = ()
    offers: frozenset[str] = frozenset()
    interface: str = ASGI
    waits_for_disconnect: bool = False
    note: str = ""
    release: Release = PINNED
    port: int = 0
    mutant: str = ""
    own: bool = False
    requires: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    ready: str = HEALTH
    answers: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The release and the mutant as a word behind the name: ``==0.46.0``, ``~echo-cut``, "" for neither."""
        return configuration("", self.release.word, self.mutant)

    @property
    def configuration(self) -> str:
        """Name, release and mutant as one word: ``starlette==0.46.0``, ``control~echo-cut``."""
        return self.name + self.word

    def mutants(self) -> Mapping[str, str]:
        """The deliberate faults that this app can have, as clauses by name; only the bare apps have some."""
        from engine.wrong_apps import summaries  # noqa: PLC0415 (few commands need it)

        return summaries(self.name)

    @property
    def entry(self) -> str:
        """The app as a service imports it: ``app``, or the mutant that wraps it."""
        if not self.mutant:
            return self.app
        from engine.wrong_apps import entry  # noqa: PLC0415 (likewise)

        return entry(self.name)

    @property
    def brings(self) -> Mapping[str, Path]:
        """Packages of the engine's own that a service with this app imports, by name."""
        if not self.mutant:
            return {}
        from engine.wrong_apps import PACKAGE  # noqa: PLC0415 (likewise)
        from engine.wrong_apps import SOURCE as source  # noqa: PLC0415 (likewise)

        return {PACKAGE: source}

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables of a service with this app: ``ENGINE_APP``, and those of a mutant."""
        if not self.mutant:
            return {**dict(self.env), "ENGINE_APP": self.app}
        from engine.wrong_apps import variables  # noqa: PLC0415 (likewise)

        return {"ENGINE_APP": self.entry, **variables(self.app, self.mutant)}

    @property
    def package(self) -> str:
        """The framework's own distribution, "" for a bare app."""
        return self.packages[0] if self.packages else ""

    @property
    def lock(self) -> Path:
        """Its pinned requirements."""
        return self.folder / LOCK

    @property
    def source(self) -> Path:
        """The file of its requirements before pinning."""
        return self.folder / SOURCE


def load_frameworks(
    root: Path, more: Sequence[Path] = (), applications: Sequence[Framework] = ()
) -> Registry[Framework]:
    """The frameworks in the folders of ``root``, those of ``more``, which are folders that hold frameworks or are one,
    and the applications of a project.

    Raises DocumentError, with the place, where a declaration is wrong or lacks its files; UsageError where a folder
    is not there, contains no framework, or brings a name that is taken.
    """
    found: dict[str, Framework] = {}
    for folder in (root, *more):
        for framework in in_folder(folder):
            other = found.get(framework.name)
            if other is not None and other.folder.resolve() != framework.folder.resolve():
                hint = "the folder's name is the framework's: rename one"
                raise UsageError(
                    f"{other.folder} and {framework.folder} are two frameworks of the same name", hint=hint
                )
            found[framework.name] = framework
    for one in applications:
        if one.name in found:
            hint = f"the engine has a framework of that name in {found[one.name].folder}: rename the application"
            raise UsageError(f"an application is called {one.name!r}, which is the name of a framework", hint=hint)
        found[one.name] = one
    return Registry("framework", found.values())


def names_in(root: Path) -> list[str]:
    """The names of the frameworks in a folder, whether or not their declarations are right; none for no folder."""
    return sorted(path.parent.name for path in root.glob(f"*/{FILE}"))


def in_folder(folder: Path) -> list[Framework]:
    """The framework in a folder, or those in the folders below it, by name."""
    if (folder / FILE).is_file():
        return [load(folder)]
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", hint=f"a framework is a folder with a {FILE}")
    inner = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__")))
    if not inner:
        raise UsageError(f"{folder} contains no framework", hint=f"a framework is a folder with a {FILE}")
    return [load(path) for path in inner]


def load(folder: Path) -> Framework:
    """One framework. Raises DocumentError where its declaration is wrong or one of its files is not there; its lock is
    missed by whoever needs it."""
    file = folder / FILE
    if not file.is_file():
        raise DocumentError(f"{folder} has no {FILE}", place=SourceSpan(str(file), 1, 1))
    if not NAME.fullmatch(folder.resolve().name):
        hint = "small letters, digits and hyphens; it stands in the names of tests"
        raise DocumentError(f"{folder.name!r} cannot name a framework", hint=hint, place=SourceSpan(str(file), 1, 1))
    document = documents.read(file)
    documents.check_keys(document, KEYS, "a framework")
    for problem in problems(document, folder):
        raise problem
    return Framework(
        name=folder.resolve().name,
        title=documents.text_of(document, "title"),
        app=documents.text_of(document, "app"),
        folder=folder.resolve(),
        packages=documents.words_of(document, "packages"),
        offers=frozenset(documents.words_of(document, "offers", frozenset({*OF_THE_APP, *FEATURES}))),
        interface=interface_of(document),
        waits_for_disconnect=documents.flag_of(document, "waits_for_disconnect"),
        note=documents.text_of(document, "note"),
        port=documents.number_of(document, "port", *PORTS),
    )


def problems(document: Node, folder: Path) -> Iterator[DocumentError]:
    """The errors of a framework's declaration apart from those of form: a missing app, packages that its requirements
    lack, words of ASGI for an app that is called through WSGI."""
    yield from _app(document, folder)
    yield from _packages(document, folder)
    yield from _interface(document)


def _app(document: Node, folder: Path) -> Iterator[DocumentError]:
    node = document.get("app")
    if node is None or not isinstance(node.value, str):
        return
    if not APP.fullmatch(node.value):
        yield DocumentError(f"{node.value!r} is not module:attribute", hint="like app:app", place=node.place)
        return
    name = node.value.partition(":")[0]
    module = folder / Path(*name.split("."))
    if not module.with_suffix(".py").is_file() and not (module / "__init__.py").is_file():
        yield DocumentError(f"there is no module {name!r} in the folder of {FILE}", place=node.place)


def _packages(document: Node, folder: Path) -> Iterator[DocumentError]:
    """The packages that the requirements lack; none without a file of requirements."""
    files = [folder / name for name in (SOURCE, LOCK) if (folder / name).is_file()]
    lines = [line for file in files for line in _lines(file)]
    found = {_canonical(match[0]) for line in lines if (match := _PACKAGE.match(line))}
    listed = document.get("packages")
    for item in listed.items() if listed is not None and files else ():
        if isinstance(item.value, str) and _canonical(item.value) not in found:
            what = f"{SOURCE} has no package {item.value!r}"
            hint = nearest(item.value, found) or f"add it to {SOURCE}, and run `engine lock {folder.resolve().name}`"
            yield DocumentError(what, hint=hint, place=item.place)


def _interface(document: Node) -> Iterator[DocumentError]:
    interface, offers, waits = (document.get(key) for key in ("interface", "offers", "waits_for_disconnect"))
    if interface is None or interface.value != WSGI:
        return
    for item in offers.items() if offers is not None else ():
        what = f"{item.value!r} is a matter of ASGI, and this app is called through WSGI"
        yield DocumentError(what, hint="write offers: []", place=item.place)
    if waits is not None and waits.value is True:
        what = "`waits_for_disconnect` is a matter of ASGI, and this app is called through WSGI"
        yield DocumentError(what, hint="delete it", place=waits.key)


def _canonical(name: str) -> str:
    """A package's name as the index has it (PEP 503). packaging's own takes 20 ms to load, in each start."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def interface_of(document: Node) -> str:
    """The interface that a declaration names, ASGI without one. Raises DocumentError for any other word."""
    word = documents.text_of(document, "interface", ASGI)
    if word not in INTERFACES:
        node = document.get("interface")
        assert node is not None  # the default is one of them
        raise DocumentError(f"no interface is called {word!r}", hint=nearest(word, INTERFACES), place=node.place)
    return word


def offered(of_server: frozenset[str], framework: Framework) -> frozenset[str]:
    """The capabilities of a server and a framework together: the server's, without those that depend on the app and the
    framework lacks."""
    words = of_server - (OF_THE_APP - framework.offers) | (framework.offers & FEATURES.keys())
    return words | {DISCONNECT} if framework.waits_for_disconnect else words
