"""The coverage of the clauses that some suites may cite."""

from __future__ import annotations

import json
from pathlib import Path

from engine.app.lists.base import Stock
from engine.app.lists.cases import has_words
from engine.coverage.coverage import ClauseCoverage, coverage
from engine.errors import DocumentError
from engine.model.source_span import SourceSpan

MUTANTS = "mutants.json"
"""The file below ``specs/`` that has the cases which each mutant fails."""


def covered(stock: Stock) -> tuple[ClauseCoverage, ...]:
    """The coverage of the clauses by the cases of the stock; of the clauses that have all words of its search, where it
    has some. Raises DocumentError for a record of mutants that cannot be read."""
    clauses = [clause for clause in stock.clauses.values() if has_words(clause, stock.search)]
    citations = [(f"{case.file}::{case.stem}", case.cite) for case in stock.cases]
    return coverage(clauses, citations, proved(stock.engine.project_paths.specs))


def proved(specs: Path) -> frozenset[str]:
    """The addresses of the cases that fail on a mutant, without matrix values; none where there is no record.

    The record maps the name of each mutant to the cases that fail on it, as paths below ``specs`` with ids. Raises
    DocumentError if it has another form.
    """
    path = specs / MUTANTS
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        cases = [case for killed_by in table.values() for case in killed_by]
        return frozenset(f"{specs.name}/{case.partition('[')[0]}" for case in cases)
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, AttributeError, TypeError) as error:
        place = SourceSpan(str(path), 1, 1)
        raise DocumentError(f"it does not map mutants to cases: {error}", hint="restore it", place=place) from error
