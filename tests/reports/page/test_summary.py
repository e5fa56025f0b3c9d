"""The page's summary: every result is in the columns, and every number leads to its value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.clause import Clause
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.verdict import Excuse, Verdict
from engine.reports.page.document import page
from engine.reports.page.packing import unpacked
from engine.reports.page.summary import PASSES, machine_in_words, page_data
from engine.reports.view import GridReport
from engine.results.analysis.comparison import compare, sides
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import grid_of
from engine.results.record.store import Run
from tests.results.synthetic import joined, result, row, run

FILE = "specs/x.yaml"


def report_of(whole: Run, **more: object) -> GridReport:
    return replace(GridReport(whole, grid_of(whole), attributions(whole)), **more)  # type: ignore[arg-type]


def test_every_result_is_in_the_columns() -> None:
    whole = joined(
        *(run({f"s {name}": verdict for name in "fg"}, case=f"{FILE}::{verdict.value}") for verdict in Verdict)
    )
    data = page_data(report_of(whole)).summary
    columns, cases = data["columns"], data["cases"]
    found = [
        (
            f"{cases['files'][cases['file'][case]]}::{cases['id'][case]}",
            data["targets"][target]["target"],
            data["verdicts"][verdict],
            data["reasons"][reason],
        )
        for case, target, verdict, reason in zip(
            columns["case"], columns["target"], columns["verdict"], columns["reason"], strict=True
        )
    ]
    assert found == [(one.address, one.target, one.verdict.value, one.reason) for one in whole.results]
    assert len({len(column) for column in columns.values()}) == 1


def test_a_reported_result_has_details_and_a_known_failure_its_own_reason() -> None:
    known = replace(
        result(row("s f"), Verdict.KNOWN), reason="expected status 200, got 500; known: it is old",
        excuse=Excuse("expected status 200, got 500", "it is old", "https://example.org/1", "k.yaml:1:1"),
    )  # fmt: skip
    made = page_data(report_of(run({"s f": known, "t f": Verdict.PASS})))
    columns = made.summary["columns"]
    assert [made.summary["reasons"][number] for number in columns["reason"]] == ["expected status 200, got 500", ""]
    assert columns["detail"][1] == -1
    first, last = [0, *made.details.ends][columns["detail"][0]], made.details.ends[columns["detail"][0]]
    assert unpacked(made.details.text[first:last])["excuse"]["link"] == "https://example.org/1"
    (finding,) = made.summary["findings"]
    assert (finding["known"], finding["link"], finding["results"]) == ("it is old", "https://example.org/1", [0])


def test_some_passes_of_a_failing_case_keep_their_time_lines() -> None:
    passed = replace(
        result(row("x f"), Verdict.PASS), transcript=Transcript(0.0, (TraceEvent(0.0, Side.STEP, "", "x"),))
    )
    cells = {f"{name} f": replace(passed, target=row(f"{name} f").id) for name in "abcde"}
    failing = page_data(report_of(run({**cells, "z f": Verdict.FAIL}))).summary["columns"]["detail"]
    assert [number >= 0 for number in failing] == [True] * PASSES + [False] * (5 - PASSES) + [True]
    passing = page_data(report_of(run(cells))).summary["columns"]["detail"]
    assert passing == [-1] * 5


def test_findings_that_fail_the_build_come_first_and_then_by_risk() -> None:
    cases = [
        ("a", Verdict.KNOWN, "smuggling"),
        ("b", Verdict.FAIL, "courtesy"),
        ("c", Verdict.FAIL, "dos"),
        ("d", Verdict.WARN, "dos"),
    ]
    whole = joined(
        *(
            run({"s f": replace(result(row("s f"), verdict, case=f"{FILE}::{name}"), risk=risk)})
            for name, verdict, risk in cases
        )
    )
    found = page_data(report_of(whole)).summary["findings"]
    assert [one["address"] for one in found] == [f"{FILE}::{name}" for name in "cbda"]


def test_clauses_are_those_that_the_cases_cite() -> None:
    whole = run({"s f": replace(result(row("s f"), Verdict.FAIL), cite=("H1-1", "GONE-1"))})
    clauses = {
        "H1-1": Clause("H1-1", "must", "RFC 9112", "It is so.", "https://x/"),
        "H1-2": Clause("H1-2", "may", "", ""),
    }
    found = page_data(report_of(whole, clauses=clauses)).summary["clauses"]
    assert (set(found), found["H1-1"]["statement"]) == ({"H1-1", "GONE-1"}, "It is so.")


def test_a_comparison_leads_to_both_results() -> None:
    before = run({"s f": Verdict.FAIL, "t f": Verdict.PASS})
    after = run({"s f": Verdict.PASS, "t f": Verdict.FAIL})
    made = page_data(report_of(after, comparison=compare(*sides(before, after))))
    found = {one["change"]: one["pairs"][0] for one in made.summary["comparison"]["differences"]}
    assert set(found) == {"fixed", "regressed"}
    assert found["fixed"]["before"]["detail"] >= 0
    assert (found["fixed"]["after"]["result"], found["regressed"]["after"]["result"]) == (0, 1)
    assert found["regressed"]["before"]["detail"] == -1


def test_each_target_has_its_machine_system_and_python() -> None:
    """Targets of a merged run have their own; those of another run have the run's."""
    small = {"cpu": "One", "cores": 1, "memory": 2**31, "architecture": "aarch64"}
    other = row("t f", system="Darwin 25", machine=small, python="3.13.1")  # type: ignore[arg-type]
    whole = run({"s f": Verdict.PASS, "t f": Verdict.PASS}, other)
    header = {
        **whole.header,
        "system": "Linux 6",
        "machine": {"cpu": "Two", "cores": 4, "memory": 0, "architecture": ""},
    }
    found = page_data(report_of(replace(whole, header=header))).summary["targets"]
    assert [(one["python"], one["system"], one["machine"]) for one in found] == [
        ("", "Linux 6", "Two, 4 cores"),
        ("3.13.1", "Darwin 25", "One, 1 core, 2.0 GiB, aarch64"),
    ]
    text = page(report_of(replace(whole, header=header)))
    assert "<td>3.13.1</td><td>Darwin 25</td><td>One, 1 core, 2.0 GiB, aarch64</td>" in text


@pytest.mark.parametrize(
    "machine", [{}, {"cores": "many", "memory": None, "cpu": 3}, {"cores": 0, "memory": -1, "cpu": 3}]
)
def test_a_machine_of_a_record_that_states_little(machine: dict[str, object]) -> None:
    assert machine_in_words(machine) == ("3" if machine else "")
