"""The folder of everything that the engine creates once for all runs, and its limits.

An *entry* is a folder below one of ENTRIES, with a lock file NAME.lock next to it. A process that creates or removes
the entry holds that lock exclusively; one that uses it holds it shared until the process ends for any reason, so
nothing in use is removed. The lock file's time of modification is the entry's last use, and its text the entry's size
in bytes. The folders of FILES contain small files that can be removed at any time.

``prune`` keeps the most recently used entries, up to LIMIT bytes. It is called after an environment was created, and
once a day.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ENTRIES = ("environments", "sources", "inside", "documents")
FILES = ("probes", "images", "bases")
REMOVED = ".removed-"
DRAFT = ".draft-"

LIMIT = 4 * 1024**3
"""So many bytes of entries are kept. An environment has some 20 MiB, and all servers with all frameworks 1 GiB."""
UNUSED = 30 * 24 * 3600.0
"""The age in seconds at which an unused entry is always removed."""
RECENT = 600.0
"""The age in seconds below which an entry is always kept."""
DAY = 24 * 3600.0
STAMP, DURATIONS = "pruned", "durations.json"
DRAFTED = 60.0
"""A draft of that age, in seconds, is nobody's any more when the cache is emptied."""

_held: dict[Path, int] = {}


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """An entry as it is on disk: its folder, its last use in seconds since the epoch, its size in bytes."""

    folder: Path
    used: float
    size: int


def default_cache() -> Path:
    """The folder of the cache: ENGINE_CACHE, or one in the user's cache folder."""
    given = os.environ.get("ENGINE_CACHE")
    if given:
        return Path(given).expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "asgi-conformance"
    base = os.environ.get("XDG_CACHE_HOME")
    # The XDG base directory specification has a relative path ignored.
    root = Path(base) if base and os.path.isabs(base) else Path.home() / ".cache"
    return root / "asgi-conformance"


def lock_of(folder: Path) -> Path:
    """An entry's lock file."""
    return folder.with_name(folder.name + ".lock")


