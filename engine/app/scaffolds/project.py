"""The contents of a folder, for ``engine init``: the project of a server or of a framework, or an application. They
are found by reading files; nothing is imported or run."""

from __future__ import annotations

import ast
import configparser
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.app.scaffolds.base import checked_name
from engine.app.settings import application
from engine.errors import UsageError
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server

SERVER, FRAMEWORK, APPLICATION = "server", "framework", "application"
CONSTRUCTORS: Mapping[str, str] = {
    "BlackSheep": "asgi", "FastAPI": "asgi", "FastHTML": "asgi", "Litestar": "asgi", "Quart": "asgi", "Robyn": "asgi",
    "Sanic": "asgi", "Starlette": "asgi", "get_asgi_application": "asgi", "ProtocolTypeRouter": "asgi",
    "Bottle": "wsgi", "Flask": "wsgi", "get_wsgi_application": "wsgi",
}  # fmt: skip
"""The functions that make an application, with its interface."""
OF_FRAMEWORKS = "Topic :: Software Development :: Libraries :: Application Frameworks"
OF_SERVERS = ("Topic :: Internet :: WWW/HTTP :: HTTP Servers", "Topic :: Internet :: WWW/HTTP :: WSGI :: Server")
"""The classifiers by which a project says that it is a framework or a server."""
USUAL = ("main", "app", "asgi", "wsgi", "server")
"""The names of modules that are read first."""
LEFT_OUT = re.compile(r"\..*|_.*|tests?|docs?|examples?|build|dist|venv|node_modules|results|migrations")
DEEPEST = 3
MOST_FILES = 500
LARGEST = 200_000


@dataclass(frozen=True, slots=True)
class FoundProject:
    """The content of a folder: ``sort`` is SERVER, FRAMEWORK or APPLICATION, ``names`` are the engine's names of the
    servers or of the framework, ``name`` is that of the project, ``app`` that of an application. ``interfaces`` are
    those through which it is called, the usual one first. ``own`` is true for a server or a framework that the engine
    does not know, whose distribution is the ``package``, "" if it has none. ``reason`` says how that was found."""

    sort: str
    name: str
    reason: str
    names: tuple[str, ...] = ()
    app: str = ""
    interfaces: tuple[str, ...] = ("asgi",)
    own: bool = False
    package: str = ""

    @property
    def interface(self) -> str:
        """The first of the interfaces."""
        return self.interfaces[0]


@dataclass(frozen=True, slots=True)
class NamedProject:
    """The user's own statements about a folder, each "" if it is to be found: an application, the name of a server or
    of a framework, and the interface through which it is called."""

    app: str = ""
    server: str = ""
    framework: str = ""
    interface: str = ""


NOTHING = NamedProject()


def found_in(
    folder: Path, servers: Mapping[str, Server], frameworks: Mapping[str, Framework], given: NamedProject = NOTHING
) -> FoundProject:
    """The content of a folder, with what is ``given`` about it. Raises UsageError if there is nothing that the engine
    can test, and for names that cannot be used."""
    name = distribution(folder)
    wanted = canonical(name)
    stated = (given.interface,) if given.interface else ()
    if given.app:
        named = application(given.app, str(folder))
        # The call that makes the application says what its interface is, if it is there.
        calls = (interface for module, at, interface, _ in applications(folder) if f"{module}:{at}" == named.app)
        called_by = stated or (next(calls, "asgi"),)
        return FoundProject(APPLICATION, named.name, "--app names it", app=named.app, interfaces=called_by)
    if given.server or given.framework:
        sort = SERVER if given.server else FRAMEWORK
        own = given.server or given.framework
        if own in servers or own in frameworks:
            raise UsageError(f"the engine has a server or a framework {own!r}", hint="choose another name")
        return unknown(sort, own, f"--{sort} names it", folder, stated)
    of_server = [one for one in servers.values() if wanted and canonical(one.package) == wanted]
    # Those of a package that are only selected by their names are left out, unless there is no other.
    of_server = [one for one in of_server if not one.by_name_only] or of_server
    if of_server:
        reason = f"the project {name} is a server that the engine knows"
        interfaces = _usual_first({word for one in of_server for word in one.interfaces})
        return FoundProject(SERVER, wanted, reason, tuple(one.name for one in of_server), interfaces=interfaces)
    of_framework = [one for one in frameworks.values() if wanted and canonical(one.package) == wanted]
    if of_framework:
        reason = f"the project {name} is a framework that the engine knows"
        interfaces = _usual_first({one.interface for one in of_framework})
        names = tuple(one.name for one in of_framework)
        return FoundProject(FRAMEWORK, names[0], reason, names, interfaces=interfaces)
    declared = classifiers(folder)
    if OF_FRAMEWORKS in declared or not declared.isdisjoint(OF_SERVERS):
        sort = FRAMEWORK if OF_FRAMEWORKS in declared else SERVER
        return unknown(sort, wanted, "its classifiers in pyproject.toml", folder, stated)
    for module, attribute, interface, place in applications(folder):
        of_project = re.sub(r"[^a-z0-9]+", "-", (wanted or module.split(".")[0]).lower()).strip("-") or "app"
        named_app = f"{module}:{attribute}"
        usable = of_project if of_project[0].isalpha() and of_project not in (*servers, *frameworks) else "application"
        reason = f"{place} makes an application"
        return FoundProject(APPLICATION, usable, reason, app=named_app, interfaces=stated or (interface,))
    hint = "--app module:attribute names an application, --server NAME and --framework NAME one of your own"
    raise UsageError(
        f"{folder} has no application, and is no project of a server or a framework that is known", hint=hint
    )


