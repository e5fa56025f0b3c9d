"""The kept part of time lines."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engine.execution.runner import trimming
from engine.execution.runner.trimming import EVENT, RUN, Budget, cuts, trimmed, weight
from engine.model.transcript import CUT, Side, TraceEvent, Transcript
from engine.model.verdict import JobResult, Verdict
from engine.results.record.codec import KEPT, transcript_from_json, transcript_to_json
from engine.terminal.timeline import lines, whole

RESULT = JobResult("a", "x.yaml", "t", "c", "must", Verdict.FAIL, reason="expected status 200, got 500")


def pieces(count: int, data: bytes = b"x") -> Transcript:
    return Transcript(
        1.0, tuple(TraceEvent(1.0 + n, Side.WIRE, "one", "received", "", data, len(data)) for n in range(count))
    )


def test_a_time_line_of_a_usual_size_is_kept_as_it_is() -> None:
    assert trimmed(pieces(200)) == pieces(200)


def test_of_a_long_one_both_ends_are_kept_and_a_line_says_what_is_missing() -> None:
    found = trimmed(pieces(5000, b"abc"))
    assert len(found.events) == 1001
    assert found.events[:500] == pieces(500, b"abc").events
    assert found.events[-500:] == pieces(5000, b"abc").events[-500:]
    cut = found.events[500]
    assert (cut.side, cut.what, cut.at) == (Side.STEP, CUT, 501.0)
    assert cut.detail == "4,000 events with 11.72 KiB are left out here: a time line is kept up to a bound"


def test_of_a_long_moment_the_beginning_is_kept_with_its_size_and_digest() -> None:
    data = b"0123456789" * 1000
    (found,) = trimmed(pieces(1, data)).events
    assert found.data == data[:EVENT]
    assert (found.size, found.sha256) == (10_000, hashlib.sha256(data).hexdigest())
    cut_before = replace(pieces(1, data).events[0], size=99_999)
    (found,) = trimmed(Transcript(0.0, (cut_before,))).events
    assert (found.size, found.sha256) == (99_999, "")
    (found,) = trimmed(Transcript(0.0, (TraceEvent(0.0, Side.APP, "call 1", "called", "x" * 5000),))).events
    assert found.detail == "x" * EVENT + "… (5000 characters)"


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), max_size=40),
    st.integers(0, 20),
    st.integers(0, 20_000),
)
def test_it_never_takes_more_than_it_may(sizes: list[tuple[int, int]], events: int, size: int) -> None:
    line = Transcript(
        0.0,
        tuple(
            TraceEvent(n, Side.WIRE, "one", "sent", "d" * detail, b"x" * data, data)
            for n, (data, detail) in enumerate(sizes)
        ),
    )
    found = trimmed(line, events, size)
    kept = [event for event in found.events if event.what != CUT]
    assert len(kept) <= max(events, 0)
    assert sum(map(weight, kept)) <= size or not kept
    assert [event.at for event in kept] == sorted(event.at for event in kept)
    assert len(kept) == len(line.events) or len(found.events) == len(kept) + 1


def test_a_run_has_a_bound_as_well_and_the_verdict_stands() -> None:
    line = trimmed(pieces(900))
    budget = Budget(left=sum(map(weight, line.events)) + 3)
    first = budget.fit(replace(RESULT, transcript=line, log="log"))
    assert (first.transcript, first.log, budget.left) == (line, "log", 0)
    second = budget.fit(replace(RESULT, transcript=line, log="log"))
    assert (second.verdict, second.reason, second.log) == (RESULT.verdict, RESULT.reason, "")
    assert second.transcript is not None
    (said,) = second.transcript.events
    assert said.detail == "the time line is left out: those of this run take 64 MiB already. Run this case by itself"
    assert RUN == 64 << 20
    assert budget.fit(RESULT) == RESULT


def test_what_was_cut_is_part_of_the_quality_of_the_evidence() -> None:
    line, long = pieces(5000), pieces(2, b"x" * (EVENT + 1))
    (note,) = cuts(line, trimmed(line))
    assert note.startswith("4,000 events with")
    assert cuts(long, trimmed(long)) == ("2 events of the transcript keep only the beginning of their data",)
    assert cuts(pieces(1), trimmed(pieces(1))) == ()
    over = Budget(left=0).fit(replace(RESULT, transcript=pieces(1)))
    assert over.evidence.state == "cut"
    assert "the time line is left out" in over.evidence.notes[0]


def test_what_was_cut_is_still_said_when_the_run_is_read_again() -> None:
    again = transcript_from_json(transcript_to_json(trimmed(pieces(5000))))
    assert any("4,000 events" in line for line in whole(again))
    assert KEPT == trimming.EVENT


def test_the_text_of_a_failure_says_it_too() -> None:
    rows = list(lines(trimmed(pieces(5000))))
    assert sum("events are not shown" in line for line in rows) == 1
    assert sum("4,000 events with" in line for line in rows) == 1
