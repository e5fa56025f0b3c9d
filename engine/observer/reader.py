"""Following the files of records while they grow."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

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


class SpoolReader:
    """Reads every ``*.ndjson`` of a folder, each from where it stopped the last time."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.fspath(folder)  # os functions convert a Path in every call
        self._files: dict[int, int] = {}
        self._lines: dict[int, Lines] = {}
        self._held: dict[int, list[bytes]] = {}
        self._size = 0
        self._raised = False
        self._listed = 0  # when the folder had changed last, as it was listed; 0 where it must be listed again
        self._opened = -1  # the folder's descriptor: asking it takes less than resolving a path for every job
        self._closed = False

    def read(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield a pid and the lines appended since, in order within a process; nothing if the folder is gone. ``parse``
        turns a line into a record."""
        while self._hold():
            held, self._held, self._size, self._raised = self._held, {}, 0, False
            for pid, pieces in held.items():
                for data in pieces:
                    yield pid, self._lines[pid].feed(data)

    def may_have_raised(self) -> bool:
        """True unless no send() can have raised in the bytes appended since ``read``. A search in bytes costs far less
        than parsing, which most runs never need."""
        self._hold()
        return self._raised or self._size > HELD

    def _hold(self) -> bool:
        """Buffer appended bytes, up to ``HELD``; returns True if any are buffered."""
        self._look()
        for pid, file in self._files.items():
            full = True
            while full and self._size <= HELD:
                data = os.read(file, PIECE)
                full = len(data) == PIECE
                if data:
                    self._held.setdefault(pid, []).append(data)
                    self._size += len(data)
                    # A line that is cut between two pieces counts as one that may have.
                    self._raised = self._raised or data.count(SENT) != data.count(RAISED_NOTHING)
        return self._size > 0

    def close(self) -> None:
        """Close the files and the folder. ``read`` yields nothing afterwards."""
        self._closed = True
        for file in self._files.values():
            os.close(file)
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
        for name in names:
            stem, _, ending = name.partition(".")
            if ending != "ndjson" or not stem.isdigit() or int(stem) in self._lines:
                continue
            with suppress(FileNotFoundError):
                self._files[int(stem)] = os.open(os.path.join(self._folder, name), os.O_RDONLY)
                self._lines[int(stem)] = Lines()
