"""Finding changed files by their time, size and inode, without a library: a few dozen files are checked in a
millisecond, on every file system and in containers."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

INTERVAL = 0.1
"""Seconds between two checks."""
MISSING = 0.5
"""Seconds after which a missing file is reported: many editors remove a file for a moment when they save it."""
SHARE = 0.05
"""The largest share of the time that checks may take: very many files are checked less often."""
SKIPPED = frozenset({"__pycache__", "node_modules", "venv", "build", "dist"})

Stamp = tuple[int, int, int] | None
Stamps = Mapping[Path, Stamp]


def stamp(path: Path) -> Stamp:
    """The time of the last change, the size and the inode of a file; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def stamps(paths: Iterable[Path]) -> Stamps:
    """The stamp of each file."""
    return {path: stamp(path) for path in paths}


def changed(before: Stamps, now: Stamps) -> list[Path]:
    """The files whose stamps differ, in the order of ``now``. A file that is missing or empty now is none of them: many
    editors remove or empty a file for a moment when they save it. Pure."""
    return [path for path, mark in now.items() if mark is not None and mark[1] and mark != before.get(path)]


def sources(folder: Path) -> Iterator[Path]:
    """The files of a folder of code, at any depth: hidden ones and those that are made from others are left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED)
        yield from (Path(place, name) for name in sorted(names) if not name.startswith(".") and name[-4:] != ".pyc")


async def until_changed(
    paths: Sequence[Path], before: Stamps, missing: Callable[[Path], None] = lambda path: None
) -> list[Path]:
    """Wait until one of the files differs from its stamp. The changed files. ``missing`` is called once with each file
    that has a stamp and has not existed for MISSING seconds."""
    gone: dict[Path, float] = {}
    reported: set[Path] = set()
    while True:
        began = time.perf_counter()
        now = stamps(paths)
        if found := changed(before, now):
            return found
        gone = {path: gone.get(path, began) for path in paths if now[path] is None and before.get(path) is not None}
        for path in [path for path, since in gone.items() if began - since >= MISSING and path not in reported]:
            reported.add(path)
            missing(path)
        await asyncio.sleep(max(INTERVAL, (time.perf_counter() - began) / SHARE))
