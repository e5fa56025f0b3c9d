"""Following the files of records while they grow."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

# Bytes read at once; a buffer of this size costs no new pages.
PIECE = 1 << 16

Record = dict[str, Any]


class Lines:
    """Bytes in pieces to records. What follows the last line's end is kept for the next piece."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Record]:
        """The records that this piece completes. A line that is none becomes a note, and counts as lost evidence."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line:
                yield parse(line)


# How the observer begins a line of a call's. What follows is read when somebody asks: most calls are never looked at.
HEAD = re.compile(rb'\{"k":"(received|send|sent|end|outcome|mark)","t":([0-9.e+-]+),"n":([0-9]+),"c":([0-9]+)[,}]')
SEALED = "$line"


def parse(line: bytes) -> Record:
    """One line as a record, which may be sealed still: ``opened`` gives the whole of it. A note where it is none."""
    head = HEAD.match(line)
    if head is None or not line.endswith(b"}"):
        return read_whole(line)
    kind, at, number, call = head.groups()
    return {"k": kind.decode(), "t": float(at), "n": int(number), "c": int(call), SEALED: line}


def opened(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The whole of a record."""
    return read_whole(record[SEALED]) if SEALED in record else record


def read_whole(line: bytes) -> Record:
    """One line as a record; a note where it is no JSON object with a kind."""
    try:
        record = json.loads(line)
        if isinstance(record, dict) and isinstance(record.get("k"), str):
            return record
    except (ValueError, RecursionError):
        pass
    return {"k": "note", "lost": 1, "text": f"a record that cannot be read: {line[:80]!r}"}


class Reader:
    """Reads every ``*.ndjson`` of a folder, each from where it stopped the last time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[int, int] = {}
        self._lines: dict[int, Lines] = {}

    def read(self) -> Iterator[tuple[int, Record]]:
        """What was written since: (pid, record), in order within a process. A folder that is gone holds nothing."""
        self._look()
        for pid, file in self._files.items():
            lines = self._lines[pid]
            full = True
            while full:
                data = os.read(file, PIECE)
                full = len(data) == PIECE
                for record in lines.feed(data):
                    yield pid, record

    def close(self) -> None:
        """Close the files. ``read`` opens none again that it knew."""
        for file in self._files.values():
            os.close(file)
        self._files = {}

    def _look(self) -> None:
        """Open the files that are new."""
        try:
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
