"""Colour by role, and the columns of painted text."""

from __future__ import annotations

import io

import pytest

from engine.model.verdict import Verdict
from engine.terminal.escape import visible, width
from engine.terminal.paint import PLAIN, Paint, Role, bare, paint_for, role_of, wrap

ON = Paint(True)


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "choice", "environ", "expected"),
    [
        (Tty(), "auto", {"TERM": "xterm"}, True),
        (Tty(), "auto", {}, True),
        (Tty(), "auto", {"TERM": "dumb"}, False),
        (Tty(), "auto", {"NO_COLOR": "1"}, False),
        (Tty(), "auto", {"NO_COLOR": ""}, True),
        (Tty(), "auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (Tty(), "never", {"FORCE_COLOR": "1"}, False),
        (io.StringIO(), "auto", {"TERM": "xterm"}, False),
        (io.StringIO(), "auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        (io.StringIO(), "always", {"NO_COLOR": "1"}, True),
    ],
)
def test_colour_is_on_for_terminals_and_by_request(
    stream: io.StringIO, choice: str, environ: dict[str, str], expected: bool
) -> None:
    assert paint_for(stream, choice, environ).enabled is expected


def test_without_colour_a_text_stays_as_it_is() -> None:
    assert PLAIN(Role.FAILING, "x") == "x"


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_colour_that_is_readable_on_dark_and_light(role: Role) -> None:
    painted = ON(role, "x")
    codes = painted.removesuffix("x\x1b[0m").removeprefix("\x1b[").removesuffix("m").split(";")
    assert set(codes) <= {"1", "2", "4", "31", "32", "33", "35", "36"}


def test_an_empty_text_has_no_sequence() -> None:
    assert ON(Role.FAILING, "") == ""


def test_each_line_is_painted_by_itself() -> None:
    assert ON(Role.FAILING, "a\n\nb") == "\x1b[31ma\x1b[0m\n\n\x1b[31mb\x1b[0m"


def test_the_outer_colour_goes_on_behind_the_inner() -> None:
    assert ON(Role.DIM, f"a {ON(Role.FAILING, 'b')} c") == "\x1b[2ma \x1b[31mb\x1b[0m\x1b[2m c\x1b[0m"


@pytest.mark.parametrize("text", ["x", "漢字", "é"])
def test_sequences_take_no_columns(text: str) -> None:
    assert width(ON(Role.CARET, text)) == width(text)
    assert bare(ON(Role.CARET, text)) == text


def test_a_sequence_of_foreign_text_is_still_escaped() -> None:
    assert visible("\x1b[31mx") == "\\x1b[31mx"


def test_painted_text_is_wrapped_by_its_columns() -> None:
    lines = wrap(f"one {ON(Role.FAILING, 'two three')} four", 9, first="- ", further="  ")
    assert [bare(line) for line in lines] == ["- one two", "  three", "  four"]
    assert lines[0] == "- one \x1b[31mtwo\x1b[0m"
    assert lines[1] == "  \x1b[31mthree\x1b[0m"


def test_wrapping_keeps_line_feeds_and_long_words() -> None:
    assert wrap("  a   b\n\nabcdefghij k", 6) == ["  a", "b", "", "abcdefghij", "k"]


def test_every_verdict_has_a_role() -> None:
    assert {verdict: role_of(verdict) for verdict in Verdict} == {
        Verdict.PASS: Role.PASSING,
        Verdict.FAIL: Role.FAILING,
        Verdict.WARN: Role.WARNING,
        Verdict.INFO: Role.DIM,
        Verdict.TIMEOUT: Role.FAILING,
        Verdict.CRASH: Role.FAILING,
        Verdict.UNSUPPORTED: Role.UNSUPPORTED,
        Verdict.BLOCKED: Role.UNSUPPORTED,
        Verdict.ERROR: Role.FAILING,
        Verdict.KNOWN: Role.KNOWN,
        Verdict.UNEXPECTED_PASS: Role.FAILING,
        Verdict.FLAKY: Role.WARNING,
    }


def test_wrapping_keeps_columns_of_words() -> None:
    assert wrap("a   b c", 5, further="  ") == ["a   b", "  c"]
