"""The lines of a record one by one, each with its place in the file, so that a large record need not be in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from engine.errors import ResultsError
from engine.results.record.format import readable
from engine.results.record.store import FILE

LISTS = "`engine list runs` lists the runs"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a record: its document, and the position of its first byte."""

    at: int
    document: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """The kind of the line."""
        return str(self.document.get("kind", ""))


def opened_record(folder: Path) -> BinaryIO:
    """The file of the run in a folder. Raises ResultsError if there is none."""
    path = folder / FILE
    try:
        return path.open("rb")
    except OSError as error:
        raise ResultsError(f"{path} cannot be read: {error.strerror}", hint=LISTS) from error


def header_in(file: BinaryIO, path: Path) -> Mapping[str, Any]:
    """The header of a record, from its first line. Raises ResultsError if this is no record that the engine reads."""
    file.seek(0)
    found = document(file.readline(), path, 1)
    if found.get("kind") != "header" or "run" not in found:
        raise ResultsError(f"{path} is not a record of a run: its first line is not a header", hint=LISTS)
    try:
        readable(found.get("format"), found.get("engine"))
    except ResultsError as error:
        raise ResultsError(f"{path} cannot be read: {error.what}", hint=error.hint) from error
    return found


def lines_of(file: BinaryIO, path: Path) -> Iterator[Line]:
    """The lines of a record behind its header. A last line without an end was cut and is left out. Raises
    ResultsError for a line that is no JSON object."""
    file.seek(0)
    at = len(file.readline())
    for number, line in enumerate(iter(file.readline, b""), 2):
        if not line.endswith(b"\n"):
            return
        yield Line(at, document(line, path, number))
        at += len(line)


def line_at(file: BinaryIO, at: int) -> dict[str, Any]:
    """The document of the line that begins at a byte."""
    file.seek(at)
    found: dict[str, Any] = json.loads(file.readline())
    return found


def document(line: bytes, path: Path, number: int) -> dict[str, Any]:
    """The object of a line. Raises ResultsError for anything else."""
    try:
        found = json.loads(line)
    except ValueError as error:
        raise ResultsError(f"{path}, line {number}, is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ResultsError(f"{path}, line {number}, is not a JSON object")
    return found
