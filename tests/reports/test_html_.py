"""HTML as a report format."""

from __future__ import annotations

from engine.model.verdict import Verdict
from engine.reports.base import formats
from engine.reports.html_ import HEAVY, too_large
from engine.reports.view import GridReport
from engine.results.analysis.grid import grid_of
from tests.results.synthetic import run


def test_a_page_is_written_on_request_only() -> None:
    form = formats()["html"]
    assert (form.suffix, form.written, form.comparison, form.explanation) == (".html", False, None, None)
    assert form.grid is not None
    whole = run({"s f": Verdict.PASS})
    assert form.grid(GridReport(whole, grid_of(whole), {})).startswith("<!DOCTYPE html>\n")


def test_a_large_page_has_a_warning() -> None:
    assert too_large(HEAVY - 1) == ""
    assert too_large(25_000_000).startswith("25 MB ")
