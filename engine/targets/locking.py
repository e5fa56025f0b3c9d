"""Making the locks: ``python -m engine.targets.locking [FRAMEWORK FOLDER ...]``.

The servers' requirements are resolved together once; each server's lock, and each framework's, is then made with that
result as a constraint. So any framework can be installed together with any server, and no two locks disagree.
Locks are universal: one for every platform and every Python from 3.11 on.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.errors import EngineError, EnvironmentFailed
from engine.targets import commands
from engine.targets.environments import find_uv, last, pins
from engine.targets.frameworks import SOURCE, Framework, load_frameworks
from engine.targets.servers import load_servers
from engine.targets.servers.base import Server

OLDEST = "3.11"
HEAD = "# Made from {source} by: python -m engine.targets.locking\n"


async def make_locks(servers: Iterable[Server], frameworks: Iterable[Framework], upgrade: bool = False) -> list[Path]:
    """Make every server's and every framework's lock, keeping versions that still fit unless ``upgrade``.

    A framework without a requirements.in keeps its lock. The locks that were written. Raises EnvironmentFailed, with
    uv's words, where something cannot be resolved; nothing is written after that.
    """
    server_sources = [(server.lock.with_suffix(".in"), server.lock) for server in servers]
    written: list[Path] = []
    with tempfile.TemporaryDirectory() as folder:
        together = Path(folder) / "servers.lock"
        if not upgrade:
            known = {line for _, lock in server_sources if lock.is_file() for line in pins(lock.read_text("utf-8"))}
            together.write_text("\n".join(sorted(known)) + "\n", "utf-8")
        await resolve([source for source, _ in server_sources], together, None, upgrade)
        for source, lock in server_sources:
            await resolve([source], lock, together, upgrade)
            written.append(lock)
        for framework in frameworks:
            if framework.source.is_file():
                await resolve([framework.source], framework.lock, together, upgrade)
                written.append(framework.lock)
    return written


async def resolve(sources: Sequence[Path], lock: Path, constraint: Path | None, upgrade: bool) -> None:
    """Have uv pin what ``sources`` ask for, and write the lock. Raises EnvironmentFailed."""
    argv = [
        find_uv(), "pip", "compile", "--quiet", "--universal", "--python-version", OLDEST, "--no-header",
        "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--output-file", str(lock),
        *(str(source) for source in sources),
    ]  # fmt: skip
    if constraint is not None:
        argv += ["--constraint", str(constraint)]
    if upgrade:
        argv.append("--upgrade")
    code, output = await commands.run(argv, env=os.environ, cwd=lock.parent)
    if code != 0:
        raise EnvironmentFailed(f"uv could not make {lock}", log=last(output))
    sign(lock, sources)


def sign(lock: Path, sources: Sequence[Path]) -> None:
    """Say in a lock what it was made from, and how."""
    head = HEAD.format(source=" and ".join(source.name for source in sources))
    lock.write_text(head + "".join(line + "\n" for line in pins(lock.read_text("utf-8"))), "utf-8")


def main(words: Sequence[str]) -> int:
    """Make the locks of all servers, and of the frameworks in the folders given, or in ./frameworks."""
    upgrade = "--upgrade" in words
    folders = [Path(word) for word in words if not word.startswith("-")] or [Path("frameworks")]
    for folder in folders:
        for source in sorted({*folder.glob(SOURCE), *folder.glob(f"*/{SOURCE}")}):
            # A new framework has no lock yet, and is loaded only with one.
            source.with_suffix(".lock").touch()
    try:
        frameworks = load_frameworks(folders[0], folders[1:])
        written = asyncio.run(make_locks(load_servers().values(), frameworks.values(), upgrade))
    except EngineError as error:
        print(error, getattr(error, "log", ""), sep="\n", file=sys.stderr)
        return error.exit_code
    for lock in written:
        print(lock)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
