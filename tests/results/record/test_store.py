"""A run on disk: complete, cut short, and on a full disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import ResultsError
from engine.model.evidence_quality import EvidenceQuality
from engine.model.expectation import ABSENT, Mismatch
from engine.model.result_event import ResultEvent
from engine.model.showing import as_text
from engine.model.source_span import Excerpt, SourceSpan
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.typed_value import TypedValue
from engine.model.verdict import Excuse, JobResult, Recheck, Verdict
from engine.results.record.codec import result_from_json, result_to_json
from engine.results.record.store import FILE, Run, Store, TargetRow, ordered, read
from tests.results import synthetic

PLACE = SourceSpan("a.yaml", 3, 4, 5)
FULL = JobResult(
    case="case[1]",
    file="a.yaml",
    target="gunicorn-control-auto",
    category="http",
    level="must",
    verdict=Verdict.FAIL,
    reason="expected status 200, got 500",
    mismatches=(
        Mismatch("status", "200", 500, PLACE, "why", False, "equals", 200, Excerpt("{status: 200}", 9, 3)),
        Mismatch("receive", "a message", b"b" * 5000, implicit=True),
    ),
    warnings=(Mismatch("body", "'a'", b"b", PLACE, given=True),),
    recorded={"loop": "uvloop.Loop"},
    step=PLACE,
    started=1.5,
    seconds=0.25,
    evaluated=2,
    transcript=Transcript(10.0, (TraceEvent(10.5, Side.WIRE, "one", "sent", "", b"\x00\xff" * 2000, 4000),)),
    reproduce="curl",
    not_reproduced="why",
    cite=("CORE-01",),
    title="A title",
    excuse=Excuse("status is 200", "a reason", "", "k.yaml:3:5"),
    evidence=EvidenceQuality(2, "No space left on device", ("the log keeps its end",)),
)
SHORT = replace(FULL, mismatches=(), excerpt=Excerpt("- step", 2, 4))
PASS = JobResult("case", "a.yaml", "gunicorn-control-auto", "http", "must", Verdict.PASS, evaluated=1)
ROW = TargetRow("gunicorn-control-auto", "gunicorn", "control", "auto", "direct", "local", versions={"gunicorn": "27"})


def test_a_run_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "run", "id-1", {"engine": "0"})
    store.target(ROW)
    store.take(ResultEvent(0, FULL))
    store.take(ResultEvent(0, PASS))
    store.close("whole")
    run = read(tmp_path / "run")
    assert (run.id, run.whole, run.targets, len(run.results)) == ("id-1", True, (ROW,), 2)
    assert run.results[0] == PASS
    back = run.results[1]
    first, second, third = *back.mismatches, *back.warnings
    assert (first.actual, first.expected_value) == (TypedValue("500", 500), TypedValue("200", 200))
    assert (first.operator, first.excerpt) == ("equals", Excerpt("{status: 200}", 9, 3))
    assert (second.operator, second.expected_value, second.excerpt) == ("", ABSENT, None)
    assert isinstance(second.actual, TypedValue)
    assert second.actual.cut == ("value: 256 of 5000 bytes",)
    assert (as_text(third.actual), third.given) == ("bytes 'b'", True)
    assert back.recorded == {"loop": TypedValue("'uvloop.Loop'", "uvloop.Loop")}
    assert back.evidence == FULL.evidence
    assert back.excuse == FULL.excuse
    assert 0 <= run.seconds < 60
    assert result_to_json(back)["evidence"]["quality"] == "lost"
    assert result_to_json(back) == result_to_json(result_from_json(result_to_json(back)))
    assert result_from_json(result_to_json(SHORT)).excerpt == SHORT.excerpt
    assert back.transcript is not None
    event = back.transcript.events[0]
    assert (event.at, len(event.data), event.size) == (0.5, 2048, 4000)
    assert (back.verdict, back.reason, back.cite, back.step) == (FULL.verdict, FULL.reason, FULL.cite, PLACE)
    assert (back.reproduce, back.not_reproduced) == ("curl", "why")


def test_a_run_reads_the_same_in_whatever_order_its_jobs_came_to_their_verdicts(tmp_path: Path) -> None:
    targets = ["b-target", "a-target"]
    results = [
        replace(PASS, file=file, case=name, target=target)
        for file in ("a.yaml", "b.yaml")
        for name in ("one", "two")
        for target in targets
    ]
    rows = [replace(ROW, id=target) for target in targets]
    for number, turn in enumerate((list, reversed)):
        store = Store(tmp_path / str(number), "id-1", {"targets": targets})
        for row in turn(rows):
            store.target(row)
        for result in turn(results):
            store.take(ResultEvent(0, result))
        store.close("whole")
        run = read(tmp_path / str(number))
        assert list(run.targets) == rows
        assert list(run.results) == results


@pytest.mark.parametrize(
    ("recorded", "address"),
    [
        ("specs/http/wire.yaml", "specs/http/wire.yaml"),
        ("/home/me/specs/checkout/specs/http/wire.yaml", "specs/http/wire.yaml"),
        ("../specs/http/wire.yaml", "specs/http/wire.yaml"),
        ("../../mine/a.yaml", "mine/a.yaml"),
        ("/mine/a.yaml", "/mine/a.yaml"),
        ("mine/specs", "mine/specs"),
    ],
)
def test_paths_that_earlier_engines_recorded_are_read_as_addresses(tmp_path: Path, recorded: str, address: str) -> None:
    store = Store(tmp_path / "run", "id-1", {})
    failed = replace(PASS, file=recorded, verdict=Verdict.FAIL, recheck=Recheck(Verdict.PASS))
    store.take(ResultEvent(0, failed))
    store.take(ResultEvent(0, failed, attempt=2))
    store.close("whole")
    (result,) = read(tmp_path / "run").results
    assert (result.address, result.recheck) == (f"{address}::case", failed.recheck)


def test_a_run_that_was_cut_short_keeps_its_verdicts(tmp_path: Path) -> None:
    store = Store(tmp_path, "id-1", {})
    store.take(ResultEvent(0, PASS))
    with (tmp_path / FILE).open("a") as file:
        file.write('{"kind":"result","case":"ha')
    run = read(tmp_path)
    assert (run.whole, run.ended, len(run.results)) == (False, "cut short", 1)


@pytest.mark.parametrize("text", ["", "nonsense\n", "[]\n", '{"kind":"footer"}\n', '{"kind":"header","run":"x"}\n'])
def test_what_is_no_run_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ResultsError):
        read(tmp_path)


def test_a_broken_line_in_the_middle_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path, "id-1", {})
    with (tmp_path / FILE).open("a") as file:
        file.write("half\n")
    store.close("whole")
    with pytest.raises(ResultsError, match="line 2"):
        read(tmp_path)


def test_a_full_disk_is_counted_and_does_not_raise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path, "id-1", {})

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.results.record.store.os.write", full)
    store.take(ResultEvent(0, PASS))
    store.take(ResultEvent(0, PASS))
    assert (store.lost, store.trouble, store.counts["pass"]) == (2, "No space left on device", 2)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="cannot be kept"):
        Store(tmp_path / "file" / "run", "id-1", {})


def test_counterparts_stand_apart_from_what_a_run_found(tmp_path: Path) -> None:
    own, other = synthetic.row("s f"), synthetic.row("reference f")
    results = [synthetic.result(own, Verdict.FAIL), synthetic.result(other, Verdict.PASS)]
    store = Store(tmp_path, "id-1", {"targets": [own.id]})
    store.target(own)
    store.take(ResultEvent(0, results[0]))
    store.target(other, counterpart=True)
    store.take(ResultEvent(0, results[1], counterpart=True))
    store.close("whole")
    read_back = read(tmp_path)
    assert ([one.target for one in read_back.results], [one.id for one in read_back.targets]) == ([own.id], [own.id])
    assert [(one.target, one.verdict) for one in read_back.counterparts] == [(other.id, Verdict.PASS)]
    assert read_back.counterpart_targets == (other,)
    assert ([one.target for one in read_back.cells], read_back.rows) == ([own.id, other.id], (own, other))
    lines = [json.loads(line) for line in (tmp_path / "run.ndjson").read_text().splitlines()]
    # No line of theirs is of a kind that an engine reads which does not know them.
    marked = [line["kind"] for line in lines if line.get("counterpart") is True]
    assert marked == ["counterpart-target", "counterpart"]
    assert lines[-1]["counts"] == {"fail": 1}


@pytest.mark.parametrize(
    ("header", "order"),
    [
        ({}, ["a[9]", "a[10]", "b"]),
        ({"cases": ["x.yaml::b", "x.yaml::a[10]", "x.yaml::a[9]"]}, ["b", "a[10]", "a[9]"]),
        ({"cases": ["x.yaml::a[10]"]}, ["a[10]", "a[9]", "b"]),
        ({"cases": 7}, ["a[9]", "a[10]", "b"]),
    ],
)
def test_cases_are_in_the_order_of_their_file_or_by_name(header: dict[str, object], order: list[str]) -> None:
    target = synthetic.row("s f")
    results = [synthetic.result(target, Verdict.PASS, case=f"x.yaml::{name}") for name in ("a[10]", "b", "a[9]")]
    run = Run("id-1", header, (target,), tuple(results), True, "whole")
    assert [one.case for one in ordered(run).results] == order
