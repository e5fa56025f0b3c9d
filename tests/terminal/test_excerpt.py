from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.source_span import NEAR, NOWHERE, SourceSpan, excerpt
from engine.terminal.escape import width
from engine.terminal.excerpt import LONGEST, cut, show


def test_the_form() -> None:
    source = "\n" * 11 + "      - request: {pth: /scope, expect: {status: 200}}\n"
    place = SourceSpan("specs/http/scope.yaml", 12, 19, 3)
    shown = show(
        place, source, message="error[unknown-key]: there is no key 'pth' in `request`", notes=["did you mean 'path'?"]
    )
    assert (
        shown
        == """\
specs/http/scope.yaml:12:19: error[unknown-key]: there is no key 'pth' in `request`
   12 |       - request: {pth: /scope, expect: {status: 200}}
      |                   ^^^
      = did you mean 'path'?"""
    )


def test_several_notes_and_lines() -> None:
    shown = show(SourceSpan("a", 1, 1), "x", notes=["one\ntwo", "three"])
    assert shown.split("\n") == ["a:1:1", "    1 | x", "      | ^", "      = one", "        two", "      = three"]


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
    shown = "".join(text)
    at = shown.index("HERE")
    assert width(shown[:at]) == before


def test_a_long_value_is_cut_itself() -> None:
    text, before, carets = cut("x" * 50 + "y" * 1000, 50, 1000)
    assert width(text) <= LONGEST
    assert text[before] == "y"
    assert before + carets <= LONGEST


def test_the_file_is_read_where_no_source_is_given(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("one\r\ntwo\n")
    assert show(SourceSpan(str(path), 2, 1, 3), None).split("\n")[1:] == ["    2 | two", "      | ^^^"]


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