def unknown(sort: str, name: str, reason: str, folder: Path, interfaces: tuple[str, ...]) -> FoundProject:
    """A server or a framework that the engine does not know, ``interfaces`` being those that the user states. Raises
    UsageError for a name that cannot be used."""
    checked_name(name, sort)
    project = distribution(folder)
    mine = canonical(project) == canonical(name)
    said = interfaces or _usual_first(set(keywords(folder)))[:1] or ("asgi",)
    return FoundProject(sort, name, reason, (name,), interfaces=said, own=True, package=project if mine else "")


def _usual_first(interfaces: set[str]) -> tuple[str, ...]:
    """The interfaces among some words, the usual one first."""
    return tuple(one for one in ("asgi", "wsgi") if one in interfaces)


def table(folder: Path) -> Mapping[str, object]:
    """The table ``project`` of a folder's pyproject.toml, {} for none."""
    with suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8")).get("project")
        if isinstance(project, dict):
            return project
    return {}


def classifiers(folder: Path) -> frozenset[str]:
    """The classifiers of the project in a folder."""
    return texts(table(folder).get("classifiers"))


def keywords(folder: Path) -> frozenset[str]:
    """The keywords of the project in a folder, and the words of its description, in small letters."""
    described = re.findall(r"[a-z]+", str(table(folder).get("description", "")).lower())
    return frozenset({one.lower() for one in texts(table(folder).get("keywords"))} | set(described))


def texts(value: object) -> frozenset[str]:
    """The texts of a list, as a document of TOML has them."""
    return frozenset(one for one in value if isinstance(one, str)) if isinstance(value, list) else frozenset()


def distribution(folder: Path) -> str:
    """The name of the project in a folder, "" for none."""
    with suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        document = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
        tools = document.get("tool")
        poetry = tools.get("poetry") if isinstance(tools, dict) else None
        for table in (document.get("project"), poetry):
            if isinstance(table, dict) and isinstance(table.get("name"), str):
                return str(table["name"])
    with suppress(OSError, UnicodeDecodeError, configparser.Error):
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string((folder / "setup.cfg").read_text("utf-8"))
        return parser.get("metadata", "name", fallback="")
    return ""


def canonical(name: str) -> str:
    """A distribution's name as the package index has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def applications(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """The applications that modules of a folder make: module, attribute, interface, and the place. Modules with a usual
    name come first, then those that are not deep."""
    for root in (folder / "src", folder):
        for path in modules(root) if root.is_dir() else ():
            module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            for name, interface, line in made_in(path):
                yield module, name, interface, f"{path.relative_to(folder)}:{line}"


def modules(root: Path) -> list[Path]:
    """The modules that may make an application, in the order in which they are read."""
    found: list[Path] = []
    for path, folders, files in os.walk(root):
        depth = len(Path(path).relative_to(root).parts)
        folders[:] = [] if depth >= DEEPEST else sorted(one for one in folders if not LEFT_OUT.fullmatch(one))
        inside = depth == 0 or (Path(path) / "__init__.py").is_file() or any(one.endswith(".py") for one in files)
        found += [Path(path, one) for one in files if inside and one.endswith(".py")]
        if len(found) > MOST_FILES:
            break

    def order(path: Path) -> tuple[int, int, str]:
        usual = USUAL.index(path.stem) if path.stem in USUAL else len(USUAL)
        return usual, len(path.parts), str(path)

    return sorted(found, key=order)


def made_in(path: Path) -> Iterator[tuple[str, str, int]]:
    """The names that a module gives to applications at its top, with their interfaces and lines."""
    try:
        if path.stat().st_size > LARGEST:
            return
        tree = ast.parse(path.read_text("utf-8"))
    except (OSError, ValueError, SyntaxError):
        return
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        names = [one.id for one in targets if isinstance(one, ast.Name)]
        if names and isinstance(value, ast.Call) and (interface := CONSTRUCTORS.get(called(value))):
            yield names[0], interface, node.lineno


def called(call: ast.Call) -> str:
    """The last name of the function of a call."""
    function = call.func
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
