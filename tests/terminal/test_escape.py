from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.terminal.escape import visible, width


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain ü €", "plain ü €"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eabc", "\\u202eabc"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("\U000e0001", "\\U000e0001"),
        ("back\\slash", "back\\slash"),
        (b"GET / \xff\x00", "GET / \\xff\\x00"),
        ("ü".encode(), "ü"),
        (b"a\\x00", "a\\\\x00"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_act_on_is_written_out(value: str | bytes, text: str) -> None:
    assert visible(value) == text


def test_lines_and_tabs_may_stay() -> None:
    assert visible("a\nb\tc\r", lines=True, tabs=True) == "a\nb\tc\\r"


@given(st.one_of(st.text(), st.binary()))
def test_no_control_character_is_left(value: str | bytes) -> None:
    assert not {unicodedata.category(char) for char in visible(value)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.binary())
def test_different_bytes_look_different(data: bytes) -> None:
    assert visible(data) != visible(data + b"\\")


def test_columns() -> None:
    assert (width("abc"), width("日本"), width("e\u0301")) == (3, 4, 1)
