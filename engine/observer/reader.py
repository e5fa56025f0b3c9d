"""Following the files of records while they grow."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.observer.inside.records import DRIVEN, ENDED, RECORDS

# Bytes read at once; a buffer of this size costs no new pages.
PIECE = 1 << 16

Record = dict[str, Any]


class Lines:
    """Bytes in pieces to lines. The part after the last line's end is kept for the next piece."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that this piece completes, without their ends. Empty lines are left out."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line for line in lines if line]


# The beginnings of the observer's lines: that of a call, and those of the records that follow it. The rest of a line is
# parsed on demand, since most calls are never read.
CALL = re.compile(
    rb'\{"k":"call","t":([0-9.e+-]+),"n":([0-9]+),"c":([0-9]+),"token":"[a-z0-9. -]*","job":"([a-z0-9-]+)",'
)
HEAD = re.compile(rb'\{"k":"(received|send|sent|end|outcome|mark)","t":([0-9.e+-]+),"n":([0-9]+),"c":([0-9]+)[,}]')
SEALED = "$line"


def parse(line: bytes) -> Record:
    """One line as a record, of which only the beginning may be parsed: ``opened`` parses the rest. A line that is no
    record becomes a note, and counts as lost evidence."""
    if not line.endswith(b"}"):
        return read_whole(line)
    head = HEAD.match(line)
    if head is not None:
        kind, at, number, call = head.groups()
        return {"k": kind.decode(), "t": float(at), "n": int(number), "c": int(call), SEALED: line}
    began = CALL.match(line)
    if began is not None:
        at, number, call, job = began.groups()
        return {"k": "call", "t": float(at), "n": int(number), "c": int(call), "job": job.decode(), SEALED: line}
    return read_whole(line)


def opened(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The whole of a record."""
    return read_whole(record[SEALED]) if SEALED in record else record


def read_whole(line: bytes) -> Record:
    """One line as a record; a note if it is not a JSON object with `k`."""
    try:
        record = json.loads(line)
        if isinstance(record, dict) and isinstance(record.get("k"), str):
            return record
    except (ValueError, RecursionError):
        pass
    return {"k": "note", "lost": 1, "text": f"a record that cannot be read: {line[:80]!r}"}


# The first is in the record of every send() that returned, the second in those of a send() that raised nothing. The
# second is in no other record, nor in a text, where a backslash precedes each quote. The first may be: then the records
# are parsed.
SENT, RAISED_NOTHING = b'"sent"', b'"raised":""'
# Nanoseconds since the change of a folder after which its modification time is reliable.
SETTLED = 50_000_000
# The most bytes that are held before they are parsed.
HELD = 1 << 20


# The endings of files that grow. A driven process renames its file to ENDED when no record follows.
GROWING = (RECORDS, DRIVEN)


@dataclass(slots=True)
class _File:
    """A file of records that is open: its descriptor, the rest of a line, pieces that are not parsed yet, and its path
    once it has ENDED."""

    pid: int
    descriptor: int
    lines: Lines = field(default_factory=Lines)
    held: list[bytes] = field(default_factory=list)
    ended: str = ""


class SpoolReader:
    """Reads every file of records in a folder, each from where it stopped the last time. One that has ended is read to
    its end, closed and removed: an app is called without a server hundreds of times in a run, and a file each that is
    asked for more before each verdict would take most of the engine's time."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.fspath(folder)  # os functions convert a Path in every call
        # By pid, and whether the process is a driven one: a pid may come again for one.
        self._files: dict[tuple[int, bool], _File] = {}
        self._closing: list[_File] = []
        self._left: set[str] = set()  # files that were read and cannot be removed
        self._size = 0
        self._raised = False
        self._listed = 0  # when the folder had changed last, as it was listed; 0 where it must be listed again
        self._opened = -1  # the folder's descriptor: asking it takes less than resolving a path for every job
        self._closed = False

    def read(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield a pid and the lines appended since, in order within a process; nothing if the folder is gone. ``parse``
        turns a line into a record."""
        while self._hold():
            self._size, self._raised = 0, False
            files = [*self._closing, *self._files.values()]
            self._closing = []
            for file in files:
                held, file.held = file.held, []
                for data in held:
                    yield file.pid, file.lines.feed(data)

    def may_have_raised(self) -> bool:
        """True unless no send() can have raised in the bytes appended since ``read``. A search in bytes costs far less
        than parsing, which most runs never need."""
        self._hold()
        return self._raised or self._size > HELD

    def _hold(self) -> bool:
        """Buffer appended bytes, up to ``HELD``; returns True if any are buffered."""
        self._look()
        for key, file in tuple(self._files.items()):
            full = True
            while full and self._size <= HELD:
                data = os.read(file.descriptor, PIECE)
                full = len(data) == PIECE
                if data:
                    file.held.append(data)
                    self._size += len(data)
                    # A line that is cut between two pieces counts as one that may have.
                    self._raised = self._raised or data.count(SENT) != data.count(RAISED_NOTHING)
            if file.ended and not full:
                del self._files[key]
                self._closing.append(file)
                os.close(file.descriptor)
                try:
                    os.unlink(file.ended)
                except OSError:
                    self._left.add(file.ended)
        return self._size > 0

    def close(self) -> None:
        """Close the files and the folder. ``read`` yields nothing afterwards."""
        self._closed = True
        for file in self._files.values():
            os.close(file.descriptor)
        self._files = {}
        if self._opened >= 0:
            os.close(self._opened)
            self._opened = -1

    def _look(self) -> None:
        """Open the files that are new. A folder is not listed again while it has not changed."""
        if self._closed:
            return
        try:
            if self._opened < 0:
                self._opened = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            changed = os.fstat(self._opened).st_mtime_ns
            if changed == self._listed:
                return
            # A file that appears within the same tick of the clock leaves the folder's time unchanged, so the time
            # counts only when it is well past.
            self._listed = changed if time.time_ns() - changed > SETTLED else 0
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return
        # A file that has ended comes before another of its pid, which waits until the former is closed.
        for name in sorted(names, key=lambda name: not name.endswith(ENDED)):
            stem, ending = os.path.splitext(name)
            if stem.isdigit() and ending in (*GROWING, ENDED):
                self._take(int(stem), ending, os.path.join(self._folder, name))

    def _take(self, pid: int, ending: str, path: str) -> None:
        """Open a file unless it is open already, and note that it has ended."""
        if path in self._left:
            return
        key = pid, ending != RECORDS
        file = self._files.get(key)
        if file is None:
            try:
                file = self._files[key] = _File(pid, os.open(path, os.O_RDONLY | os.O_CLOEXEC))
            except FileNotFoundError:
                return  # renamed meanwhile: the folder has changed
        if ending == ENDED:
            file.ended = path
        elif file.ended:
            self._listed = 0  # another process with its pid: once the former file is closed
