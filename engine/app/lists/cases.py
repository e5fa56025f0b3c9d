"""Lists of what the documents hold: suites, cases, categories, clauses."""

from __future__ import annotations

from collections.abc import Sequence

from engine.app.lists.base import Listing, ListKind, Stock, levels, rows
from engine.model.clause import Clause
from engine.terminal.columns import TextTable


def suites(stock: Stock) -> Listing:
    """The files of cases."""
    titles = {suite.file: suite for suite in stock.loaded.suites}
    items = [
        {
            "file": file,
            "title": titles[file].title,
            "category": titles[file].category,
            "cases": len(cases),
            "levels": levels(cases),
        }
        for file, cases in stock.by_file.items()
    ]
    return Listing(
        items,
        ("suite", "cases", "category", "title"),
        rows([(str(one["file"]), str(one["cases"]), str(one["category"]), str(one["title"])) for one in items]),
    )


def cases(stock: Stock) -> Listing:
    """The cases, each variant of a matrix by itself."""
    items = [
        {
            "address": case.address,
            "id": case.id,
            "file": case.file,
            "line": case.place.line,
            "category": case.category,
            "level": case.level.value,
            "title": case.title,
            "cite": list(case.cite),
            "runs_on": case.runs_on.value,
            "needs": list(case.needs),
            "tags": list(case.tags),
            "extended": case.extended,
            "http1_only": case.http1,
        }
        for case in stock.cases
    ]
    tables = [
        TextTable(file, [(case.id, case.level.value + " extended" * case.extended, case.title) for case in found])
        for file, found in stock.by_file.items()
    ]
    return Listing(items, ("case", "level", "title"), tables)


def categories(stock: Stock) -> Listing:
    """The grid's columns."""
    names = list(dict.fromkeys(case.category for case in stock.cases))
    of = {name: [case for case in stock.cases if case.category == name] for name in names}
    items = [
        {
            "category": name,
            "cases": len(found),
            "levels": levels(found),
            "suites": list(dict.fromkeys(case.file for case in found)),
        }
        for name, found in of.items()
    ]
    return Listing(
        items,
        ("category", "cases", "levels", "suites"),
        rows(
            [
                (name, str(len(found)), levels(found), ", ".join({case.file: 0 for case in found}))
                for name, found in of.items()
            ]
        ),
    )


def clauses(stock: Stock) -> Listing:
    """The clauses of the standards, and which cases cite each."""
    citing: dict[str, list[str]] = {}
    for case in stock.cases:
        for clause in case.cite:
            citing.setdefault(clause, []).append(case.address)
    chosen = [
        clause
        for clause in stock.clauses.values()
        if not (stock.uncited and clause.id in citing)
        and (not stock.cite or clause.id in stock.cite)
        and has_words(clause, stock.search)
    ]
    items = [
        {
            "id": clause.id,
            "level": clause.level,
            "risk": clause.risk.value,
            "source": clause.source,
            "statement": clause.statement,
            "url": clause.url,
            "cases": citing.get(clause.id, []),
        }
        for clause in chosen
    ]
    return Listing(
        items,
        ("clause", "level", "risk", "cases", "statement"),
        rows([(one.id, one.level, one.risk.value, str(len(citing.get(one.id, []))), one.statement) for one in chosen]),
    )


def has_words(clause: Clause, words: Sequence[str]) -> bool:
    """True if all of the words stand in a clause, in upper or lower case."""
    text = f"{clause.id} {clause.source} {clause.statement}".lower()
    return all(word.lower() in text for word in words)


SORTS = (
    ListKind("suites", "files of cases", suites, filtered=True),
    ListKind("cases", "test cases; each value of a matrix is one", cases, filtered=True),
    ListKind("categories", "the grid's columns", categories, filtered=True),
    ListKind("clauses", "of the standards, with the number of cases that cite each", clauses, filtered=True),
)
