"""The figures of the grid."""

from __future__ import annotations

from dataclasses import replace

from engine.model.verdict import JobResult, Verdict
from engine.reports.table import draw, figure
from engine.results.analysis.grid import cell, grid
from engine.results.record.store import TargetRow

ONE = JobResult("case", "a.yaml", "s-f-asyncio", "http", "must", Verdict.PASS)
ASYNCIO = TargetRow("s-f-asyncio", "s", "f", "asyncio", "direct", "local")
UVLOOP = TargetRow("s-f-uvloop", "s", "f", "uvloop", "direct", "local")


def of(*verdicts: Verdict, level: str = "must") -> list[JobResult]:
    return [replace(ONE, case=str(number), verdict=verdict, level=level) for number, verdict in enumerate(verdicts)]


def test_what_did_not_run_is_in_no_denominator() -> None:
    square = cell(of(Verdict.PASS, Verdict.UNSUPPORTED, Verdict.BLOCKED))
    assert (square.passed, square.applicable) == (1, 1)


def test_red_counts_below_the_line_only() -> None:
    square = cell(of(Verdict.PASS, Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH, Verdict.ERROR, Verdict.KNOWN))
    assert (square.passed, square.applicable) == (1, 6)
    assert figure(square) == "1/6 1F 1T 1C 1E 1K"


def test_levels_are_counted_apart() -> None:
    square = cell([*of(Verdict.PASS, Verdict.FAIL), *of(Verdict.WARN, level="should"), *of(Verdict.INFO, level="may")])
    assert square.levels == (("must", 1, 2), ("should", 1, 1), ("may", 1, 1))


def test_an_empty_square_is_a_dash() -> None:
    assert figure(cell([])) == "–"


def test_differences_between_loops_are_called_out() -> None:
    results = [ONE, replace(ONE, target=UVLOOP.id, verdict=Verdict.FAIL), replace(ONE, case="same")]
    report = grid([*results, replace(ONE, case="same", target=UVLOOP.id)], [ASYNCIO, UVLOOP])
    assert [(one.case, one.verdicts) for one in report.differences] == [
        ("case", (("asyncio", "pass"), ("uvloop", "fail")))
    ]
    drawn = draw(report)
    assert "a.yaml::case [s-f]: pass on asyncio, fail on uvloop" in drawn
    assert "2/2" in drawn
    assert "1/2 1F" in drawn


def test_a_target_that_did_not_start_is_a_row_of_its_own() -> None:
    failed = replace(UVLOOP, failed="no module")
    drawn = draw(grid([ONE], [ASYNCIO, failed]))
    assert "did not start" in drawn
    errors = grid([ONE, replace(ONE, target=failed.id, verdict=Verdict.ERROR)], [ASYNCIO, failed])
    assert "1E" not in draw(errors, by="server") + draw(errors, by="loop")
    assert grid([ONE, replace(ONE, target=failed.id, verdict=Verdict.ERROR)], [ASYNCIO, failed]).differences == ()


def test_a_narrow_terminal_gets_narrow_tables() -> None:
    results = [replace(ONE, category=f"category-{number}") for number in range(9)]
    report = grid(results, [ASYNCIO])
    for width in (200, 100, 60, 40):
        drawn = draw(report, width)
        assert max(len(line) for line in drawn.splitlines()) <= width
        assert drawn.count("1/1") == 9
        assert drawn.count("9/9") == 1
