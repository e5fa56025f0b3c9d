"""Two time lines: columns on a wide terminal, marks, and no line that is too long."""

from __future__ import annotations

import pytest

from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.alignment import aligned
from engine.terminal import trial
from engine.terminal.escape import width
from engine.terminal.paint import PLAIN, Paint, bare
from engine.terminal.side_by_side import MANY, below, fits, side_by_side

NAMES = ("one-control-auto", "other-control-auto")
LONG = "type='http', method='GET', headers=[[b'x', b'" + "y" * 300 + "']]"


def transcript(status: str, more: int = 0, start: float = 0.0) -> Transcript:
    events = [TraceEvent(start, Side.APP, "call 1", "called", LONG)]
    events += [TraceEvent(start + 0.001 * n, Side.STEP, f"step {n}", "mark", f"n{n}") for n in range(more)]
    data = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8; {'z' * 90}\r\n\r\n".encode()
    events.append(TraceEvent(start + 1, Side.WIRE, "connection 1", "received", data=data, size=len(data)))
    return Transcript(start, tuple(events))


def result(target: str, of: Transcript, verdict: Verdict = Verdict.PASS) -> JobResult:
    return JobResult("case", "case.yaml", target, "c", "must", verdict, transcript=of)


def page(limit: int, *statuses: str, paint: Paint = PLAIN) -> list[str]:
    results = [result(f"s{n}-control-auto", transcript(status)) for n, status in enumerate(statuses)]
    return "\n".join(trial.lines(results, lambda file: "", limit, paint=paint)).split("\n")


@pytest.mark.parametrize("limit", [60, 80, 120, 140, 200])
@pytest.mark.parametrize("painted", [False, True])
def test_no_line_is_longer_than_the_terminal(limit: int, painted: bool) -> None:
    rows = page(limit, "200 OK", "404 Not Found", paint=Paint(painted))
    assert max(width(row) for row in rows) <= limit
    assert any("first difference" in bare(row) for row in rows)


def test_wide_side_by_side_narrow_below_each_other() -> None:
    assert [fits(limit) for limit in (0, 60, 80, 140)] == [False, False, False, True]
    wide = page(140, "200 OK", "404 Not Found")
    assert any("HTTP/1.1 200 OK" in row and "HTTP/1.1 404 Not Found" in row for row in wide)
    narrow = page(80, "200 OK", "404 Not Found")
    assert not any("│" in row for row in narrow)
    names = [index for index, row in enumerate(narrow) if row in ("s0-control-auto", "s1-control-auto")]
    assert len(names) == 2


def test_events_that_differ_are_marked_and_the_values_are_named() -> None:
    for limit in (80, 140):
        rows = page(limit, "200 OK", "404 Not Found")
        marked = [row for row in rows if row.startswith("! ")]
        assert all("connection 1 received" in row for row in marked)
        assert marked
        at = next(index for index, row in enumerate(rows) if row.startswith("first difference: connection 1 received"))
        assert rows[at + 1].split(maxsplit=1) == ["s0-control-auto", "HTTP/1.1 200"]
        assert rows[at + 2].split(maxsplit=1) == ["s1-control-auto", "HTTP/1.1 404"]


def test_without_a_difference_there_is_one_time_line() -> None:
    rows = page(140, "200 OK", "200 OK")
    assert sum("HTTP/1.1 200 OK" in row for row in rows) == 1
    assert "s1-control-auto: no difference from s0-control-auto" in rows
    assert not any("first difference" in row for row in rows)


def test_of_three_each_is_compared_with_the_first() -> None:
    rows = page(140, "200 OK", "404 Not Found", "200 OK")
    assert "s2-control-auto: no difference from s0-control-auto" in rows
    assert sum(row.startswith("first difference") for row in rows) == 1


def test_times_are_relative_to_each_start() -> None:
    found = aligned(transcript("200 OK", start=5.0), transcript("404 No", start=100.0))
    rows = list(side_by_side(found, NAMES, (5.0, 100.0), 160))
    assert sum(row.count("+1000.0 ms") for row in rows) == 2


def test_the_middle_of_many_equal_events_is_counted() -> None:
    found = aligned(transcript("200 OK", more=40), transcript("404 No", more=40))
    rows = list(side_by_side(found, NAMES, (0.0, 0.0), 140))
    assert any("31 events the same on both; --full shows them" in row for row in rows)
    assert not any("n20" in row for row in rows)
    assert any("n20" in row for row in side_by_side(found, NAMES, (0.0, 0.0), 140, full=True))
    assert len(list(below(found.left, 0.0, 80))) < 41 > MANY


def test_requests_of_the_engine_are_shown_by_full_alone() -> None:
    of = transcript("200 OK")
    data = b"GET /health HTTP/1.1\r\nx-engine-call: j1-sentinel-9.1\r\n\r\n"
    own = (
        TraceEvent(2, Side.WIRE, "connection 2", "connected", "from port 40000"),
        TraceEvent(2, Side.WIRE, "connection 2", "sent", data=data, size=len(data)),
    )
    one = result("s0-control-auto", Transcript(0.0, (*of.events, *own)))
    for full in (False, True):
        assert any("connection 2" in row for row in trial.lines([one], lambda file: "", full=full)) is full


def test_control_characters_never_reach_the_terminal() -> None:
    rows = page(140, "200 \x1b[2J", "200 \x07")
    assert not any("\x1b" in row or "\x07" in row for row in rows)
