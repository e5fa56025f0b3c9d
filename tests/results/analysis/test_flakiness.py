"""Repeated runs as one result, and the conclusions from reruns in isolation."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.verdict import JobResult, Recheck, Verdict
from engine.results.analysis.flakiness import attempt, isolation, mattered, rechecked, scored, summary, tally, together
from engine.results.record.codec import result_from_json, result_to_json

PASS = JobResult("a", "x.yaml", "t", "c", "must", Verdict.PASS, seconds=1.0, evaluated=1)
FAIL = replace(PASS, verdict=Verdict.FAIL, reason="expected status 200, got 500", transcript=Transcript(0.0, ()))
OTHER = replace(FAIL, reason="expected body 'a', got 'b'")
WARN = replace(PASS, verdict=Verdict.WARN, reason="header.date is there, for `equals` to hold")
BLOCKED = replace(PASS, verdict=Verdict.BLOCKED, reason="it depends on b", seconds=0.0)
ERROR = replace(PASS, verdict=Verdict.ERROR, reason="internal error of the engine")


def test_one_run_is_what_it_is() -> None:
    assert together([FAIL]) is FAIL


def test_runs_that_agree_come_to_what_each_came_to() -> None:
    found = together([PASS, PASS, PASS])
    assert (found.verdict, scored(found), found.seconds) == (Verdict.PASS, (3, 3), 3.0)
    found = together([FAIL, OTHER])
    assert (found.verdict, found.reason, scored(found)) == (Verdict.FAIL, FAIL.reason, (0, 2))
    assert [one.reason for one in found.attempts] == [FAIL.reason, OTHER.reason]


def test_runs_that_disagree_are_flaky_and_show_the_one_that_failed() -> None:
    found = together([PASS, FAIL, PASS, OTHER, FAIL])
    assert (found.verdict, scored(found)) == (Verdict.FLAKY, (2, 5))
    assert found.transcript is FAIL.transcript
    assert found.reason == (
        "passed 2 of 5; fail twice: expected status 200, got 500; fail once: expected body 'a', got 'b'"
    )


def test_runs_that_pass_and_warn_in_turn_come_to_a_warning() -> None:
    """No run failed: what must be met was met each time."""
    warned = replace(WARN, transcript=Transcript(0.0, ()))
    found = together([PASS, warned])
    assert found.transcript is warned.transcript
    assert (found.verdict, scored(found)) == (Verdict.WARN, (2, 2))
    assert found.reason == f"passed 1 of 2 without a warning; warn once: {WARN.reason}"


def test_runs_that_pass_in_different_ways_pass() -> None:
    info = replace(PASS, verdict=Verdict.INFO)
    assert (together([PASS, info]).verdict, together([PASS, info]).reason) == (Verdict.PASS, PASS.reason)


def test_a_failure_is_shown_before_a_warning() -> None:
    found = together([WARN, PASS, FAIL])
    assert (found.verdict, found.transcript is FAIL.transcript) == (Verdict.FLAKY, True)
    assert found.reason.startswith("passed 1 of 3 without a warning; ")


def test_what_was_not_run_has_no_say() -> None:
    assert together([BLOCKED, PASS, PASS]).verdict is Verdict.PASS
    assert scored(together([BLOCKED, PASS, FAIL])) == (1, 2)
    assert together([BLOCKED, BLOCKED]).verdict is Verdict.BLOCKED


def test_an_error_in_one_is_an_error_of_all() -> None:
    found = together([PASS, ERROR, FAIL])
    assert (found.verdict, found.reason) == (Verdict.ERROR, ERROR.reason)


def test_a_crash_in_one_is_a_crash_of_all() -> None:
    crash = replace(FAIL, verdict=Verdict.CRASH, reason="the server ended with signal 11")
    found = together([PASS, FAIL, crash])
    assert (found.verdict, scored(found)) == (Verdict.CRASH, (1, 3))
    assert found.reason.startswith("passed 1 of 3;")
    assert "crash once: the server ended with signal 11" in found.reason
    assert together([PASS, crash, ERROR]).verdict is Verdict.ERROR


def test_the_same_reason_with_another_port_is_the_same_reason() -> None:
    def on(port: int) -> JobResult:
        events = (TraceEvent(0.0, Side.WIRE, "one", "connected", f"from port {port}"),)
        return replace(FAIL, reason=f"expected client 1, got {port}", transcript=Transcript(0.0, events))

    assert together([PASS, on(50001), on(50002)]).reason == "passed 1 of 3; fail twice: expected client 1, got <port 1>"
    assert isolation(alone(on(50001), on(50002))) == "The verdict in isolation is again fail"


def test_many_reasons_are_counted_not_listed() -> None:
    attempts = [attempt(replace(FAIL, reason=str(number))) for number in range(6)]
    assert summary(attempts).endswith("; and 3 other reasons")


def test_a_square_adds_runs_up() -> None:
    assert tally([together([PASS, FAIL]), PASS, BLOCKED]) == (2, 3)


@given(st.lists(st.sampled_from([PASS, FAIL, OTHER, WARN, BLOCKED]), min_size=1, max_size=8))
def test_a_verdict_and_its_score_never_contradict(results: list[JobResult]) -> None:
    found = together(results)
    passed, ran = scored(found)
    assert ran == sum(one is not BLOCKED for one in results)
    assert passed == sum(one in (PASS, WARN) for one in results)
    if found.verdict is Verdict.PASS:
        assert passed == ran
    if found.verdict is Verdict.FAIL:
        assert passed == 0
    if found.verdict is Verdict.FLAKY:
        assert len({one.verdict for one in results} - {Verdict.BLOCKED}) > 1
        assert found.reason
    assert result_from_json(result_to_json(found)).attempts == found.attempts


def alone(first: JobResult, *again: JobResult, was_concurrent: bool = True) -> JobResult:
    return rechecked(first, together(again), was_concurrent=was_concurrent)


def test_the_first_verdict_stands() -> None:
    found = alone(FAIL, PASS)
    assert (found.verdict, found.reason, found.recheck) == (FAIL.verdict, FAIL.reason, Recheck(Verdict.PASS))
    assert result_from_json(result_to_json(alone(FAIL, PASS, OTHER))).recheck == alone(FAIL, PASS, OTHER).recheck


@pytest.mark.parametrize(
    ("result", "says", "made_the_difference"),
    [
        (PASS, "", False),
        (
            alone(FAIL, PASS),
            "Passes in isolation; it fails only under concurrent load, as far as a single run shows",
            True,
        ),
        (alone(FAIL, PASS, PASS), "Passes 2 of 2 in isolation; it fails only under concurrent load.", True),
        (alone(FAIL, PASS, was_concurrent=False), "the first run was in isolation too, so it is flaky", False),
        (alone(FAIL, FAIL), "The verdict in isolation is again fail", False),
        (alone(FAIL, OTHER), f"The verdict in isolation is again fail: {OTHER.reason}", False),
        (alone(FAIL, replace(FAIL, verdict=Verdict.CRASH)), "The verdict in isolation is crash", False),
        (alone(FAIL, PASS, FAIL), "Passes 1 of 2 in isolation; the verdict is flaky", False),
        (alone(together([PASS, FAIL]), PASS), "Passes once in isolation", False),
        (
            alone(together([PASS, FAIL]), PASS, PASS),
            "Passes 2 of 2 in isolation; it fails only under concurrent load.",
            True,
        ),
        (alone(FAIL, WARN), "Passes with a warning in isolation; it fails only under concurrent load", True),
        (alone(FAIL, BLOCKED), "The rerun in isolation did not run", False),
        (alone(FAIL, ERROR), "The rerun in isolation did not run", False),
    ],
)
def test_whether_concurrent_load_made_the_difference(result: JobResult, says: str, made_the_difference: bool) -> None:
    assert says in isolation(result)
    assert bool(isolation(result)) == bool(says)
    assert mattered(result) is made_the_difference
