"""Coverage for people: figures by level, then by document and section, or each clause."""

from __future__ import annotations

from collections.abc import Sequence

from engine.coverage.coverage import ClauseCoverage, Section, counts, documents, reason
from engine.coverage.formats import COUNTED, by_level, figures, named, summary
from engine.terminal import columns
from engine.terminal.columns import TextTable
from engine.terminal.paint import PLAIN, Paint


def overview(covered: Sequence[ClauseCoverage], limit: int = 0, paint: Paint = PLAIN) -> str:
    """The figures of each level, then those of each section, with the ids of clauses that lack a proved case.
    ``limit`` is the terminal's width in columns, 0 for none."""
    levels = TextTable("", [(level, *figures(counts(of)), summary(of)) for level, of in by_level(covered)])
    sections = [
        TextTable(document.title, [_section(one) for one in document.sections]) for document in documents(covered)
    ]
    head = ("section", *COUNTED[:3], "not proved, or without a case")
    tables = columns.draw(("level", *COUNTED), [levels], limit, paint), columns.draw(head, sections, limit, paint)
    return "\n\n".join(tables)


def each(covered: Sequence[ClauseCoverage], limit: int = 0, paint: Paint = PLAIN) -> str:
    """Each clause with its number of cases, of proved ones, and its statement; below that the cases, or the reason why
    there is none. ``limit`` is the terminal's width in columns, 0 for none."""
    tables = [TextTable(document.title, [_row(one) for one in document.clauses]) for document in documents(covered)]
    return columns.draw(("clause", "level", "risk", "cases", "proved", "statement"), tables, limit, paint)


def _section(section: Section) -> tuple[str, ...]:
    return section.title, *figures(counts(section.clauses)), named(section.clauses)


def _row(one: ClauseCoverage) -> tuple[str, ...]:
    clause = one.clause
    return clause.id, clause.level, clause.risk.value, str(len(one.cases)), str(len(one.proved)), _said(one)


def _said(one: ClauseCoverage) -> str:
    if one.cases:
        below = [f"{case}{'' if case in one.proved else ' (not proved)'}" for case in one.cases]
    else:
        because = one.clause.untested.because if one.clause.untested is not None else ""
        below = [reason(one).value + (f": {because}" if because else "")]
    return "\n".join([one.clause.statement, *below])
