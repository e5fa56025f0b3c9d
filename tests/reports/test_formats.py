"""The reports for other programs: CSV, JUnit, and annotations for GitHub."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from engine.model.expectation import ABSENT, Mismatch
from engine.model.source_span import SourceSpan
from engine.model.verdict import Excuse, JobResult, Verdict
from engine.reports.base import able, formats
from engine.reports.csv_ import HEAD
from engine.reports.github import MOST, place_of
from engine.reports.view import GridReport
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import grid_of
from engine.results.record.store import Run
from tests.results.synthetic import joined, result, row, run

FILE = "specs/x.yaml"
EXCUSE = Excuse("expected status 200, got 500", "it is broken, and old", "https://example.org/1", "k.yaml:1:1")
VERDICTS = dict.fromkeys(Verdict)


def every() -> Run:
    """One case for each verdict, on a target; and a target that did not start."""
    broken = row("s g", failed="no module <x>", log="Traceback: \x1b[31m\x00")
    cases = [
        replace(
            result(row("s f"), verdict, case=f"{FILE}::{verdict.value}"),
            cite=("HTTP-01", "HTTP-02"), reason="" if verdict is Verdict.PASS else f"why {verdict}\nso",
            excuse=EXCUSE if verdict is Verdict.KNOWN else None, started=1.0,
        )
        for verdict in Verdict
    ]  # fmt: skip
    dead = [result(broken, Verdict.ERROR, case=f"{FILE}::{name}") for name in ("a", "b")]
    return Run("id-1", {}, (row("s f"), broken), (*cases, *dead), True, "whole")


def write_as(form: str, whole: Run) -> str:
    write = formats()[form].grid
    assert write is not None
    return write(GridReport(whole, grid_of(whole), attributions(whole)))


def test_a_grid_is_written_as_markdown_and_json_alone() -> None:
    assert able("grid") == ("csv", "github", "html", "json", "junit", "markdown")
    assert [name for name, one in formats().items() if one.grid and one.written] == ["json", "markdown"]


@pytest.mark.parametrize("form", able("grid"))
def test_a_report_ends_in_a_line_feed_and_has_no_control_character(form: str) -> None:
    text = write_as(form, every())
    assert text.endswith("\n")
    assert re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text) is None


def test_csv_has_a_head_and_a_line_for_each_result() -> None:
    head, *lines = csv.reader(io.StringIO(write_as("csv", every())))
    assert tuple(head) == HEAD
    assert len(lines) == len(Verdict) + 2
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    known = next(one for one in rows if one["verdict"] == "known")
    assert (known["reason"], known["known"]) == ("expected status 200, got 500", "it is broken, and old")
    assert known["cite"] == "HTTP-01 HTTP-02"
    assert {one["run"] for one in rows} == {"id-1"}
    assert next(one for one in rows if one["verdict"] == "fail")["cause"].startswith("unknown")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_csv_has_no_formula(sign: str) -> None:
    one = run({"s f": Verdict.FAIL})
    text = write_as("csv", replace(one, results=(replace(one.results[0], reason=f"{sign}cmd|'/c calc'!A1"),)))
    _, line = csv.reader(io.StringIO(text))
    assert line[HEAD.index("reason")] == f"'{sign}cmd|'/c calc'!A1"
    assert not [value for value in line if value.startswith(("=", "+", "-", "@"))]


def cases(text: str, suite: str) -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(text)
    (found,) = [one for one in root.iter("testsuite") if one.get("name") == suite]
    return {str(one.get("name")): one for one in found.iter("testcase")}


def test_junit_has_an_outcome_for_each_verdict() -> None:
    found = cases(write_as("junit", every()), "s-f-asyncio")
    outcomes = {
        name: next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "")
        for name, case in found.items()
    }
    assert outcomes == {
        "pass": "", "info": "", "warn": "", "flaky": "", "fail": "failure", "timeout": "failure", "crash": "failure",
        "unexpected-pass": "failure", "error": "error", "known": "skipped", "unsupported": "skipped",
        "blocked": "skipped",
    }  # fmt: skip
    known = found["known"].find("skipped")
    assert known is not None
    assert known.get("message") == "known failure: it is broken, and old (https://example.org/1)"
    assert str(found["warn"].findtext("system-out")).startswith("warn: why warn")
    assert found["pass"].find("system-out") is None
    properties = {one.get("name"): one.get("value") for one in found["fail"].iter("property")}
    assert (properties["cite"], properties["verdict"]) == ("HTTP-01, HTTP-02", "fail")


def test_junit_counts_are_those_of_its_cases_and_a_target_that_did_not_start_is_one_error() -> None:
    root = ElementTree.fromstring(write_as("junit", every()))
    first, second = root.findall("testsuite")
    counts = [first.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["12", "4", "1", "3"]
    assert [second.get(name) for name in ("name", "tests", "errors")] == ["s-g-asyncio", "1", "1"]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("13", "4", "2")
    assert second.findtext("testcase/error") == "no module <x>\nTraceback: \\x1b[31m\\x00"
    assert first.get("timestamp") == "1970-01-01T00:00:01"


def test_a_case_that_is_held_back_fails_no_report() -> None:
    held = replace(result(row("s f"), Verdict.WARN), held_back="0.2")
    one = replace(run({"s f": Verdict.PASS}), results=(held,))
    assert "<failure" not in write_as("junit", one)
    assert "::error" not in write_as("github", one)


def interrupted() -> Run:
    return replace(run({"s f": Verdict.PASS}), header={"jobs": 1200}, whole=False, ended="interrupted")


def test_a_run_that_ended_early_is_a_warning_for_github_before_all_others() -> None:
    one = write_as("github", interrupted())
    assert one == ("::warning title=Run id-1 is incomplete::Interrupted after 1 of 1,200 results.%0A1 case: 1 passed\n")
    warned = tuple(
        replace(result(row("s f"), Verdict.WARN, case=f"{FILE}::{number}"), reason=str(number)) for number in range(20)
    )
    lines = write_as("github", replace(interrupted(), results=warned)).splitlines()
    assert len(lines) == MOST
    assert "is incomplete" in lines[0]
    assert "incomplete" not in write_as("github", run({"s f": Verdict.PASS}))


def test_a_run_that_ended_early_is_a_property_of_each_suite_in_junit() -> None:
    cut = ElementTree.fromstring(write_as("junit", interrupted()))
    (found,) = [one for one in cut.findall("testsuite/properties/property") if one.get("name") == "incomplete"]
    assert found.get("value") == "Interrupted after 1 of 1,200 results."
    nothing = ElementTree.fromstring(write_as("junit", replace(interrupted(), targets=(), results=())))
    (suite,) = nothing.findall("testsuite")
    assert (suite.get("name"), suite.get("tests")) == ("id-1", "0")
    assert {one.get("name") for one in suite.iter("property")} == {"run", "incomplete"}
    assert 'name="incomplete"' not in write_as("junit", run({"s f": Verdict.PASS}))


def test_markdown_has_no_empty_section_of_versions() -> None:
    dead = row("s g", failed="no module")
    broken = Run("id-1", {}, (dead,), (result(dead, Verdict.ERROR),), True, "whole")
    page = write_as("markdown", broken)
    assert "## Did not start" in page
    assert "## Versions" not in page


PLACE = SourceSpan("specs/x.yaml", 7, 11, 3)


def failing(name: str, *targets: str, place: SourceSpan = PLACE, where: str = "status") -> tuple[JobResult, ...]:
    mismatch = Mismatch(where, "is 200", 500, place)
    return tuple(result(row(target), Verdict.FAIL, mismatch, case=f"{FILE}::{name}") for target in targets)


def test_an_annotation_has_the_words_of_the_sentence() -> None:
    one = run({"s f": Verdict.FAIL})
    (mine,) = failing("a", "s f")
    mismatches = (replace(mine.mismatches[0], actual=ABSENT), Mismatch("ping", "a pong", ABSENT, PLACE, implicit=True))
    text = write_as("github", replace(one, results=(replace(mine, mismatches=mismatches),)))
    assert "expected: status is 200 (specs/x.yaml:7:11)%0Aactual:   none%0A" in text
    assert "expected: a pong (specs/x.yaml:7:11)%0Aactual:   none%0A" in text


def test_an_annotation_points_at_the_line_and_is_escaped() -> None:
    one = run({"s f": Verdict.FAIL})
    (mine,) = failing("a,b:c%", "s f")
    text = write_as("github", replace(one, results=(replace(mine, reason="50%\r\nof it"),)))
    first, last = text.splitlines()
    head = "::error file=specs/x.yaml,line=7,col=11,title=fail%3A a%2Cb%3Ac%25 on s-f-asyncio::50%25%0D%0Aof it%0A"
    assert first.startswith(head)
    assert "expected: status is 200 (specs/x.yaml:7:11)%0Aactual:   500%0Acause: unknown" in first
    assert last.startswith("::notice title=Run id-1::1 case: 0 passed, 1 failed")


def test_alike_failures_share_an_annotation_and_their_number_is_bounded() -> None:
    one = run({"s f": Verdict.FAIL, "s g": Verdict.FAIL})
    matrix = [each for value in range(30) for each in failing(f"n[{value}]", "s f", "s g")]
    text = write_as("github", replace(one, results=tuple(matrix)))
    assert text.count("::error") == 1
    assert "title=fail%3A n[30 values] on 2 targets" in text
    many = [each for number in range(MOST + 5) for each in failing(f"c{number}", "s f")]
    lines = write_as("github", replace(one, results=tuple(many))).splitlines()
    assert sum(line.startswith("::error") for line in lines) == MOST
    assert lines[MOST - 1].startswith("::error title=6 more errors::")


def test_a_target_that_did_not_start_and_a_warning_have_annotations_and_a_known_failure_has_none() -> None:
    text = write_as("github", every())
    assert "::error title=s-g-asyncio did not start::no module <x>\n" in text
    assert text.count("::warning ") == 1
    assert "title=known" not in text


@pytest.mark.parametrize("typed", ["/src/specs/x.yaml", "../specs/x.yaml"])
def test_a_path_out_of_the_folder_gives_way_to_the_address(typed: str) -> None:
    (one,) = failing("a", "s f", place=SourceSpan(typed, 7, 11, 3))
    assert place_of(one) == PLACE
    (bare,) = failing("a", "s f", place=SourceSpan("", 0, 0, 0))
    assert (place_of(bare).file, place_of(bare).line) == (FILE, 1)


def test_a_document_outside_of_the_repository_has_no_place() -> None:
    one = replace(run({"s f": Verdict.FAIL}), results=failing("a", "s f"))
    report = GridReport(one, grid_of(one), attributions(one))
    write = formats()["github"].grid
    assert write is not None
    assert write(replace(report, inside=frozenset({FILE}))).startswith(f"::error file={FILE},line=7,col=11,")
    assert write(replace(report, inside=frozenset())).startswith("::error title=fail%3A a on s-f-asyncio::")


def test_values_on_several_targets_are_counted_alike() -> None:
    both = joined(run({"s f": Verdict.WARN, "s g": Verdict.WARN}), run({"s f": Verdict.PASS}, case=f"{FILE}::b"))
    assert "3 results (2 cases on 2 targets): 3 passed, 2 warnings" in write_as("github", both)
