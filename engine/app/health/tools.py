"""Findings about the tools around the engine."""

from __future__ import annotations

import importlib
import importlib.metadata
import shutil
from collections.abc import Callable

from engine.app.health.base import HealthFinding, missing, ok, ran, warn
from engine.errors import EnvironmentFailed, StartError
from engine.targets.catalog.gateways.base import FoundProgram
from engine.targets.catalog.gateways.nginx import WITHOUT
from engine.targets.catalog.gateways.nginx import find as find_nginx
from engine.targets.environments.packages import find_uv, hint, uv_environment

# Asking for the version of something small, which the index has in any case.
PACKAGE = "iniconfig"
INDEX_WITHIN = 10.0
WITHIN = 5.0
# The clients in the commands of engine.reproduce.by_hand.
CLIENTS = ("curl", "nc", "openssl")

Run = Callable[..., tuple[int, str]]


def uv(find: Callable[[], str] = find_uv, run: Run = ran) -> HealthFinding:
    """uv, which makes the services' environments."""
    try:
        path = find()
    except EnvironmentFailed as error:
        return missing(error.what, error.hint)
    code, output = run([path, "--version"], within=WITHIN)
    if code != 0:
        return missing(
            f"{path} does not run",
            "install it next to the engine: python -m pip install --force-reinstall uv",
        )
    version = output.split()[1] if len(output.split()) > 1 else "of an unknown version"
    return ok(f"{version}, from the package uv {version_of('uv')} of this environment")


def version_of(package: str) -> str:
    """The version of a package in the environment of the engine, "" without one."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def uvloop() -> HealthFinding:
    """uvloop, on which the engine itself runs; the services' is in their own environments."""
    try:
        importlib.import_module("uvloop")
    except ImportError as error:
        return missing(f"uvloop, on which the engine runs, cannot be imported: {error}", "python -m pip install uvloop")
    return ok(f"{version_of('uvloop')}, for the engine's own loop")


def git() -> HealthFinding:
    """git, which is for whoever changes the project."""
    return on_path("git", ["git", "--version"], "for changing the project")


def nginx(find: Callable[[], FoundProgram] = find_nginx, run: Run = ran) -> HealthFinding:
    """nginx, which may stand in front of servers: the one that gateways use."""
    try:
        found = find()
    except StartError as error:
        return missing(error.what, error.hint, optional=True)
    try:
        code, output = run([str(found.path), "-v"], within=WITHIN)
    except OSError as error:
        return missing(f"{found.path} cannot be run: {error.strerror}", WITHOUT, optional=True)
    if code != 0:
        return missing(f"{found.path} does not run", WITHOUT, optional=True)
    return ok(f"{last_word(output).removeprefix('nginx/')}, {found.source}: {found.path}")


def docker(which: Callable[[str], str | None] = shutil.which, run: Run = ran) -> HealthFinding:
    """Docker, in which services may run."""
    if which("docker") is None:
        return missing("not installed", "install it to have services in containers", optional=True)
    code, output = run(["docker", "version", "--format", "{{.Server.Version}}"], within=WITHIN)
    if code != 0:
        return missing("its daemon does not answer", "start it to run services in containers", optional=True)
    return ok(f"{last_word(output)}, its daemon answers")


def reproduction(which: Callable[[str], str | None] = shutil.which) -> HealthFinding:
    """The programs of the commands that reproduce a failure; the engine itself does not run them."""
    absent = [name for name in CLIENTS if which(name) is None]
    if absent:
        way = "only the printed commands that reproduce a failure need this"
        return missing(f"not installed: {', '.join(absent)}", way, optional=True)
    return ok(f"{', '.join(CLIENTS)} are installed")


def on_path(
    name: str,
    argv: list[str],
    purpose: str,
    which: Callable[[str], str | None] = shutil.which,
    run: Run = ran,
) -> HealthFinding:
    """A tool that the main job does not need."""
    if which(name) is None:
        return missing("not installed", f"install it {purpose}", optional=True)
    code, output = run(argv, within=WITHIN)
    if code != 0:
        return missing("it does not run", f"install it again {purpose}", optional=True)
    return ok(last_word(output.splitlines()[0] if output else ""))


def last_word(output: str) -> str:
    """The last word of a text, where commands have their version."""
    return output.rsplit(maxsplit=1)[-1] if output.strip() else "of an unknown version"


def index(*, needed: bool, find: Callable[[], str] = find_uv, run: Run = ran) -> HealthFinding:
    """Check that uv reaches its package index: one small request with uv's own settings. The output of uv is never
    displayed, since it names hosts. ``needed`` means that environments have yet to be made."""
    argv = [
        find(),
        "pip",
        "compile",
        "-",
        "--quiet",
        "--no-deps",
        "--no-header",
        "--refresh",
        "--python-version",
        "3.11",
    ]
    code, output = run(argv, within=INDEX_WITHIN, given=PACKAGE, env=uv_environment())
    if code == 0:
        return ok("uv reaches it")
    if code == -1:
        what, way = f"uv got no answer within {INDEX_WITHIN:g} s", "is there a network, or a proxy to set?"
    else:
        what = "uv does not reach it"
        way = hint(output) or "uv's own settings name the index: see `uv help pip compile`"
    if needed:
        return missing(f"{what}, and environments have yet to be made", way)
    return warn(f"{what}; all environments are made, so it is not needed now", way)
