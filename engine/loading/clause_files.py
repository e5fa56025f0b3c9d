"""The documents that may hold clauses, found without parsing YAML: every suite depends on them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.documents.diagnostics import Diagnostic
from engine.documents.files import SUFFIXES, SourceText, read_all
from engine.documents.roots import absolute, up_to_root

FOLDER = "clauses"


def sources(paths: Sequence[Path]) -> Iterator[SourceText]:
    """The documents at or below the paths that may contain clauses, sorted. Unreadable ones are skipped."""
    for source in read_all(paths):
        if not isinstance(source, Diagnostic) and _may_be_clauses(source.text):
            yield source


class ClausesBeside:
    """Finds the documents that may contain clauses next to suites. Each folder is read once, so that loading a hundred
    suites of one folder reads it once; an object serves one loading of documents."""

    def __init__(self, catalogue: Path) -> None:
        """Documents below the ``catalogue`` are omitted, since every suite may cite them."""
        self._catalogue = absolute(catalogue)
        self._found: dict[Path, tuple[Path, ...]] = {}

    def of(self, paths: Sequence[Path]) -> tuple[Path, ...]:
        """The documents for the suites at or below some paths: those in a suite's folder or in a parent folder up to
        the root of its collection, and in folders called ``clauses`` there."""
        folders = dict.fromkeys(folder for path in paths for folder in _folders(absolute(path), self._catalogue))
        return tuple(dict.fromkeys(file for folder in folders for file in self._up_from(folder)))

    def _up_from(self, folder: Path) -> tuple[Path, ...]:
        if folder not in self._found:
            above = list(up_to_root(folder))
            found = [file for one in above for place in (one, one / FOLDER) for file in _files(place)]
            self._found[folder] = tuple(file for file in found if any(sources([file])))
        return self._found[folder]


def _folders(path: Path, catalogue: Path) -> Iterator[Path]:
    """The folders with documents at or below a path."""
    if path.is_relative_to(catalogue):
        return
    if not path.is_dir():
        yield path.parent
        return
    for folder, below, names in os.walk(path):
        below[:] = [name for name in below if not name.startswith(".") and Path(folder, name) != catalogue]
        if any(name.endswith(SUFFIXES) for name in names):
            yield Path(folder)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.y*ml") if path.suffix in SUFFIXES and not path.name.startswith("."))


def _may_be_clauses(text: str) -> bool:
    """True if a document may contain clauses. This check avoids composing every suite twice."""
    return text.startswith(("clauses:", "{", '"')) or "\nclauses:" in text
