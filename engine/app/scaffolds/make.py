"""The scaffolds by kind: ``framework``, ``server`` and ``suite``."""

from __future__ import annotations

import os
import re
import shlex
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

from engine.app.project_paths import CHECKOUT, ProjectPaths, relative
from engine.app.scaffolds.base import Scaffold, checked_name, filled, module_name, title_of
from engine.errors import UsageError
from engine.registry import nearest
from engine.targets.catalog import contract, frameworks
from engine.targets.catalog.contract import Endpoint
from engine.targets.catalog.frameworks import ASGI, WSGI
from engine.targets.catalog.servers import load_servers

SERVERS = Path("engine", "targets", "catalog", "servers")
CONTRACTS = {ASGI: contract.FILE, WSGI: contract.WSGI_FILE}
FIRST = {ASGI: ("/health", "health"), WSGI: ("/", "index")}
"""The path of the endpoint that a template answers, and the handler's name."""
BARE_APPS = {ASGI: "control", WSGI: "wsgi-control"}


def framework(name: str, into: str, project_paths: ProjectPaths, interface: str = ASGI) -> Scaffold:
    """A folder of a framework, in ``into`` or among the project's frameworks. A folder of frameworks without contracts
    gets them, with the bare apps, since ``--frameworks`` needs them. Raises UsageError."""
    checked_name(name, "framework")
    if name in BARE_APPS.values():
        raise UsageError(f"{name!r} is the name of a bare app", hint="choose another name")
    root = Path(into) if into else _own(project_paths, project_paths.frameworks, "frameworks")
    folder = root / name
    files = framework_files(folder, name, project_paths.frameworks, interface)
    at_home = root.resolve() == project_paths.frameworks.resolve()
    given = "" if at_home and not project_paths.given else f" --frameworks {shlex.quote(str(relative(root)))}"
    first: tuple[tuple[str, str], ...] = ()
    if project_paths.settings and not project_paths.given:
        # The built-in contracts and bare apps are used together with the folders that the settings name.
        given, listed = "", os.path.relpath(folder.resolve(), Path(project_paths.settings).resolve().parent)
        first = ((f"frameworks: [{Path(listed).as_posix()}]", f"a line for {Path(project_paths.settings).name}"),)
    elif not (root / contract.FILE).is_file():
        files |= _shared(project_paths.frameworks, root)
    commands = (
        *first,
        (f"engine list frameworks{given}", "the new framework is listed"),
        (f"engine contract {name}{given}", "lists the endpoints that are missing"),
        (f"engine lock {name}{given}", f"after {frameworks.SOURCE} names the framework"),
    )
    return Scaffold(folder, files, commands)


def framework_files(folder: Path, name: str, contracts: Path, interface: str, package: str = "") -> dict[Path, str]:
    """The files of a framework's own folder. ``contracts`` is the folder with the contract, ``package`` the
    distribution of the framework, "" if the user has to name it."""
    declared = contract.load_contract(contracts, CONTRACTS[interface])
    words = {"NAME": name, "TITLE": title_of(name), "INTERFACE": interface, "PACKAGES": package}
    return {
        folder / frameworks.FILE: filled(f"framework_{interface}.yaml.tmpl", **words),
        folder / frameworks.SOURCE: f"{package}\n" if package else filled("framework.in.tmpl", **words),
        folder / frameworks.LOCK: f"# Made from {frameworks.SOURCE} by: engine lock {name}\n",
        folder / "app.py": filled(f"app_{interface}.py.tmpl", **words, **_endpoints(declared.endpoints, interface)),
    }


def _own(project_paths: ProjectPaths, folder: Path, name: str) -> Path:
    """A folder of the project that may be written: in an installation one of the working directory in its place."""
    return relative(folder) if project_paths.origin == CHECKOUT or project_paths.given else Path(name)


def _shared(source: Path, root: Path) -> dict[Path, str]:
    """The contracts and the bare apps, for a folder of frameworks without them."""
    files = [source / name for name in CONTRACTS.values()]
    files += [path for name in BARE_APPS.values() for path in sorted((source / name).iterdir()) if path.is_file()]
    return {root / path.relative_to(source): path.read_text("utf-8") for path in files if path.is_file()}


def _endpoints(endpoints: tuple[Endpoint, ...], interface: str) -> dict[str, str]:
    """The stubs of the endpoints other than the first, and the tables that lead to them, as Python."""
    stubs: list[str] = []
    http: list[str] = []
    sockets: list[str] = []
    for one in endpoints:
        if one.bare or one.needs:
            continue
        name = _function(one)
        endpoint = f"{one.method or 'WebSocket'} {one.path}"
        path, written = FIRST[interface]
        if one.path == path:
            http.append(f'    ("{one.method}", r"{_pattern(one)}", {written}),')
            continue
        (sockets if one.kind == contract.WEBSOCKET else http).append(
            f'    ("{one.method}", r"{_pattern(one)}", {name}),' if one.method else f'    "{one.path}": {name},'
        )
        lines = textwrap.wrap(one.summary + ".", 112, initial_indent="    # ", subsequent_indent="    # ")
        if interface == WSGI:
            body = f'    return missing(start_response, "{endpoint}")'
            head = f"def {name}(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:"
        elif one.kind == contract.WEBSOCKET:
            body = f'    await close(send, "{endpoint}")'
            head = f"async def {name}(scope: Scope, receive: Receive, send: Send) -> None:"
        else:
            body = f'    await missing(send, "{endpoint}")'
            head = f"async def {name}(scope: Scope, receive: Receive, send: Send) -> None:"
        stubs.append("\n".join([head, *lines, body]))
    return {"STUBS": "\n\n\n".join(stubs), "HTTP": "\n".join(http), "SOCKETS": "\n".join(sockets)}


