"""Records of the observer: JSON objects, one a line, in a file for each process.

A record is one ``os.write`` to a file opened for appending, so a killed process leaves complete lines, and a slow
reader delays nothing. The writer never raises: it counts the records that it could not write, and reports the count in
the next record.
"""

from __future__ import annotations

import errno
import itertools
import os
import sys
import threading
import time
import weakref
from contextlib import suppress
from pathlib import Path

from .tagged import decode, encode, encode_message, quote

__all__ = ["DRIVEN", "ENDED", "RECORDS", "Writer", "decode", "encode", "encode_message", "quote"]


# The endings of files of records: of a process of a server, and of one in which the app is called without a server,
# while it runs and when no record follows.
RECORDS, DRIVEN, ENDED = ".ndjson", ".driven", ".ended"


class Writer:
    """Appends records to ``<folder>/<pid>.ndjson``, or to a file with another ``ending``.

    One writer serves a process, all its threads, and its children after a fork, each with a file of its own. The
    file is opened with the first record, which names the process: ``{"k":"worker",...}``.
    """

    def __init__(self, folder: str | Path, ending: str = RECORDS) -> None:
        self._folder = str(folder)
        self._ending = ending
        self._pid = -1
        self._file = -1
        self._numbers = itertools.count()
        self._opening = threading.Lock()
        self._lost = 0
        self._why = ""
        self._torn = False
        alive = weakref.ref(self)
        # A fork can copy the lock while another thread holds it, who is not there to let go of it in the child.
        os.register_at_fork(after_in_child=lambda: _forked(alive()))

    @property
    def lost(self) -> int:
        """The number of records that could not be written, and that no note has reported yet."""
        return self._lost

    def write(self, kind: str, members: str = "") -> int:
        """Write a record. ``members`` is the JSON text after the first three members, each with a comma before it.

        Returns the record's number in this process, -1 if it was lost. Never raises.
        """
        try:
            if os.getpid() != self._pid:
                self._open()
            if self._lost:
                self._confess()
            number = next(self._numbers)
            self._append(f'{{"k":"{kind}","t":{time.monotonic()!r},"n":{number}{members}}}\n')
            return number
        except OSError as error:
            self.miss(error.strerror or type(error).__name__)
        except Exception as error:
            self.miss(type(error).__name__)
        return -1

    def end(self) -> None:
        """Rename this process's file to ENDED: no record follows. Does nothing where there is none."""
        with suppress(OSError):
            path = os.path.join(self._folder, str(self._pid))
            os.rename(path + self._ending, path + ENDED)

    def miss(self, why: str) -> None:
        """Count a lost record, and remember the reason."""
        self._lost += 1
        self._why = why

    def _open(self) -> None:
        """Open this process's own file. Raises OSError."""
        if not self._opening.acquire(timeout=1.0):
            raise OSError(errno.EDEADLK, "another thread is opening the file")
        try:
            pid = os.getpid()
            if pid == self._pid:
                return
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            file = os.open(os.path.join(self._folder, f"{pid}{self._ending}"), flags, 0o644)
            inherited, self._file = self._file, file
            if inherited >= 0:
                os.close(inherited)
            self._numbers = itertools.count(1)
            self._torn = False
            version = ".".join(map(str, sys.version_info[:3]))
            self._append(f'{{"k":"worker","t":{time.monotonic()!r},"n":0,"pid":{pid},"python":"{version}"}}\n')
            self._pid = pid
        finally:
            self._opening.release()

    def _append(self, line: str) -> None:
        """Append a line, after the end of one that was cut. Raises OSError."""
        data = line.encode("ascii")
        if self._torn:
            data = b"\n" + data
        written = os.write(self._file, data)
        while written < len(data):  # the disk is full, or nearly
            self._torn = True
            data = data[written:]
            written = os.write(self._file, data)
        self._torn = False

    def _confess(self) -> None:
        """Report the lost records, once for all threads. Raises OSError while that is impossible."""
        if not self._opening.acquire(blocking=False):
            return
        try:
            if lost := self._lost:
                text = f"evidence lost: {lost} records, {self._why}"
                number = next(self._numbers)
                line = f'{{"k":"note","t":{time.monotonic()!r},"n":{number},"lost":{lost},"text":{quote(text)}}}\n'
                self._append(line)
                self._lost -= lost
        finally:
            self._opening.release()

    def _let_go(self) -> None:
        """Replace the lock, which a thread of the parent process may have held at the fork."""
        self._opening = threading.Lock()


def _forked(writer: Writer | None) -> None:
    if writer is not None:
        writer._let_go()
