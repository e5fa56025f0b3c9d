"""Rows as columns."""

from __future__ import annotations

import io

import pytest

from engine.terminal.columns import TextTable, available_width, draw, terminal_width
from engine.terminal.escape import width
from engine.terminal.paint import Paint, bare

LONG = "many words " * 20


def test_columns_are_aligned_and_the_last_is_wrapped() -> None:
    lines = draw(["a", "what"], [TextTable("", [["x", LONG], ["longer", "b"]])], 50).splitlines()
    assert lines[0] == "a       what"
    assert lines[1].startswith("x       many words")
    assert lines[2].startswith("        ")
    assert lines[-1] == "longer  b"
    assert max(width(line) for line in lines) <= 50


def test_without_a_limit_a_row_is_a_line() -> None:
    assert len(draw(["a", "what"], [TextTable("", [["x", LONG]])]).splitlines()) == 2


def test_tables_share_their_columns() -> None:
    text = draw(["a", "b"], [TextTable("one", [["x", "1"]]), TextTable("two", [["much-longer", "2"]])])
    assert text == "  a            b\none\n  x            1\n\ntwo\n  much-longer  2"


def test_a_very_long_name_stands_alone() -> None:
    name = "n" * 50
    assert draw(["a", "b"], [TextTable("", [[name, "1"], ["x", "2"]])]) == f"a  b\n{name}\n   1\nx  2"


def test_cells_are_escaped_and_keep_their_lines() -> None:
    assert draw(["a", "b"], [TextTable("\x1b", [["\x07", "1\n2"]])]) == "  a     b\n\\x1b\n  \\x07  1\n        2"


def test_nothing_is_nothing() -> None:
    assert draw(["a"], []) == ""


def test_a_last_column_without_space_stands_below_the_others() -> None:
    lines = draw(["name", "number", "what"], [TextTable("", [["n" * 20, "1", LONG], ["x", "2", "b"]])], 50).splitlines()
    assert lines[0] == f"name{' ' * 18}number"
    assert lines[1] == f"{'n' * 20}  1"
    assert lines[2].startswith("    many words")
    assert lines[-2:] == [f"x{' ' * 21}2", "    b"]
    assert max(width(line) for line in lines) <= 50


def test_colour_moves_no_column() -> None:
    tables = [TextTable("one", [["x", "1"], ["n" * 50, "2"]]), TextTable("two", [["longer", "2\n3"]])]
    painted = draw(["a", "b"], tables, paint=Paint(True))
    assert bare(painted) == draw(["a", "b"], tables)
    assert "  \x1b[36mx\x1b[0m" in painted
    assert "\x1b[1mtwo\x1b[0m" in painted


@pytest.mark.parametrize(("columns", "expected", "available"), [("60", 60, 60), ("300", 300, 300), ("", 0, 120)])
def test_columns_is_obeyed_and_a_pipe_has_120(
    columns: str, expected: int, available: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    # The size that an output without a terminal has: none.
    monkeypatch.setattr("sys.__stdout__", io.StringIO())
    assert terminal_width() == expected
    assert available_width() == available
