"""Making locks: the pinned requirements of servers, of frameworks and of the project itself, by uv.

The servers' requirements are resolved together once; each server's lock, and each framework's, is then made with that
result as a constraint. So any framework can be installed together with any server, and no two locks disagree. The
project's own lock stands apart, since the engine runs in an environment of its own.

Locks are universal: one for every platform and every Python from 3.11 on. They are written when all of them have been
resolved, so a failure or an interruption leaves every lock as it was.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from engine.errors import EnvironmentFailed
from engine.replacing import replace_text
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server
from engine.targets.environments import commands
from engine.targets.environments.packages import find_uv, hint, last, pins

OLDEST = "3.11"
PROJECT = "project"
"""The name by which the project's own lock is asked for."""
PROJECT_SOURCE = "pyproject.toml"
PROJECT_LOCK = "constraints.txt"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that can be made. ``name`` is the word for it on the command line, ``source`` the file with what is
    required, ``path`` the lock's own file."""

    name: str
    source: Path
    path: Path

    @property
    def lines(self) -> list[str]:
        """The current pins of the lock; [] without one."""
        return pins(self.path.read_text("utf-8")) if self.path.is_file() else []


@dataclass(frozen=True, slots=True)
class LockResult:
    """A lock that was made. ``changed`` says whether its file is another one now."""

    lock: Lock
    changed: bool


def locks_of(things: Iterable[Server | Framework]) -> list[Lock]:
    """The locks of servers or frameworks, those of which nothing says what they are made from left out."""
    return [Lock(one.name, one.source, one.lock) for one in things if one.source.is_file()]


def project_lock(root: Path) -> Lock:
    """The project's own lock in a checkout."""
    return Lock(PROJECT, root / PROJECT_SOURCE, root / PROJECT_LOCK)


async def make_locks(
    servers: Sequence[Lock], frameworks: Sequence[Lock], chosen: Collection[str], *, upgrade: bool = False
) -> list[LockResult]:
    """Make the locks of the servers and frameworks whose names are ``chosen``, and with them each other lock that is
    there and would disagree with the result.

    Versions that still fit stay, unless ``upgrade``, which moves the chosen ones to the newest. Raises
    EnvironmentFailed, with uv's words, where something cannot be resolved, and OSError where a lock cannot be written.
    """
    kept = [line for one in servers if not (upgrade and one.name in chosen) for line in one.lines]
    together = await resolve("the servers together", [one.source for one in servers], kept)
    texts: dict[Lock, list[str]] = {}
    for lock in (*servers, *frameworks):
        wanted = lock.name in chosen
        if wanted or not agree(lock.lines, together):
            texts[lock] = await resolve(
                str(lock.path), [lock.source], [] if wanted and upgrade else lock.lines, together
            )
    return [write(lock, lines) for lock, lines in texts.items()]


async def make_locks_beside(servers: Sequence[Lock], own: Sequence[Lock], *, upgrade: bool = False) -> list[LockResult]:
    """Make the locks of a project that uses an installed engine. The pins of the ``servers`` hold as they are, since
    nothing is written into an installation. Raises as ``make_locks`` does."""
    together = sorted({line for one in servers for line in one.lines})
    made = [
        (lock, await resolve(str(lock.path), [lock.source], [] if upgrade else lock.lines, together)) for lock in own
    ]
    return [write(lock, lines) for lock, lines in made]


async def make_project_lock(lock: Lock, *, upgrade: bool = False) -> LockResult:
    """Make the project's own lock: everything that pyproject.toml names, its build backend and its extras included.
    Raises as ``make_locks`` does."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "project.in"
        source.write_text("".join(f"{one}\n" for one in project_requirements(lock.source)), "utf-8")
        return write(lock, await resolve(str(lock.path), [source], [] if upgrade else lock.lines))


def project_requirements(file: Path) -> list[str]:
    """The requirements of a pyproject.toml: for building, for running, and of each extra."""
    document = tomllib.loads(file.read_text("utf-8"))
    project = document["project"]
    groups = [document["build-system"]["requires"], project["dependencies"], *project["optional-dependencies"].values()]
    return [str(line) for group in groups for line in group]


async def resolve(
    what: str, sources: Sequence[Path], preferred: Sequence[str], constraints: Sequence[str] = ()
) -> list[str]:
    """Have uv pin what ``sources`` ask for; a line for each pin. ``what`` is named where that fails.

    ``preferred`` are pins that stay where they fit, ``constraints`` pins that must hold. Raises EnvironmentFailed.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, bounds = Path(folder) / "out.lock", Path(folder) / "constraints.txt"
        out.write_text("".join(f"{line}\n" for line in sorted(set(preferred))), "utf-8")
        bounds.write_text("".join(f"{line}\n" for line in constraints), "utf-8")
        argv = [
            find_uv(), "pip", "compile", "--quiet", "--universal", "--python-version", OLDEST, "--no-header",
            "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--constraint", str(bounds),
            "--output-file", str(out), *(str(source.absolute()) for source in sources),
        ]  # fmt: skip
        code, output = await commands.run(argv, env=os.environ, cwd=Path(folder))
        if code != 0:
            raise EnvironmentFailed(f"uv could not resolve {what}", hint=hint(output), log=last(output))
        return pins(out.read_text("utf-8"))


def agree(lines: Iterable[str], others: Iterable[str]) -> bool:
    """True if two sets of pins have the same versions of each package that both name."""
    ours, theirs = versions(lines), versions(others)
    return all(found <= theirs.get(name, found) for name, found in ours.items())


def versions(lines: Iterable[str]) -> dict[str, set[str]]:
    """The versions that pins name, by package: several where they depend on the platform or on Python."""
    found: dict[str, set[str]] = {}
    for line in lines:
        requirement = Requirement(line)
        found.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement.specifier))
    return found


def write(lock: Lock, lines: Iterable[str]) -> LockResult:
    """Write a lock, with what it was made from and how. Raises OSError."""
    text = f"# Made from {lock.source.name} by: engine lock {lock.name}\n" + "".join(f"{line}\n" for line in lines)
    changed = not lock.path.is_file() or lock.path.read_text("utf-8") != text
    if changed:
        replace_text(lock.path, text)
    return LockResult(lock, changed)
