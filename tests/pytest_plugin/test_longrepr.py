"""A failure in one line, and its message in the short summary."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.expectation import Mismatch
from engine.model.source_span import SourceSpan
from engine.model.verdict import JobResult, Verdict
from engine.pytest_plugin.longrepr import CaseFailure, summary
from engine.pytest_plugin.summary import fitted

LINE = "status: expected 200, got 404"
PLACE = SourceSpan("specs/a.yaml", 3, 5, 3)
STATUS = Mismatch("status", "200", 404, PLACE)
RESULT = JobResult(
    case="one",
    file="specs/a.yaml",
    category="first",
    target="gunicorn-control-auto",
    title="One",
    level="must",
    verdict=Verdict.FAIL,
    reason="because",
    mismatches=(STATUS,),
)


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (RESULT, LINE),
        (replace(RESULT, mismatches=(STATUS, STATUS, STATUS)), "status: expected 200, got 404 (and 2 more)"),
        (replace(RESULT, verdict=Verdict.TIMEOUT), "timeout: because"),
        (replace(RESULT, verdict=Verdict.CRASH), "crash: because"),
        (replace(RESULT, mismatches=()), "fail: because"),
        (
            replace(RESULT, verdict=Verdict.WARN, mismatches=(), warnings=(STATUS,)),
            f"warn: {LINE}",
        ),
        (replace(RESULT, mismatches=(replace(STATUS, actual="\x1b[2J"),)), "status: expected 200, got '\\x1b[2J'"),
    ],
)
def test_a_failure_in_one_line(result: JobResult, line: str) -> None:
    assert summary(result) == line


@pytest.mark.parametrize(
    ("columns", "message"),
    [(29, LINE), (28, "status 404, not 200"), (18, "status 404, not..."), (3, "status 404, not 200")],
)
def test_the_actual_value_comes_first_where_there_is_no_room(columns: int, message: str) -> None:
    failure = CaseFailure(RESULT, lambda _: "", (), "auto")
    failure.fit(columns)
    assert failure.reprcrash.message == message


def test_the_line_has_place_target_and_message() -> None:
    failure = CaseFailure(RESULT, lambda _: "", (), "line")
    assert str(failure.reprcrash) == "specs/a.yaml:3: [gunicorn-control-auto] status: expected 200, got 404"


def test_the_text_has_the_cause_at_its_end() -> None:
    assert str(CaseFailure(RESULT, lambda _: "", ("cause: none",), "short")).endswith("\n\ncause: none")


class Terminal:
    """A terminal writer of pytest, as far as a failure uses one."""

    def __init__(self, fullwidth: int, *, hasmarkup: bool = False) -> None:
        self.fullwidth = fullwidth
        self.hasmarkup = hasmarkup
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)


def test_lines_are_as_wide_as_the_terminal() -> None:
    reason = "a reason with several words, which is longer than the terminal has columns; " * 3
    failure = CaseFailure(replace(RESULT, reason=reason), lambda _: "", (f"cause: {reason}",), "auto")
    terminal = Terminal(50)
    failure.toterminal(terminal)
    assert max(map(len, terminal.lines)) <= 50
    assert "\x1b" not in "".join(terminal.lines)


def test_a_command_is_not_wrapped() -> None:
    command = f"settled by: engine grid specs/a.yaml --server {'x' * 30}"
    assert fitted(command, 40) == [command]
    assert len(fitted("an engine is a machine, and this line has more than forty columns", 40)) == 2
