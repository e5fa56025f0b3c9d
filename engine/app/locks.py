"""Choosing the locks that `engine lock` makes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NoReturn

from engine.app.engine import Engine
from engine.app.project_paths import relative
from engine.errors import EnvironmentFailed, UsageError
from engine.registry import nearest
from engine.targets.environments.locking import (
    PROJECT,
    Lock,
    LockResult,
    locks_of,
    make_locks,
    make_locks_beside,
    make_project_lock,
    project_lock,
)  # fmt: skip


def make(engine: Engine, names: Sequence[str], *, every: bool, upgrade: bool) -> list[LockResult]:
    """Make the locks of some servers, frameworks and the project by name, or ``every`` one.

    With an installed engine these are the locks of the user's own frameworks. Raises UsageError for a name that there
    is not, for a lock of the installation and where nothing is named, EnvironmentFailed where uv cannot resolve a lock
    or the file cannot be written.
    """
    servers, frameworks = locks_of(engine.servers.values()), locks_of(engine.frameworks.values())
    project = project_lock(engine.project_paths.specs.parent)
    chosen = set(names)
    if engine.project_paths.installed:
        return make_beside(engine, servers, frameworks, chosen, every=every, upgrade=upgrade)
    known = {one.name for one in (*servers, *frameworks)}
    own = project.source.is_file()
    if every:
        chosen = known | ({PROJECT} if own else set())
    if not chosen:
        raise UsageError("no lock is named", hint=f"name servers, frameworks or `{PROJECT}`, or use --all")
    for name in sorted(chosen - known - {PROJECT}):
        refuse(engine, name, known)
    if PROJECT in chosen and not own:
        raise UsageError(
            f"there is no {project.source}", hint="run `engine lock project` inside a checkout of the engine"
        )
    return asyncio.run(make_chosen(servers, frameworks, project, chosen, upgrade))


def make_beside(
    engine: Engine, servers: Sequence[Lock], frameworks: Sequence[Lock], chosen: set[str], *, every: bool, upgrade: bool
) -> list[LockResult]:
    """Make the locks of frameworks that are not in the installation. Raises as ``make`` does."""
    home = engine.project_paths.root.resolve()
    own = [one for one in frameworks if not one.path.resolve().is_relative_to(home)]
    names = {one.name for one in own}
    wanted = names if every else chosen
    shipped = {PROJECT, *(one.name for one in (*servers, *frameworks))} - names
    if wanted & shipped or (every and not wanted):
        hint = "use a checkout of the engine, or name a framework of your own"
        raise UsageError("the lock files of an installed package are not changed", hint=hint)
    if not wanted:
        raise UsageError("no lock is named", hint="name a framework of your own, or use --all")
    for name in sorted(wanted - names):
        refuse(engine, name, names)
    try:
        return asyncio.run(make_locks_beside(servers, [one for one in own if one.name in wanted], upgrade=upgrade))
    except OSError as error:
        raise EnvironmentFailed(f"cannot write {error.filename}: {error.strerror}") from None


async def make_chosen(
    servers: Sequence[Lock], frameworks: Sequence[Lock], project: Lock, chosen: set[str], upgrade: bool
) -> list[LockResult]:
    """Make the chosen ones."""
    found: list[LockResult] = []
    try:
        if chosen - {PROJECT}:
            found += await make_locks(servers, frameworks, chosen, upgrade=upgrade)
        if PROJECT in chosen:
            found.append(await make_project_lock(project, upgrade=upgrade))
    except OSError as error:
        raise EnvironmentFailed(f"cannot write {error.filename}: {error.strerror}") from None
    return found


def refuse(engine: Engine, name: str, known: set[str]) -> NoReturn:
    """Say why there is no lock of that name. Raises UsageError."""
    for one in (engine.servers.get(name), engine.frameworks.get(name)):
        if one is not None:
            what = f"{name} has no {relative(one.source)}"
            raise UsageError(what, hint="list its requirements there, one per line, as for pip")
    raise UsageError(f"unknown server or framework {name!r}", hint=nearest(name, {*known, PROJECT}))
