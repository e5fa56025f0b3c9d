"""The catalogue of clauses. It is read before any suite, since the clauses that cases may cite are part of the
vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.documents.composer import compose
from engine.documents.diagnostics import Notes
from engine.documents.files import SourceText
from engine.loading.clause_files import sources
from engine.loading.read.sheets import CLAUSES, clauses_of
from engine.loading.schema import validate as validity
from engine.model.clause import Clause


def read_clauses(paths: Sequence[Path]) -> dict[str, Clause]:
    """The clauses of all clause documents at or below the paths, as ``clauses_in`` finds them."""
    return clauses_in(sources(paths))


def clauses_in(documents: Iterable[SourceText]) -> dict[str, Clause]:
    """The clauses of all clause documents among some, by id; the first with an id counts.

    Nothing is raised or reported: an invalid document is skipped here, and ``documents.load_paths`` reports its errors.
    """
    fits = validity.checker(CLAUSES)
    found: dict[str, Clause] = {}
    for source in documents:
        root = compose(source, Notes())
        if root is not None and next(root.entries(), ("",))[0] == "clauses" and fits(root):
            for clause, _ in clauses_of(root):
                found.setdefault(clause.id, clause)
    return found
