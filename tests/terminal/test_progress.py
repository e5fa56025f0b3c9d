"""Progress: plain lines where there is no terminal, rows where there is one."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.model.result_event import ResultEvent
from engine.model.target import Target
from engine.model.verdict import JobResult, Verdict
from engine.terminal.escape import width
from engine.terminal.paint import Paint, bare
from engine.terminal.progress import EVERY, PRINTED, ROWS, Live, PlainProgress, RunState, progress, rows

T, U = (Target(name, "control", "auto", "direct", "local") for name in ("t", "u"))
ONE = JobResult("a", "a.yaml", T.id, "c", "must", Verdict.PASS)
FAILED = replace(ONE, verdict=Verdict.FAIL, reason="expected 1, got \x1b[31m2")


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def plain(totals: dict[str, int]) -> tuple[PlainProgress, Clock, Callable[[], str]]:
    out, clock = io.StringIO(), Clock()
    return PlainProgress(totals, out, clock), clock, out.getvalue


def test_failures_and_targets_that_do_not_start_are_printed_at_once_and_without_control_characters() -> None:
    display, _, text = plain({T.id: 2, U.id: 1})
    display.target(T, "starting")
    display.target(U, "failed", "no \x1bmodule")
    display.take(ResultEvent(0, ONE))
    display.take(ResultEvent(1, FAILED))
    display.close()
    assert text() == (f"{U.id}: did not start: no \\x1bmodule\nfail    a.yaml::a[{T.id}]: expected 1, got \\x1b[31m2\n")


def test_a_plain_line_comes_now_and_then() -> None:
    display, clock, text = plain({T.id: 4, U.id: 96})
    display.target(T, "ready")
    display.take(ResultEvent(0, ONE))
    assert text() == ""
    clock.now += EVERY
    display.take(ResultEvent(1, ONE))
    display.take(ResultEvent(2, ONE))
    clock.now += EVERY
    display.take(ResultEvent(3, ONE))
    assert text() == "running · 2 targets · 2/100 · 0 failing\nrunning · 2 targets · 4/100 · 0 failing · 8:00 left\n"


def test_an_environment_that_is_made_is_named() -> None:
    display, clock, text = plain({T.id: 1})
    display.install("starlette under gunicorn", True)
    display.install("flask under gunicorn", True)
    clock.now += EVERY
    display.install("starlette under gunicorn", False)
    assert text() == (
        "installing starlette under gunicorn\ninstalling flask under gunicorn · 1 target · 0/1 · 0 failing\n"
    )


def test_of_many_failures_the_first_are_printed() -> None:
    display, _, text = plain({T.id: 100})
    for number in range(PRINTED + 5):
        display.take(ResultEvent(number, FAILED))
    assert text().count("fail  ") == PRINTED
    assert text().endswith("more failures are listed below the grid\n")
    assert len(text().splitlines()) == PRINTED + 1


def test_counterparts_are_one_line() -> None:
    display, _, text = plain({T.id: 1})
    display.comparing(2)
    for position in range(2):
        display.take(ResultEvent(position, FAILED, counterpart=True))
    assert text() == "comparing: 2 results on other targets, to find the cause of failures\n"


def test_phases() -> None:
    clock = Clock()
    state = RunState({T.id: 1, U.id: 1}, clock)
    phases = [state.phase]
    for number in range(5):
        state.install(f"e{number}", True)
    phases.append(state.phase)
    for number in range(5):
        state.install(f"e{number}", False)
    state.target(T, "starting")
    phases.append(state.phase)
    state.target(T, "ready")
    state.target(U, "starting")
    phases.append(state.phase)
    state.compared = (0, 3)
    phases.append(state.phase)
    assert phases == ["starting", "installing e0, e1, e2 and 2 more", f"starting {T.id}", "running", "comparing"]


def test_the_time_left_follows_from_the_time_so_far() -> None:
    clock = Clock()
    state = RunState({T.id: 100}, clock)
    state.target(T, "ready")
    state.take(ResultEvent(0, ONE))
    assert state.left == ""
    clock.now += 10
    assert state.left == ""
    for number in range(9):
        state.take(ResultEvent(number, ONE))
    assert state.left == "1:30 left"
    for number in range(90):
        state.take(ResultEvent(number, ONE))
    assert state.left == ""


def test_only_live_targets_have_a_row() -> None:
    state = RunState({T.id: 2, U.id: 2, "v": 9})
    for target in (T, U):
        state.target(target, "ready")
    for number in range(2):
        state.take(ResultEvent(number, ONE))
    state.take(ResultEvent(2, replace(FAILED, target=U.id)))
    assert rows(state, 80)[1:] == [f"  {U.id}      1/2  1 failing"]
    assert "running · 3 targets · 3/13 · 1 failing" in rows(state, 80)[0]


def test_rows_are_bounded_and_colour_moves_nothing() -> None:
    targets = [Target(f"s{number}", "control", "auto", "direct", "local") for number in range(ROWS + 3)]
    state = RunState({target.id: 5 for target in targets})
    for target in targets:
        state.target(target, "ready")
    found = rows(state, 60)
    assert len(found) == ROWS + 2
    assert found[-1] == "  and 3 more targets"
    assert max(width(line) for line in found) <= 60
    assert [bare(line) for line in rows(state, 60, Paint(True))] == found


def test_on_a_narrow_terminal_the_sums_have_a_line_of_their_own() -> None:
    state = RunState({T.id: 100})
    state.install("starlette under gunicorn", True)
    state.install("quart under gunicorn", True)
    assert rows(state, 60) == [
        "1 target · 0/100 · 0 failing",
        "installing starlette under gunicorn, quart under gunicorn",
    ]


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    err = io.StringIO()
    err.isatty = lambda: True  # type: ignore[method-assign]  # a stream that is a terminal
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    return err


def test_a_terminal_keeps_failures_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    err = on_terminal(monkeypatch)
    display = progress({T.id: 2}, "never")
    assert isinstance(display, Live)
    display.target(T, "ready")
    display.take(ResultEvent(0, ONE))
    display.take(ResultEvent(1, FAILED))
    display.comparing(2)
    for position in range(2):
        display.take(ResultEvent(position, ONE, counterpart=True))
    display.close()
    text = err.getvalue()
    assert f"fail    a.yaml::a[{T.id}]: expected 1, got \\x1b[31m2\n" in text
    assert "comparing · 2/2" in text
    # The rows are cleared: behind the last of them nothing but sequences follows.
    assert not re.search(r"[a-z]{2}", text.rpartition("comparing")[2].partition("\n")[2])


def test_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert isinstance(progress({}), PlainProgress)
    on_terminal(monkeypatch)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(progress({}), PlainProgress)
