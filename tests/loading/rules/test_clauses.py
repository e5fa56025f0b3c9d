"""Clauses without a case, and clauses compared with the cases that cite them."""

from __future__ import annotations

import pytest

from engine.loading.read.sheets import clauses_of
from engine.loading.rules.clauses import against
from tests.loading.helpers import load, node


def document(*entries: str) -> str:
    listed = "".join(
        f"  - {{id: A-{number}, level: must, statement: S, {entry}}}\n" for number, entry in enumerate(entries)
    )
    return f"clauses: C\nlist:\n{listed}"


def found(cited: set[str], *entries: str) -> list[tuple[str, int]]:
    clauses = [clause for clause, _ in clauses_of(node(document(*entries)))]
    return [(one.code, one.place.line) for one in against(clauses, cited)]


def test_a_clause_has_a_case_or_a_reason() -> None:
    assert found({"A-0"}, "risk: dos", "untested: {reason: missing}") == []


def test_a_clause_without_either_is_an_error() -> None:
    assert found(set(), "risk: dos", "risk: dos", "untested: {reason: missing}") == [("untested", 3), ("untested", 4)]


def test_a_reason_beside_a_case_is_an_error() -> None:
    assert found({"A-1"}, "untested: {reason: missing}", "untested: {reason: missing}") == [("tested", 4)]


@pytest.mark.parametrize("reason", ["not-observable", "client-duty", "superseded", "needs-http2"])
def test_each_reason_but_missing_is_explained(reason: str) -> None:
    (diagnostic,) = load(document(f"untested: {{reason: {reason}}}")).diagnostics
    assert (diagnostic.code, diagnostic.what) == ("missing-key", f"'{reason}' has no explanation")
    assert not load(document(f"untested: {{reason: {reason}, because: B}}")).diagnostics


@pytest.mark.parametrize(
    "entry", ["untested: {reason: lazy}", "untested: {because: B}", "risk: high", "untested: later"]
)
def test_unknown_words_are_errors(entry: str) -> None:
    assert load(document(entry)).errors
