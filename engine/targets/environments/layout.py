"""The content of a container's image, laid out in a folder for the image's build.

``python -m engine.targets.environments.layout`` takes:

    service FRAMEWORK SERVER FOLDER [VERSION]     a framework's app under a server; FRAMEWORK may be NAME==VERSION
    gateway GATEWAY HOST FOLDER                   a gateway in front of that host's server

A service's folder has ``app``, ``packages`` (those of the engine's own), ``locked.txt`` and ``resolved.txt``
(requirements to install as they are, and with their dependencies), and ``plan.json``, which docker/start.py reads.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from engine.errors import EngineError, UsageError
from engine.model.target import CONTROL
from engine.targets.catalog.frameworks import WSGI, Framework, load_frameworks
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.gateways.base import GatewayConfig
from engine.targets.catalog.releases import Version
from engine.targets.catalog.servers import load_servers
from engine.targets.catalog.servers.base import Server, Start
from engine.targets.environments import inside
from engine.targets.environments.packages import lines_of, locked
from engine.targets.matrix.fitting import serves
from engine.targets.matrix.selection import configured_frameworks

# The paths and ports in an image.
HOME = Path("/engine")
PYTHON = HOME / "venv" / "bin" / "python"
PORT = 8000
GATEWAY_PORT = 8080
EVERYWHERE = "0.0.0.0"
APPS = {"asgi": "engine_inside.service:app", "wsgi": "engine_inside.wsgi_service:app"}
ROOT = Path(__file__).parents[3]
HOW = "service FRAMEWORK SERVER FOLDER [VERSION], or gateway GATEWAY HOST FOLDER"


def pinned(server: Server) -> str:
    """The version that a server's lock pins, "" where it pins none."""
    found = [line.partition("==")[2] for line in locked(server) if line.partition("==")[0] == server.package]
    return found[0].partition(";")[0].strip() if found else ""


def requirements(framework: Framework, server: Server, version: str = "") -> tuple[list[str], list[str]]:
    """The requirements to install without dependencies, and those with their dependencies: both locks and none; or, for
    another version of the server or the framework, the lock of the other, and the requirements of this one."""
    as_locked: list[str] = []
    resolved: list[str] = []
    for one, number in ((server, version), (framework, version_of(framework))):
        if number:
            own = canonicalize_name(one.package)
            rest = [line for line in lines_of(one.source) if canonicalize_name(Requirement(line).name) != own]
            resolved += [f"{one.package}=={number}", *rest]
        else:
            as_locked += locked(one)
    return sorted(set(as_locked)), resolved


def version_of(one: Server | Framework) -> str:
    """The version of the package index that was requested, "" for the pinned one."""
    return one.release.number if isinstance(one.release, Version) else ""


def commands(framework: Framework, server: Server, version: str = "") -> dict[str, list[str]]:
    """The server's command line for each loop that it has."""
    protocol = "http" if "http" in server.protocols else min(server.protocols)
    loops = server.loops if framework.interface != WSGI else ("auto",)
    app, where = APPS[framework.interface], (EVERYWHERE, PORT)

    def start(loop: str) -> Start:
        number = version or pinned(server)
        return Start(PYTHON, app, loop, where, None, {}, number, protocol, framework.interface)

    return {loop: server.command(start(loop)) for loop in loops}


def environment(framework: Framework) -> dict[str, str]:
    """The variables by which engine_inside finds the app."""
    plays = {"ENGINE_PLAYS": "1", **inside.variables()} if framework.name == CONTROL else {}
    return {**framework.variables, **plays}


def service(framework: Framework, server: Server, folder: Path, version: str = "") -> None:
    """Lay a service out. Raises UsageError where server and framework do not go together, OSError."""
    if not serves(server, framework):
        raise UsageError(f"{server.name} does not serve {framework.name}", hint="they have other interfaces")
    bare = shutil.ignore_patterns("__pycache__")
    shutil.copytree(framework.folder, folder / "app", ignore=bare)
    for package, source in {**inside.packages(), **server.brings, **framework.brings}.items():
        shutil.copytree(source, folder / "packages" / package, ignore=bare)
    locked, resolved = requirements(framework, server, version)
    (folder / "locked.txt").write_text("".join(line + "\n" for line in locked), "utf-8")
    (folder / "resolved.txt").write_text("".join(line + "\n" for line in resolved), "utf-8")
    plan = {
        "name": f"{framework.name} under {server.name}",
        "commands": commands(framework, server, version),
        "environment": environment(framework),
        "port": PORT,
        "speaks": "http" if "http" in server.protocols else min(server.protocols),
        # A WSGI app answers GET /health as it likes.
        "any_status": framework.interface == WSGI,
    }
    (folder / "plan.json").write_text(json.dumps(plan, indent=1, sort_keys=True), "utf-8")


def gateway(name: str, host: str, folder: Path) -> None:
    """Lay a gateway out. Raises UsageError for a name that there is not, OSError."""
    found = load_gateways().pick(name)
    found.program.lay_out(folder, found, GatewayConfig((EVERYWHERE, GATEWAY_PORT), (host, PORT)))
    plan = {"name": name, "port": GATEWAY_PORT, "speaks": "http", "any_status": True}
    (folder / "plan.json").write_text(json.dumps(plan, indent=1, sort_keys=True), "utf-8")


def main(arguments: Sequence[str]) -> int:
    """Lay out what the arguments say. The exit code."""
    try:
        match arguments:
            case ["service", framework, server, folder, *version]:
                frameworks, servers = load_frameworks(ROOT / "frameworks"), load_servers()
                (chosen,) = configured_frameworks(frameworks, [framework])
                service(chosen, servers.pick(server), Path(folder), "".join(version))
            case ["gateway", name, host, folder]:
                gateway(name, host, Path(folder))
            case _:
                raise UsageError("wrong arguments", hint=HOW)
    except (EngineError, OSError) as error:
        print(f"engine: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
