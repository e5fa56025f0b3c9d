"""The result of loading documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.documents.diagnostics import Diagnostic
from engine.model.baseline import KnownFailure
from engine.model.bug import Bug
from engine.model.case import Case, Suite, whole
from engine.model.clause import Clause


@dataclass(frozen=True, slots=True)
class Loaded:
    """The content of documents, and their errors. Suites lack the cases with errors.

    ``sources`` has the text of every file with a diagnostic, by its name in ``SourceSpan.file``; ``files`` counts all.
    ``digests`` has one for each document: of its path, its address and its text. ``broken`` are the addresses of cases
    with errors, without a matrix value. ``declarations`` are files of contracts and frameworks, which are not checked
    yet. ``bugs`` are those of documents of history. ``settings`` are the files of settings.
    """

    suites: tuple[Suite, ...]
    diagnostics: tuple[Diagnostic, ...]
    known_failures: tuple[KnownFailure, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    files: int = 0
    clauses: tuple[Clause, ...] = ()
    digests: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    declarations: tuple[str, ...] = ()
    bugs: tuple[Bug, ...] = ()
    settings: tuple[str, ...] = ()

    @property
    def cases(self) -> int:
        """The number of cases that were read, including each value of a matrix, and cases with errors."""
        return sum(len(suite.cases) for suite in self.suites) + len(self.broken)

    @property
    def whole(self) -> tuple[Case, ...]:
        """The cases of all suites with their bodies. Raises TypeError if only headers were requested."""
        return tuple(whole(case) for suite in self.suites for case in suite.cases)

    @property
    def errors(self) -> int:
        """The number of errors among the diagnostics, which prevent a run."""
        return sum(diagnostic.is_error for diagnostic in self.diagnostics)
