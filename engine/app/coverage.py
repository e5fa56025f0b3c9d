"""The coverage of the clauses that some suites may cite."""

from __future__ import annotations

from pathlib import Path

from engine.app.lists.base import Stock
from engine.app.lists.cases import has_words
from engine.app.mutation.table import FILE, read
from engine.coverage.coverage import ClauseCoverage, coverage


def covered(stock: Stock) -> tuple[ClauseCoverage, ...]:
    """The coverage of the clauses by the cases of the stock; of the clauses that have all words of its search, where it
    has some. Raises DocumentError for a record of mutants that cannot be read."""
    clauses = [clause for clause in stock.clauses.values() if has_words(clause, stock.search)]
    citations = [(f"{case.file}::{case.stem}", case.cite) for case in stock.cases]
    return coverage(clauses, citations, proved(stock.engine.project_paths.specs))


def proved(specs: Path) -> frozenset[str]:
    """The addresses of the cases that fail on a mutant, without matrix values; none where there is no record.

    Raises DocumentError for a malformed table of mutants.
    """
    return frozenset(f"{specs.name}/{case}" for case in read(specs / FILE).proved if "[" not in case)
