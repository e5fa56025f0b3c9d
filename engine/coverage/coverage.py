"""Clauses with the cases that cite them, by document and section."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.model.clause import Clause, UntestedReason

LEVELS = ("must", "implied", "should", "may")


@dataclass(frozen=True, slots=True)
class ClauseCoverage:
    """A clause with the addresses of the cases that cite it, without the values of a matrix.

    ``proved`` are those of them that fail on a mutant: a server or an app with one deliberate fault.
    """

    clause: Clause
    cases: tuple[str, ...] = ()
    proved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """Counted clauses: all of them, those with a case, those with a proved case, and those without a case by their
    reason; a clause without a reason counts as missing."""

    clauses: int
    tested: int
    proved: int
    untested: Mapping[UntestedReason, int]


@dataclass(frozen=True, slots=True)
class Section:
    """The clauses of one section of a document; ``title`` is as the clauses name it."""

    title: str
    clauses: tuple[ClauseCoverage, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The sections of one document of clauses, in their order in it."""

    title: str
    sections: tuple[Section, ...]

    @property
    def clauses(self) -> tuple[ClauseCoverage, ...]:
        """All clauses of the document."""
        return tuple(one for section in self.sections for one in section.clauses)


def coverage(
    clauses: Iterable[Clause], citations: Iterable[tuple[str, Sequence[str]]], proved: Collection[str]
) -> tuple[ClauseCoverage, ...]:
    """The coverage of some clauses, in their order.

    ``citations`` are pairs of a case's address without matrix values and the ids that it cites; ``proved`` are
    addresses of the same form.
    """
    citing: dict[str, dict[str, None]] = {}
    for address, cited in citations:
        for name in cited:
            citing.setdefault(name, {})[address] = None
    return tuple(
        ClauseCoverage(clause, cases, tuple(case for case in cases if case in proved))
        for clause in clauses
        for cases in [tuple(citing.get(clause.id, ()))]
    )


def documents(covered: Iterable[ClauseCoverage]) -> tuple[Document, ...]:
    """The clauses by document and section, each in the order of its first clause."""
    found: dict[str, dict[str, list[ClauseCoverage]]] = {}
    for one in covered:
        found.setdefault(one.clause.document, {}).setdefault(one.clause.source, []).append(one)
    return tuple(
        Document(title, tuple(Section(name, tuple(of)) for name, of in sections.items()))
        for title, sections in found.items()
    )


def counts(covered: Iterable[ClauseCoverage]) -> Counts:
    """The clauses counted."""
    every = list(covered)
    without = Counter(reason(one) for one in every if not one.cases)
    return Counts(
        clauses=len(every),
        tested=sum(1 for one in every if one.cases),
        proved=sum(1 for one in every if one.proved),
        untested={name: without[name] for name in UntestedReason if without[name]},
    )


def reason(one: ClauseCoverage) -> UntestedReason:
    """The reason why a clause has no case."""
    return one.clause.untested.reason if one.clause.untested is not None else UntestedReason.MISSING
