"""The files that targets write their logs to: read in limited pieces, and limited on disk.

A server may write a gigabyte, or write without end. Its streams are the file itself, so that it never waits for the
engine. Therefore the engine checks the file's size while the server lives, and cuts out the middle. A line marks each
place where a log was cut, on disk or for reading.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

# So much is read at once, in bytes, half of it from the beginning and half from the end: a person reads less, and a
# pattern is looked for in it.
READ = 1 << 20

# A log of more bytes is cut, down to its first HEAD and its last TAIL: enough for a day of tracebacks, and for dozens
# of targets on a small disk.
MOST = 64 << 20
HEAD = 16 << 20
TAIL = 1 << 20

# The interval of checking its size, in seconds: at a gigabyte a second it is MOST and a quarter of that at worst.
EVERY = 0.25


def read_log(path: Path, since: int = 0) -> str:
    """A log's text after its first ``since`` bytes, without its middle where it is long; "" where there is none yet."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if since > size:  # it was cut since
                since = min(size, HEAD)
            file.seek(since)
            if size - since <= READ:
                data = file.read(READ)
            else:
                data = file.read(READ // 2) + note(size - since - READ, "left out")
                file.seek(size - READ // 2)
                data += file.read(READ // 2)
    except OSError:
        return ""
    return data.decode("utf-8", "replace")


def keep_short(path: Path) -> None:
    """Cut a log that has become too long. Lines written at that very moment may be lost as well."""
    with suppress(OSError):
        if os.stat(path).st_size <= MOST:
            return
        with path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(size - TAIL)
            tail = file.read(TAIL)
            file.truncate(HEAD)
        # The server appends as well, so nothing is overwritten.
        with path.open("ab") as file:
            file.write(note(size - HEAD - TAIL, "were cut out") + tail)


def note(count: int, what: str) -> bytes:
    """The line that stands in the place of so many bytes."""
    return f"\n[engine: {count:,} bytes of this log {what} here]\n".encode()


class Shortener:
    """Keeps a log short while its writer lives."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        self._loop = loop
        self._next = loop.call_later(EVERY, self._look)

    def _look(self) -> None:
        keep_short(self._path)
        self._next = self._loop.call_later(EVERY, self._look)

    def stop(self) -> None:
        """The writer is gone. Safe to call again."""
        self._next.cancel()
        keep_short(self._path)
