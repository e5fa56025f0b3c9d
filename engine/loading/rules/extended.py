"""Extended cases as part of a collection: at least one case of a strict clause runs by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.documents.diagnostics import Diagnostic
from engine.model.case import CaseHeader
from engine.model.clause import Clause

STRICT = ("must", "implied")
"""The levels of clauses that the default run must test."""


def resting(cases: Sequence[CaseHeader], clauses: Mapping[str, Clause]) -> dict[str, CaseHeader]:
    """The clauses of STRICT levels that only extended cases cite, each with the first of these cases."""
    by_default = {name for case in cases if not case.extended for name in case.cite}
    found: dict[str, CaseHeader] = {}
    for case in cases:
        for name in case.cite if case.extended else ():
            if name not in by_default and name in clauses and clauses[name].level in STRICT:
                found.setdefault(name, case)
    return found


def beside(
    cases: Sequence[CaseHeader], every: Sequence[CaseHeader], clauses: Mapping[str, Clause]
) -> Iterator[Diagnostic]:
    """An error for each clause that rests on extended ones of these ``cases``, and that no case in ``every``, those of
    the whole collection, tests by default."""
    others = resting([*cases, *every], clauses)
    for name, case in resting(cases, clauses).items():
        if name in others:
            what = f"only extended cases cite {name}, a clause of level {clauses[name].level}"
            yield Diagnostic(case.place, "rests-on-extended", what, "let one of its cases or values run by default")
