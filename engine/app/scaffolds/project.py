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
USUAL = ("main", "app", "asgi", "wsgi", "server")
"""The names of modules that are read first."""
LEFT_OUT = re.compile(r"\..*|_.*|tests?|docs?|examples?|build|dist|venv|node_modules|results|migrations")
DEEPEST = 3
MOST_FILES = 500
LARGEST = 200_000


@dataclass(frozen=True, slots=True)
class FoundProject:
    """The content of a folder: ``sort`` is SERVER, FRAMEWORK or APPLICATION, ``names`` are the engine's names of the
    servers or of the framework, ``name`` is that of the project, ``app`` and ``interface`` those of an application.
    ``reason`` says how that was found."""

    sort: str
    name: str
    reason: str
    names: tuple[str, ...] = ()
    app: str = ""
    interface: str = "asgi"


def found_in(
    folder: Path, servers: Mapping[str, Server], frameworks: Mapping[str, Framework], app: str
) -> FoundProject:
    """The content of a folder; ``app`` is the application that the user names, "" for the one that is found. Raises
    UsageError if there is nothing that the engine can test."""
    name = distribution(folder)
    if app:
        named = application(app, str(folder))
        return FoundProject(APPLICATION, named.name, "--app names it", app=named.app)
    wanted = canonical(name)
    of_server = tuple(one.name for one in servers.values() if wanted and canonical(one.package) == wanted)
    if of_server:
        return FoundProject(SERVER, wanted, f"the project {name} is a server that the engine knows", of_server)
    of_framework = tuple(one.name for one in frameworks.values() if wanted and canonical(one.package) == wanted)
    if of_framework:
        return FoundProject(
            FRAMEWORK, of_framework[0], f"the project {name} is a framework that the engine knows", of_framework
        )
    for module, attribute, interface, place in applications(folder):
        of_project = re.sub(r"[^a-z0-9]+", "-", (wanted or module.split(".")[0]).lower()).strip("-") or "app"
        named_app = f"{module}:{attribute}"
        usable = of_project if of_project[0].isalpha() and of_project not in (*servers, *frameworks) else "application"
        return FoundProject(APPLICATION, usable, f"{place} makes an application", app=named_app, interface=interface)
    hint = "--app module:attribute names an application; docs/own.md has a server and a framework of one's own"
    raise UsageError(
        f"{folder} has no application, and is no project of a server or a framework that is known", hint=hint
    )


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
