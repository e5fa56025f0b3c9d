"""Frameworks: each is a folder with its app, its pinned requirements and its declaration."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DocumentError, UsageError
from engine.model.nodes import Node
from engine.model.places import Place
from engine.registry import Registry, nearest
from engine.targets import documents
from engine.targets.offers import WORDS

FILE = "framework.yaml"
LOCK = "requirements.lock"
SOURCE = "requirements.in"
KEYS = {
    "title": True,
    "app": True,
    "packages": True,
    "offers": True,
    "interface": False,
    "waits_for_disconnect": False,
    "note": False,
}
NAME = re.compile(r"[a-z][a-z0-9-]*")
APP = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")

# What an app is called through: ASGI, or WSGI (PEP 3333). Each has a contract of its own.
ASGI, WSGI = "asgi", "wsgi"
INTERFACES = (ASGI, WSGI)

# Capabilities that are as much the application's matter as the server's: a target offers them where both do.
OF_THE_APP = frozenset({"lifespan", "state", "websocket"})
# What a target offers whose application asks receive() while it works, so that it hears that the client has gone.
DISCONNECT = "disconnect"
CAPABILITIES: Mapping[str, str] = {**WORDS, DISCONNECT: "a handler that works hears that the client has gone"}


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework's folder.

    ``app`` is ``module:attribute`` in it, ``packages`` are those whose versions are shown, ``offers`` the words of
    OF_THE_APP that its app answers. ``interface`` is one of INTERFACES. ``waits_for_disconnect`` says whether a handler
    that works (``/delay``) asks receive() meanwhile: only then can an ``http.disconnect`` reach it.
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

    @property
    def lock(self) -> Path:
        """Its pinned requirements."""
        return self.folder / LOCK

    @property
    def source(self) -> Path:
        """What its pinned requirements are made from."""
        return self.folder / SOURCE


def load_frameworks(root: Path, more: Sequence[Path] = ()) -> Registry[Framework]:
    """The frameworks in the folders of ``root``, and those of ``more``: folders that hold frameworks or are one.

    Raises DocumentError, with the place, where a declaration is wrong or lacks its files; UsageError where a folder
    is not there, holds no framework, or brings a name that is taken.
    """
    found: dict[str, Framework] = {}
    for folder in (root, *more):
        for framework in in_folder(folder):
            other = found.get(framework.name)
            if other is not None and other.folder.resolve() != framework.folder.resolve():
                hint = "the folder's name is the framework's: rename one"
                raise UsageError(f"{other.folder} and {framework.folder} are frameworks of one name", hint=hint)
            found[framework.name] = framework
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
        raise UsageError(f"{folder} holds no framework", hint=f"a framework is a folder with a {FILE}")
    return [load(path) for path in inner]


def load(folder: Path) -> Framework:
    """One framework. Raises DocumentError where its declaration is wrong or one of its files is not there; its lock is
    missed by whoever needs it."""
    file = folder / FILE
    if not file.is_file():
        raise DocumentError(f"{folder} has no {FILE}", place=Place(str(file), 1, 1))
    if not NAME.fullmatch(folder.resolve().name):
        hint = "small letters, digits and hyphens; it stands in the names of tests"
        raise DocumentError(f"{folder.name!r} cannot name a framework", hint=hint, place=Place(str(file), 1, 1))
    document = documents.read(file)
    documents.check_keys(document, KEYS, "a framework")
    app = documents.text_of(document, "app")
    node = document.get("app")
    assert node is not None  # check_keys has seen to it
    if not APP.fullmatch(app):
        raise DocumentError(f"{app!r} is not module:attribute", hint="like app:app", place=node.place)
    module = folder / Path(*app.partition(":")[0].split("."))
    if not module.with_suffix(".py").is_file() and not (module / "__init__.py").is_file():
        raise DocumentError(f"there is no module {app.partition(':')[0]!r} beside {FILE}", place=node.place)
    return Framework(
        name=folder.resolve().name,
        title=documents.text_of(document, "title"),
        app=app,
        folder=folder.resolve(),
        packages=documents.words_of(document, "packages"),
        offers=frozenset(documents.words_of(document, "offers", OF_THE_APP)),
        interface=interface_of(document),
        waits_for_disconnect=documents.flag_of(document, "waits_for_disconnect"),
        note=documents.text_of(document, "note"),
    )


def interface_of(document: Node) -> str:
    """The interface that a declaration names, ASGI without one. Raises DocumentError for any other word."""
    word = documents.text_of(document, "interface", ASGI)
    if word not in INTERFACES:
        node = document.get("interface")
        assert node is not None  # the default is one of them
        raise DocumentError(f"no interface is called {word!r}", hint=nearest(word, INTERFACES), place=node.place)
    return word


def offered(of_server: frozenset[str], framework: Framework) -> frozenset[str]:
    """What a server and a framework offer together: the server's, less what is the app's matter and it does not do."""
    words = of_server - (OF_THE_APP - framework.offers)
    return words | {DISCONNECT} if framework.waits_for_disconnect else words
