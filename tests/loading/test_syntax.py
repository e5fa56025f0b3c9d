from __future__ import annotations

import pytest
import yaml

from tests.loading.helpers import mistakes


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: {x: z[1]}", "the {...} is not closed"),
        ("a: [1", "the [...] is not closed"),
        ("a: b: c", "a colon cannot stand here"),
        ("a:\n\t- b", "a tab cannot indent"),
        ("a: 'x", "the quoted text is not closed"),
        ("- a\nb: c", "this is no item of the list"),
        ("a: %x", "a plain text cannot start with '%'"),
        ("a: `x", "a plain text cannot start with '`'"),
        ('x: "\\q"', "there is no such escape"),
        ("a: *", "`*` and `&` start an alias"),
        ("a: }", "a value is missing here"),
        ("a:\n  b: 1\n c: 2\n", "this does not fit the keys before it"),
        ("a: |x\n  f", "nothing may follow `|`"),
        ("a: - b\n", "a list cannot start here"),
        ("a: 1\n? b\nc\n", "a colon is missing"),
    ],
)
def test_the_parsers_words_are_put_into_ours(text: str, what: str) -> None:
    [found] = mistakes(text)
    assert found.code == "syntax"
    assert found.what.startswith(what)
    assert found.hint


def test_an_open_bracket_is_shown_where_it_stands() -> None:
    [found] = mistakes("a: 1\nb: [1,\nc: 2\nd: 3\n")
    assert found.hint.endswith("it starts in line 2")


def test_the_parser_in_python_is_understood_as_well() -> None:
    for text in ("a: [1", "a: b: c", "a: 'x", "a: %x"):
        [found] = mistakes(text, loader=yaml.Loader)
        assert found.code == "syntax"
        assert found.what