def hold(folder: Path, *, wait: bool = True) -> bool:
    """Keep an entry from being removed while this process lives, and note that it is used now.

    Returns True if it is held: False where somebody makes or removes it, and this does not ``wait``. The caller checks
    afterwards whether the entry is there. A cache that cannot be written is used without being held.
    """
    if folder in _held and not _same(_held[folder], lock_of(folder)):
        release(folder)  # the cache was deleted manually
    if folder not in _held:
        try:
            descriptor = _acquire(lock_of(folder), fcntl.LOCK_SH if wait else fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        _held[folder] = descriptor
    with suppress(OSError):
        os.utime(lock_of(folder))
    return True


def release(folder: Path) -> None:
    """Hold an entry no longer."""
    if folder in _held:
        os.close(_held.pop(folder))


def acquire(path: Path) -> int | None:
    """Hold a lock file exclusively; its descriptor, or None where somebody else has it. Raises OSError."""
    try:
        return _acquire(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None


def _acquire(path: Path, how: int) -> int:
    """Lock a file. One that was removed meanwhile, by whoever removed its entry, is not the one that others lock."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, how)
            if _same(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def note_size(folder: Path) -> int:
    """Measure a complete entry, and write its size down. Raises OSError."""
    size = size_of(folder)
    lock_of(folder).write_text(f"{size}\n", "utf-8")
    return size


def entries(cache: Path) -> list[CacheEntry]:
    """The entries of a cache, those used last first."""
    found = []
    for kind in ENTRIES:
        for folder in _folders(cache / kind):
            with suppress(OSError):
                found.append(_entry(folder))
    return sorted(found, key=lambda one: one.used, reverse=True)


def _folders(parent: Path) -> list[Path]:
    try:
        return [path for path in parent.iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError:
        return []


def _entry(folder: Path) -> CacheEntry:
    lock = lock_of(folder)
    if not lock.exists():
        return CacheEntry(folder, folder.stat().st_mtime, size_of(folder))
    used = lock.stat().st_mtime
    text = lock.read_text("utf-8").strip()
    if text.isdecimal():
        return CacheEntry(folder, used, int(text))
    return CacheEntry(folder, used, size_of(folder))


def prune(cache: Path, now: float | None = None) -> list[Path]:
    """Remove entries that were not used for long, the least recently used beyond LIMIT bytes, and lock files without a
    folder. Entries that were used recently, or are in use, are kept. Nothing is raised: an entry that cannot be removed
    is kept."""
    now = time.time() if now is None else now
    total, gone = 0, []
    for entry in entries(cache):
        total += entry.size
        idle = now - entry.used
        if idle > RECENT and (idle > UNUSED or total > LIMIT) and remove(entry.folder):
            total -= entry.size
            gone.append(entry.folder)
    for path in (*_small_files(cache), *_documents(cache)):
        with suppress(OSError):
            status = path.stat()
            if now - max(status.st_mtime, status.st_atime) > UNUSED:
                path.unlink()
    _sweep(cache, now - RECENT)
    with suppress(OSError):
        (cache / STAMP).touch()
    return gone


def prune_daily(cache: Path) -> None:
    """Prune, unless that was done within a day. Nothing is raised."""
    try:
        due = time.time() - (cache / STAMP).stat().st_mtime > DAY
    except OSError:
        due = os.path.isdir(cache)  # which is false, and no error, for folders that this user may not read
    if due:
        prune(cache)


def clear(cache: Path) -> tuple[list[Path], list[Path]]:
    """Empty a cache: the entries that are gone, and those that stay because they are in use. Whatever else lies in the
    folder is not the engine's, and stays."""
    gone: list[Path] = []
    left: list[Path] = []
    for entry in entries(cache):
        (gone if remove(entry.folder) else left).append(entry.folder)
    for path in (*_small_files(cache), *(cache / name for name in (STAMP, DURATIONS))):
        with suppress(OSError):
            path.unlink()
    _sweep(cache, time.time() - DRAFTED)
    return gone, left


def remove(folder: Path) -> bool:
    """Remove an entry that nobody uses; whether it is gone."""
    lock = lock_of(folder)
    try:
        descriptor = acquire(lock)
    except OSError:
        return False
    if descriptor is None:
        return False
    try:
        # It goes at once by a rename, so that nobody finds half of it; whoever waits for the lock makes another file.
        aside = Path(tempfile.mkdtemp(prefix=REMOVED, dir=folder.parent))
        try:
            folder.rename(aside / folder.name)
            lock.unlink()
        finally:
            os.close(descriptor)
            shutil.rmtree(aside, ignore_errors=True)
    except OSError:
        return False
    return True


def _small_files(cache: Path) -> Iterator[Path]:
    for kind in FILES:
        with suppress(OSError):
            yield from (path for path in sorted((cache / kind).iterdir()) if path.is_file())


def _documents(cache: Path) -> Iterator[Path]:
    """The documents of the fingerprints that stay: those that have changed since leave their old versions behind."""
    for folder in _folders(cache / "documents"):
        with suppress(OSError):
            yield from sorted(folder.iterdir())


def _sweep(cache: Path, before: float) -> None:
    """Remove what engines that were killed left half-made or half-removed, and locks without entries."""
    for kind in ENTRIES:
        with suppress(OSError):
            for path in sorted((cache / kind).iterdir()):
                _sweep_one(path, before)


def _sweep_one(path: Path, before: float) -> None:
    with suppress(OSError):
        if path.stat().st_mtime > before:
            return
        if path.name.startswith((REMOVED, DRAFT)):
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix == ".lock" and not path.with_name(path.name.removesuffix(".lock")).is_dir():
            descriptor = acquire(path)
            if descriptor is not None:
                try:
                    path.unlink()
                finally:
                    os.close(descriptor)


def size_of(folder: Path) -> int:
    """The bytes of all files below a folder; what is linked more than once counts once, what cannot be read not."""
    total, seen, ahead = 0, set[tuple[int, int]](), [os.fspath(folder)]
    while ahead:
        try:
            with os.scandir(ahead.pop()) as found:
                for one in found:
                    if one.is_dir(follow_symlinks=False):
                        ahead.append(one.path)
                        continue
                    status = one.stat(follow_symlinks=False)
                    if (status.st_dev, status.st_ino) not in seen:
                        seen.add((status.st_dev, status.st_ino))
                        total += status.st_size
        except OSError:
            continue
    return total