def _function(endpoint: Endpoint) -> str:
    words = re.findall(r"[a-z0-9]+", f"{endpoint.method} {endpoint.path}".lower())
    return "_".join(words)


def _pattern(endpoint: Endpoint) -> str:
    """An endpoint's path as a regular expression."""
    path = re.sub(r"\{\w+\}", "[^/]+", endpoint.path)
    return path + "(/.*)?" if endpoint.deeper else path


def server(name: str, into: str, project_paths: ProjectPaths, interface: str = ASGI) -> Scaffold:
    """The module of a server: in a checkout among the engine's own; with ``into``, in a package that extends the
    engine. Raises UsageError."""
    checked_name(name, "server")
    if name in load_servers():
        raise UsageError(f"there is a server {name!r} already", hint="choose another name")
    module = module_name(name)
    words = {"NAME": name, "TITLE": title_of(name), "MODULE": module, "INTERFACE": interface}
    texts = {f"{module}.py": filled("server.py.tmpl", **words), f"{module}.in": filled("server.in.tmpl", **words)}
    listed = (
        (f"engine lock {name}", f"after {module}.in names the package"),
        (f"engine grid specs/http --server {name} --framework {BARE_APPS[interface]}", "runs cases on it"),
    )
    if not into:
        if project_paths.origin != CHECKOUT:
            hint = "add --into DIR, which makes a package of your own that extends the engine"
            raise UsageError("a server can be added to the engine only in a checkout of it", hint=hint)
        folder = relative(project_paths.root / SERVERS)
        files = {folder / file: text for file, text in texts.items()}
        return Scaffold(folder / f"{module}.py", files, (("engine list servers", "the new server is listed"), *listed))
    root = Path(into, f"engine-{name}")
    package = root / f"engine_{module}"
    files = {
        root / "pyproject.toml": filled("extension.toml.tmpl", **words),
        package / "__init__.py": f'"""An extension of the conformance engine: the server {name}."""\n',
        package / "servers" / "__init__.py": '"""Servers."""\n',
        **{package / "servers" / file: text for file, text in texts.items()},
    }
    install = f"python -m pip install -e {shlex.quote(str(root))}"
    commands = ((install, "in the environment of the engine"), ("engine list servers", "the new server is listed"))
    return Scaffold(root, files, (*commands, *listed))


def suite(name: str, into: str, project_paths: ProjectPaths, interface: str = ASGI) -> Scaffold:
    """A suite with one case, in ``into``, among the suites of a checkout, or here. Raises UsageError."""
    checked_name(name, "suite")
    folder = Path(into) if into else _own(project_paths, project_paths.specs, ".")
    path = folder / f"{name}.yaml"
    schema = project_paths.schemas / "suite.json"
    head = ""
    if project_paths.origin == CHECKOUT and path.resolve().is_relative_to(project_paths.root.resolve()):
        where = os.path.relpath(schema.resolve(), path.resolve().parent)
        head = f"# yaml-language-server: $schema={Path(where).as_posix()}\n"
    text = head + filled(f"suite_{interface}.yaml.tmpl", NAME=name, TITLE=title_of(name))
    file = shlex.quote(str(path))
    commands = (
        (f"engine lint {file}", "checks the suite"),
        (f"engine show {file}::{FIRST[interface][1]}", "the bytes that are sent, and the expected result"),
        (f"engine grid {file} --framework {BARE_APPS[interface]}", "runs it on the bare app"),
    )
    return Scaffold(path, {path: text}, commands)


KINDS: Mapping[str, Callable[[str, str, ProjectPaths, str], Scaffold]] = {
    "framework": framework,
    "server": server,
    "suite": suite,
}


def scaffold(kind: str, name: str, into: str, project_paths: ProjectPaths, interface: str = ASGI) -> Scaffold:
    """The scaffold of one of KINDS, under a name. Raises UsageError for an unknown one, and for a wrong name."""
    if kind not in KINDS:
        raise UsageError(f"there is no scaffold for {kind!r}", hint=nearest(kind, KINDS))
    if interface not in CONTRACTS:
        raise UsageError(f"no interface is called {interface!r}", hint=nearest(interface, CONTRACTS))
    return KINDS[kind](name, into, project_paths, interface)
