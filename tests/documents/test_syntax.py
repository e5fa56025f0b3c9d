from __future__ import annotations

import pytest
import yaml

from engine.documents.syntax import explain
from tests.loading.helpers import mistakes

READERS = [getattr(yaml, "CLoader", yaml.Loader), yaml.Loader]


@pytest.mark.parametrize("loader", READERS)
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: {x: z[1]}", "the {...} is not closed"),
        ("a: [1", "the [...] is not closed"),
        ("a: b: c", "a colon cannot stand here"),
        ("a:\n\t- b", "a tab cannot indent"),
        ("a: 'x", "the quoted text is not closed"),
        ("'a\n---\nb'", "the quoted text is not closed"),
        ("- a\nb: c", "this is not an item of the list"),
        ("a: %x", "a plain text cannot start with '%'"),
        ("a: `x", "a plain text cannot start with '`'"),
        ('x: "\\q"', "there is no such escape"),
        ('x: "\\xzz"', "there is no such escape"),
        ('x: "\\ud800"', "there is no such escape"),
        ('x: "\\U00110000"', "there is no such escape"),
        ('x: "\\UFFFFFFFF"', "there is no such escape"),
        ("a: *", "`*` and `&` start an alias"),
        ("a: }", "a value is missing here"),
        ("a:\n  b: 1\n c: 2\n", "this does not fit the keys before it"),
        ("a: |x\n  f", "nothing may follow `|`"),
        ("a: |1 1\n  f", "nothing may follow `|`"),
        ("a: |0\n  f", "the number after `|` or `>`"),
        ("a: - b\n", "a list cannot start here"),
        ("a: 1\n? b\nc\n", "a colon is missing"),
        ("a: b ? c\n  ? d: e\n", "a colon cannot stand here"),
        ("a: &x? b", "a key cannot start here"),
        ("  a: 1\nb: 2\n", "this does not belong to the text before it"),
        ("%YAML 3.0\n---\na: 1", "YAML directives are not part"),
        ("%YAML x\n---\na: 1", "YAML directives are not part"),
        ("%YAML 1.1\n%YAML 1.1\n---\na: 1", "YAML directives are not part"),
        ("a: !y!z b", "tags are not part of the language"),
        ("a: !<x y", "tags are not part of the language"),
    ],
)
def test_the_words_of_both_parsers_are_put_into_ours(text: str, what: str, loader: object) -> None:
    [found] = mistakes(text, loader=loader)
    assert found.code == "syntax"
    assert found.what.startswith(what)
    assert found.hint


def test_an_open_bracket_is_shown_where_it_stands() -> None:
    [found] = mistakes("a: 1\nb: [1,\nc: 2\nd: 3\n")
    assert found.hint.endswith("it starts in line 2")


def test_words_that_are_unknown_are_not_repeated() -> None:
    said = explain(yaml.MarkedYAMLError("while doing this", None, "a later release says it otherwise"), [])
    assert said.what == "this is not YAML"
    assert said.hint
