"""The limit on the size of Markdown: the first parts stay, and the rest is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.verdict import Verdict
from engine.reports.base import formats
from engine.reports.bounded import MOST, bounded
from engine.reports.view import GridReport
from engine.results.analysis.comparison import compare, sides
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import grid_of
from engine.results.record.store import Run
from tests.results.synthetic import joined, result, row, run


def test_a_document_that_fits_is_complete() -> None:
    assert bounded(["# a", "b\nc"], "See x.") == "# a\n\nb\nc\n"


@pytest.mark.parametrize("most", [220, 300, 1000, 5000])
@pytest.mark.parametrize("line", ["x" * 30, "ü" * 30, "🙂" * 30])
def test_no_document_exceeds_the_limit_and_every_line_is_counted(most: int, line: str) -> None:
    parts = ["# a", "\n".join([line] * 20), "tail\ntail"]
    text = bounded(parts, "See x.", most)
    assert len(text.encode()) <= most
    lost = 0 if "left out" not in text else int(text.rpartition("**")[0].rpartition("**")[2].split()[0])
    assert text.count(line) + text.count("tail") + text.count("# a") + lost == 23
    assert text.startswith("# a\n")


def test_an_element_is_never_cut() -> None:
    folded = "<details>\n" + "x\n" * 100 + "</details>"
    assert bounded(["a", folded], "See x.", 300) == "a\n\n**102 lines are left out here. See x.**\n"


def large() -> Run:
    """A run with one failure, at the end, and more warnings than the limit holds."""
    noise = [
        replace(result(row("s f"), Verdict.WARN, case=f"specs/x.yaml::w{number}"), reason=f"{number} " + "w" * 400)
        for number in range(3000)
    ]
    return joined(run({"s f": Verdict.PASS}), replace(run({"s f": Verdict.PASS}), results=tuple(noise)),
                  run({"s f": Verdict.FAIL}, case="specs/x.yaml::last"))  # fmt: skip


def test_the_markdown_of_a_run_has_its_failures_first_and_fits_into_a_summary() -> None:
    whole = large()
    write = formats()["markdown"].grid
    assert write is not None
    text = write(GridReport(whole, grid_of(whole), attributions(whole)))
    assert MOST - 2000 < len(text.encode()) <= MOST
    assert text.index("specs/x.yaml::last") < text.index("## Grid") < text.index("## Warnings")
    assert text.endswith("lines are left out here. `engine report id-1 -o report.html` has all.**\n")


def test_the_markdown_of_a_comparison_is_bounded_too() -> None:
    names = [f"specs/x.yaml::c{number}-{'y' * 300}" for number in range(4000)]
    before, after = (
        joined(*(run({"s f": verdict}, case=name) for name in names)) for verdict in (Verdict.PASS, Verdict.FAIL)
    )
    write = formats()["markdown"].comparison
    assert write is not None
    text = write(compare(*sides(before, after)))
    assert len(text.encode()) <= MOST
    assert "lines are left out" in text
