"""Progress: plain lines where there is no terminal, bars where there is one."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from engine.model.result_event import ResultEvent
from engine.model.target import Target
from engine.model.verdict import JobResult, Verdict
from engine.terminal.progress import Live, PlainProgress, progress

T, U = (Target(name, "control", "auto", "direct", "local") for name in ("t", "u"))
ONE = JobResult("a", "a.yaml", T.id, "c", "must", Verdict.PASS)


def test_plain_lines() -> None:
    out = io.StringIO()
    shown = PlainProgress({T.id: 2, U.id: 1}, out)
    shown.target(T, "starting")
    shown.target(U, "failed", "no module")
    shown.take(ResultEvent(0, ONE))
    shown.take(ResultEvent(1, replace(ONE, verdict=Verdict.FAIL)))
    shown.close()
    assert out.getvalue() == f"{U.id}: did not start: no module\n{T.id}: 2 cases, 1 red\n"


def test_what_is_run_to_compare_is_one_line() -> None:
    out = io.StringIO()
    shown = PlainProgress({T.id: 1}, out)
    shown.comparing(2)
    for position in range(2):
        shown.take(ResultEvent(position, ONE, counterpart=True))
    assert out.getvalue() == "counterparts: 2 cells on other targets, which tell whose fault it is\n"


def test_what_is_run_to_compare_is_one_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    err.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    shown = Live({T.id: 1})
    shown.comparing(2)
    for position in range(2):
        shown.take(ResultEvent(position, ONE, counterpart=True))
    shown.close()
    last = err.getvalue().rpartition("counterparts")[2]
    assert "2/2" in last
    assert "whose fault" in last


def test_bars_are_gone_when_the_run_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Live({T.id: 2})
    shown.target(T, "starting", "[red]")
    shown.take(ResultEvent(0, ONE))
    shown.take(ResultEvent(1, replace(ONE, verdict=Verdict.FAIL)))
    shown.close()
    assert capsys.readouterr().out == ""


def test_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert isinstance(progress({}), PlainProgress)
