"""Clauses compared with the cases that may cite them, for the linter."""

from __future__ import annotations

from pathlib import Path

from engine.app.engine import Engine
from engine.documents.diagnostics import Diagnostic
from engine.documents.roots import absolute
from engine.loading.clause_files import FOLDER
from engine.loading.loaded import Loaded
from engine.loading.rules.clauses import against
from engine.model.clause import Clause


def beside(engine: Engine, loaded: Loaded) -> list[Diagnostic]:
    """Clauses without a case that say no reason, and clauses with a case that say one.

    The cases of a file of clauses are those in its folder and below, or next to that folder if it is called
    ``clauses``. Nothing is reported if one of these documents has an error: the case may be the missing one.
    """
    by_folder: dict[Path, list[Clause]] = {}
    for clause in loaded.clauses:
        folder = absolute(Path(clause.place.file)).parent
        by_folder.setdefault(folder.parent if folder.name == FOLDER else folder, []).append(clause)
    found: list[Diagnostic] = []
    for folder, clauses in by_folder.items():
        others = engine.load([folder])
        if not others.errors:
            cited = {name for suite in others.suites for case in suite.cases for name in case.cite}
            found += against(clauses, cited)
    return found
