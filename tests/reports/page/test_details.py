"""The details of one result: values, cause, and the text of its case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.expectation import Mismatch
from engine.model.source_span import SourceSpan
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.verdict import Verdict
from engine.reports.page.details import LINES, LOG, detail, missing, source
from engine.reports.view import GridReport
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import grid_of
from tests.results.synthetic import result, row, run

DOCUMENT = """\
cases:
  - id: one
    steps:
      - request: {path: /}

      - id: no-case

  - id: "two"  # quoted
    title: x
# a comment of the file
other: 1
"""


def test_a_case_is_cut_out_of_its_document() -> None:
    assert source(DOCUMENT, "one") == [
        2, "  - id: one\n    steps:\n      - request: {path: /}\n\n      - id: no-case"
    ]  # fmt: skip
    assert source(DOCUMENT, "two[a][b]") == [8, '  - id: "two"  # quoted\n    title: x']
    assert source(DOCUMENT, "three") is None
    assert source("", "one") is None


def test_a_long_case_is_bounded() -> None:
    long = "cases:\n  - id: one\n" + "    x: " + "y" * 5000 + "\n" + "    z: 1\n" * 500
    found = source(long, "one")
    assert found is not None
    assert found[1].count("\n") < LINES
    assert max(map(len, found[1].split("\n"))) <= 400


def test_a_detail_has_values_sentences_and_the_cause() -> None:
    one = Mismatch("status", "200", 404, SourceSpan("specs/x.yaml", 3, 7, 3), operator="equals", expected_value=200)
    whole = run({"s f": replace(result(row("s f"), Verdict.FAIL, one), log="x" * (LOG + 5)), "s control": Verdict.FAIL})
    report = GridReport(whole, grid_of(whole), attributions(whole))
    found = detail(whole.results[0], report)
    (mismatch,) = found["mismatches"]
    assert (mismatch["sentence"], mismatch["got"]) == ("status 200", "404")
    assert (mismatch["expected_value"], mismatch["actual_value"], mismatch["place"]) == (
        200,
        404,
        ["specs/x.yaml", 3, 7, 3],
    )
    assert found["cause"]["because"]
    assert len(found["log"]) == LOG
    assert found["notes"] == ["the log begins 5 characters earlier"]
    assert "verdict" not in found


@pytest.mark.parametrize(
    ("verdict", "words"),
    [(Verdict.PASS, "--keep-transcripts"), (Verdict.UNSUPPORTED, "did not run"), (Verdict.ERROR, "nothing was")],
)
def test_a_result_without_a_time_line_has_the_reason(verdict: Verdict, words: str) -> None:
    assert words in missing(result(row("s f"), verdict))


def test_a_result_with_a_time_line_needs_no_reason() -> None:
    events = (TraceEvent(0.0, Side.STEP, "", "x"),)
    assert missing(replace(result(row("s f"), Verdict.PASS), transcript=Transcript(0.0, events))) == ""
