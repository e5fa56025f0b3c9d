from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.source_span import NEAR, NOWHERE, SourceSpan, excerpt
from engine.terminal.escape import width
from engine.terminal.excerpt import LONGEST, cut, show
from engine.terminal.paint import Paint, Role, bare
from engine.terminal.sources import SourceTexts
from tests.pipes import pipe


def test_the_form() -> None:
    source = "\n" * 11 + "      - request: {pth: /scope, expect: {status: 200}}\n"
    place = SourceSpan("specs/http/scope.yaml", 12, 19, 3)
    drawing = show(
        place, source, message="error[unknown-key]: there is no key 'pth' in `request`", notes=["did you mean 'path'?"]
    )
    assert (
        drawing
        == """\
specs/http/scope.yaml:12:19: error[unknown-key]: there is no key 'pth' in `request`
   12 |       - request: {pth: /scope, expect: {status: 200}}
      |                   ^^^
      = did you mean 'path'?"""
    )


def test_several_notes_and_lines() -> None:
    drawing = show(SourceSpan("a", 1, 1), "x", notes=["one\ntwo", "three"])
    assert drawing.split("\n") == ["a:1:1", "    1 | x", "      | ^", "      = one", "        two", "      = three"]


@pytest.mark.parametrize(
    ("line", "start", "length", "expected"),
    [
        ("abc", 1, 1, ("abc", 1, 1)),
        ("\tabc", 1, 2, (" abc", 1, 2)),
        ("日本: x", 4, 1, ("日本: x", 6, 1)),
        ("日本", 0, 2, ("日本", 0, 4)),
        ("a\x1bb", 2, 1, ("a\\x1bb", 5, 1)),
        ("e\u0301 x", 3, 1, ("e\u0301 x", 2, 1)),
        ("abc", 3, 1, ("abc", 3, 1)),
        ("abc", 1, 99, ("abc", 1, 2)),
        ("", 0, 1, ("", 0, 1)),
        ("abc", 50, 5, ("abc", 3, 1)),
    ],
)
def test_the_caret_stands_under_the_value(line: str, start: int, length: int, expected: tuple[str, int, int]) -> None:
    assert cut(line, start, length) == expected


@pytest.mark.parametrize("start", [0, 5, 100, 250, 480, 497])
@pytest.mark.parametrize("filler", ["a", "日", "\x07"])
def test_a_long_line_is_cut_around_the_value(start: int, filler: str) -> None:
    line = filler * start + "HERE" + filler * 500
    text, before, carets = cut(line, start, 4)
    assert width(text) <= LONGEST
    assert carets == 4
    drawing = "".join(text)
    at = drawing.index("HERE")
    assert width(drawing[:at]) == before


def test_a_long_value_is_cut_itself() -> None:
    text, before, carets = cut("x" * 50 + "y" * 1000, 50, 1000)
    assert width(text) <= LONGEST
    assert text[before] == "y"
    assert before + carets <= LONGEST


def test_the_file_is_read_where_no_source_is_given(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("one\r\ntwo\n")
    assert show(SourceSpan(str(path), 2, 1, 3), None).split("\n")[1:] == ["    2 | two", "      | ^^^"]


def test_a_named_pipe_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "pipe.yaml"
    with pipe(path, "text\n"):
        assert show(SourceSpan(str(path), 1, 1), None, message="wrong") == f"{path}:1:1: wrong"
        assert SourceTexts()(str(path)) == ""


@pytest.mark.parametrize("place", [NOWHERE, SourceSpan("none.yaml", 3, 1), SourceSpan("none.yaml", 0, 0)])
def test_without_a_line_the_message_stays(place: SourceSpan) -> None:
    assert show(place, None, message="wrong", notes=["so"]).split("\n") == [f"{place}: wrong", "      = so"]


def test_a_line_beyond_the_end_is_not_shown() -> None:
    assert show(SourceSpan("a", 9, 1), "x\n", message="wrong") == "a:9:1: wrong"


@pytest.mark.parametrize(
    ("before", "length", "after"), [(0, 3, 0), (5, 3, 5), (1000, 3, 1000), (0, 5000, 9), (300, 300, 300), (1000, 1, 0)]
)
def test_an_excerpt_reads_as_the_whole_line_does_and_is_bounded(before: int, length: int, after: int) -> None:
    line = "a" * before + "b" * length + "c" * after
    place = SourceSpan("a", 1, before + 1, length)
    found = excerpt(line, place)
    assert show(place, found) == show(place, line)
    assert len(found.line) <= 3 * NEAR


def test_messages_are_escaped() -> None:
    assert "\x1b" not in show(SourceSpan("a\x1b", 1, 1), "x\x1b", message="\x1b", notes=["\x1b"])


def test_a_line_is_cut_to_the_terminal_and_its_caret_stays_under_the_value() -> None:
    line = f"      - request: {{path: /{'a' * 80}, expect: {{status: 200, jso: 1}}}}"
    place = SourceSpan("a.yaml", 12, line.index("jso") + 1, 3)
    for limit in (40, 60, 80, 110, 140):
        rows = show(place, "\n" * 11 + line, message="words " * 30, notes=["note " * 30], limit=limit).split("\n")
        assert max(width(row) for row in rows) <= limit
        number = next(index for index, row in enumerate(rows) if "^" in row)
        assert rows[number - 1][rows[number].index("^") :].startswith("jso")


def test_colour_moves_no_caret() -> None:
    place = SourceSpan("a.yaml", 1, 3, 2)
    painted = show(place, "x yy", lead="error[x]", message="m", notes=[(Role.EXPECTED, "n")], paint=Paint(True))
    assert bare(painted) == show(place, "x yy", lead="error[x]", message="m", notes=["n"])
    assert "\x1b[1;31m^^\x1b[0m" in painted
    assert "\x1b[32mn\x1b[0m" in painted


def test_foreign_text_brings_no_colour_of_its_own() -> None:
    place = SourceSpan("a.yaml", 1, 1, 1)
    drawing = show(place, "\x1b[31mx", message="\x1b[1m", notes=["\x1b[2m"], paint=Paint(True))
    assert "\x1b[31mx" not in drawing
    assert "\\x1b[31mx" in drawing
