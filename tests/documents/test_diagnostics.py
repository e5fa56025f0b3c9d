from __future__ import annotations

from engine.documents.diagnostics import LIMIT, Diagnostic, Notes, Severity
from engine.model.source_span import SourceSpan


def test_identical_mistakes_are_kept_once() -> None:
    notes = Notes()
    for _ in range(2):
        notes.error(SourceSpan("a", 1, 1), "x", "wrong")
    notes.error(SourceSpan("a", 1, 1), "x", "wrong otherwise")
    assert [one.what for one in notes.sorted()] == ["wrong", "wrong otherwise"]


def test_a_claimed_place_has_one_mistake() -> None:
    notes = Notes()
    notes.claim(SourceSpan("a", 2, 3), "x", "first")
    notes.claim(SourceSpan("a", 2, 3, 9), "y", "second")
    notes.error(SourceSpan("a", 2, 3), "z", "third")
    notes.warning(SourceSpan("a", 2, 3), "z", "fourth")
    assert [one.what for one in notes.sorted()] == ["first"]


def test_sorted_by_line_and_column() -> None:
    notes = Notes()
    for line, column in ((2, 1), (1, 9), (1, 2)):
        notes.error(SourceSpan("a", line, column), "x", f"{line}:{column}")
    assert [one.what for one in notes.sorted()] == ["1:2", "1:9", "2:1"]


def test_more_than_the_limit_are_counted() -> None:
    notes = Notes()
    for line in range(LIMIT + 5):
        notes.error(SourceSpan("a", line + 1, 1), "x", "wrong")
    found = notes.sorted()
    assert len(found) == LIMIT + 1
    assert found[-1].what == "5 more errors in this file are not shown"


def test_warnings_are_no_errors() -> None:
    notes = Notes()
    notes.warning(SourceSpan("a", 1, 1), "x", "odd")
    assert notes.errors == 0
    assert notes.sorted() == (Diagnostic(SourceSpan("a", 1, 1), "x", "odd", "", Severity.WARNING),)
