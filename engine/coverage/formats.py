"""Coverage for programs and for documents: JSON's types, and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tabulate import tabulate

from engine.coverage.coverage import LEVELS, ClauseCoverage, Counts, counts, documents, reason

COUNTED = ("clauses", "with a case", "proved", "without a case")
"""The head of the columns of figures."""


def plain(covered: Iterable[ClauseCoverage]) -> dict[str, Any]:
    """The coverage in JSON's types. ``untested`` is null for a clause with a case."""
    return {
        "clauses": [
            {
                "id": one.clause.id,
                "level": one.clause.level,
                "risk": one.clause.risk.value,
                "document": one.clause.document,
                "section": one.clause.source,
                "statement": one.clause.statement,
                "url": one.clause.url,
                "cases": list(one.cases),
                "proved": list(one.proved),
                "untested": _untested(one),
            }
            for one in covered
        ]
    }


def markdown(covered: Sequence[ClauseCoverage]) -> str:
    """The coverage as a document: the levels, then each document with its sections."""
    parts = ["# Coverage", _table("level", [(level, of) for level, of in by_level(covered)])]
    for document in documents(covered):
        rows = [(section.title, section.clauses) for section in document.sections]
        parts += [f"## {document.title}", _table("section", rows)]
    return "\n\n".join(parts) + "\n"


def by_level(covered: Sequence[ClauseCoverage]) -> Iterator[tuple[str, Sequence[ClauseCoverage]]]:
    """The clauses of each level, and all of them."""
    for level in LEVELS:
        yield level, [one for one in covered if one.clause.level == level]
    yield "all", covered


def figures(found: Counts) -> tuple[str, str, str]:
    """The numbers of clauses, of those with a case, and of those with a proved case."""
    return str(found.clauses), str(found.tested), str(found.proved)


def summary(covered: Iterable[ClauseCoverage]) -> str:
    """The clauses without a case counted by reason: ``3 missing, 1 client-duty``; "" if there are none."""
    return ", ".join(f"{number} {name}" for name, number in counts(covered).untested.items())


def named(covered: Iterable[ClauseCoverage]) -> str:
    """The clauses without a case by reason, and those whose cases no mutant breaks: ``missing: H1-01, H1-02``; "" if
    there are none."""
    groups: dict[str, list[str]] = {}
    for one in covered:
        if not one.proved:
            groups.setdefault("not proved" if one.cases else reason(one).value, []).append(one.clause.id)
    return "; ".join(f"{name}: {', '.join(ids)}" for name, ids in groups.items())


def _untested(one: ClauseCoverage) -> dict[str, str] | None:
    if one.cases:
        return None
    because = one.clause.untested.because if one.clause.untested is not None else ""
    return {"reason": reason(one).value, "because": because}


def _table(first: str, rows: Iterable[tuple[str, Sequence[ClauseCoverage]]]) -> str:
    by_reason = first == "level"
    body = [[name, *figures(counts(of)), summary(of) if by_reason else named(of)] for name, of in rows]
    head = [first, *COUNTED[:3], COUNTED[3] if by_reason else "not proved, or without a case"]
    return tabulate(body, headers=head, tablefmt="github", disable_numparse=True)
