"""Progress: plain lines where there is no terminal, bars where there is one."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from engine.model.verdict import JobResult, Verdict
from engine.terminal.progress import Live, PlainProgress, progress

ONE = JobResult("a", "a.yaml", "t", "c", "must", Verdict.PASS)


def test_plain_lines() -> None:
    out = io.StringIO()
    shown = PlainProgress({"t": 2, "u": 1}, out)
    shown.target("t", "starting")
    shown.target("u", "failed", "no module")
    shown.result(ONE)
    shown.result(replace(ONE, verdict=Verdict.FAIL))
    shown.close()
    assert out.getvalue() == "u: did not start: no module\nt: 2 cases, 1 red\n"


def test_what_is_run_to_compare_is_one_line() -> None:
    out = io.StringIO()
    shown = PlainProgress({"t": 1}, out)
    for done in range(3):
        shown.comparing(done, 2)
    assert out.getvalue() == "counterparts: 2 cells on other targets, which tell whose fault it is\n"


def test_what_is_run_to_compare_is_one_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    err.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    shown = Live({"t": 1})
    for done in range(3):
        shown.comparing(done, 2)
    shown.close()
    last = err.getvalue().rpartition("counterparts")[2]
    assert "2/2" in last
    assert "whose fault" in last


def test_bars_are_gone_when_the_run_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Live({"t": 2})
    shown.target("t", "starting", "[red]")
    shown.result(ONE)
    shown.result(replace(ONE, verdict=Verdict.FAIL))
    shown.close()
    assert capsys.readouterr().out == ""


def test_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert isinstance(progress({}), PlainProgress)
