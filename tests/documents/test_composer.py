from __future__ import annotations

import json
import string
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.documents.composer import MAX_DEPTH, compose
from engine.documents.diagnostics import Notes
from engine.documents.files import SourceText
from engine.model.nodes import Node
from tests.loading.helpers import mistakes, node

TEXT = """\
suite: A suite
list: [a, "b c", 'd']
block:
- one
- {two: 2, deep: {x: null}}
text: |
  line
  line
ünicode: über
"""


def test_values() -> None:
    assert node(TEXT).plain() == {
        "suite": "A suite",
        "list": ["a", "b c", "d"],
        "block": ["one", {"two": 2, "deep": {"x": None}}],
        "text": "line\nline\n",
        "ünicode": "über",
    }


def stretch(place_of: Node, text: str = TEXT) -> str:
    place = place_of.place
    return text.split("\n")[place.line - 1][place.column - 1 : place.column - 1 + place.length]


def test_places_cover_the_values() -> None:
    root = node(TEXT)
    entries = dict(root.entries())
    assert stretch(entries["suite"]) == "A suite"
    assert stretch(entries["list"]) == "[a, \"b c\", 'd']"
    assert [stretch(item) for item in entries["list"].items()] == ["a", '"b c"', "'d'"]
    assert stretch(entries["block"].items()[1]) == "{two: 2, deep: {x: null}}"
    assert stretch(entries["text"]) == "|"
    assert stretch(entries["ünicode"]) == "über"
    key = entries["ünicode"].key
    assert (key.line, key.column, key.length) == (9, 1, 7)
    assert stretch(root) == "suite"


@pytest.mark.parametrize("loader", [getattr(yaml, "CLoader", yaml.Loader), yaml.Loader])
def test_both_parsers_give_the_same_tree(loader: object) -> None:
    notes = Notes()
    root = compose(SourceText("t.yaml", TEXT), notes, loader=loader)
    assert not notes.found
    assert root == node(TEXT)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: 1\na: 2\n", "duplicate-key", 2, 1),
        ("a: {b: 1, b: 2}\n", "duplicate-key", 1, 11),
        ("a: &x 1\n", "anchor", 1, 4),
        ("&x a: 1\n", "anchor", 1, 1),
        ("a: *x\n", "alias", 1, 4),
        ("a: !t 1\n", "tag", 1, 4),
        ("a: !!int 1\n", "tag", 1, 4),
        ("<<: {a: 1}\n", "merge-key", 1, 1),
        ("1: a\n", "key", 1, 1),
        ("? [a]\n: b\n", "key", 1, 3),
        ("?\n: b\n", "key", 1, 2),
        ("a:\nb: 1\n", "empty-value", 1, 1),
        ("a:\n  -\n", "empty-value", 2, 4),
        ("a: {b: c, d}\n", "broken-text", 1, 11),
        ("a: {b: c?d}\n", "broken-text", 1, 8),
        ("a: [b?c]\n", "broken-text", 1, 5),
        ("a: no\n", "surprise", 1, 4),
        ("a: 1\n---\nb: 2\n", "documents", 2, 1),
        ("%YAML 1.1\n---\na: 1\n", "directive", 1, 1),
        ("", "empty", 1, 1),
        ("# only a comment\n", "empty", 1, 1),
        ("null\n", "empty", 1, 1),
        ("a: b: c\n", "syntax", 1, 5),
        ("a: \x07\n", "character", 1, 4),
        ("a: 1\nb: x\u2028y\n", "character", 2, 5),
        ("a: 1\rb: 2\n", "character", 1, 5),
    ],
)
def test_refused(text: str, code: str, line: int, column: int) -> None:
    found = [(one.code, one.place.line, one.place.column) for one in mistakes(text)]
    assert found == [(code, line, column)]


def test_reading_goes_on_after_a_mistake() -> None:
    found = mistakes("a: no\nb: {c: 010, c: 2}\nd: *x\ne: &y 1\n")
    assert [one.code for one in found] == ["surprise", "surprise", "duplicate-key", "alias", "anchor"]


def test_quoted_values_are_text() -> None:
    assert node("a: 'no'\nb: \"010\"\n'1': '~'\n").plain() == {"a": "no", "b": "010", "1": "~"}


def test_the_index_of_a_repeat_is_a_name() -> None:
    assert node("a: {var: n}\nindex: n\n").plain() == {"a": {"var": "n"}, "index": "n"}


class Bounded(yaml.Loader):
    """A reader that bounds what it sees ahead at 100 levels, as libyaml has done at 1,000 since its release 0.2.6."""

    def fetch_flow_collection_start(self, token: object) -> None:
        if self.flow_level >= 100:
            raise yaml.scanner.ScannerError("while reading", None, "too many brackets", self.get_mark())
        super().fetch_flow_collection_start(token)


READERS = [getattr(yaml, "CLoader", yaml.Loader), yaml.Loader, Bounded]


@pytest.mark.parametrize("loader", READERS)
@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("[" * 5000 + "]" * 5000, MAX_DEPTH + 1),
        ("[" * 200_000, MAX_DEPTH + 1),
        ("a: " + "[" * 5000, MAX_DEPTH + 3),
        ("a: no\nb: " + "{" * 1100, MAX_DEPTH + 3),
        ("{" * 101 + "}" * 101, MAX_DEPTH + 1),
        ("- " * 5000, 2 * MAX_DEPTH + 1),
    ],
)
def test_depth_is_bounded_alike_by_every_reader(text: str, column: int, loader: object) -> None:
    found = [one for one in mistakes(text, loader=loader) if one.code != "surprise"]
    assert [(one.code, one.place.column) for one in found] == [("too-deep", column)]


@pytest.mark.parametrize("loader", READERS)
def test_a_mistake_before_the_depth_comes_first(loader: object) -> None:
    text = "a: no\nb: 1\n" + "[" * 2000
    found = [(one.code, one.place.line) for one in mistakes(text, loader=loader)]
    assert found == [("surprise", 1), ("syntax", 3)]
    assert not mistakes("[" * MAX_DEPTH + "]" * MAX_DEPTH, loader=loader)


def test_an_alias_bomb_is_refused_and_not_unfolded() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    found = mistakes("\n".join(rows))
    assert {one.code for one in found} <= {"anchor", "alias", "too-many"}


def test_syntax_errors_keep_what_was_found_before() -> None:
    assert [one.code for one in mistakes("a: no\nb: [1\n")] == ["surprise", "syntax"]


_chars = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Co", "Cn"))
_text = st.text(_chars, max_size=12)
_plain = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.decimals(-1000, 1000, places=2).map(float), _text
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_text, inner, max_size=4)),
    max_leaves=15,
)


def places(found: Node) -> Iterator[Node]:
    yield found
    for item in found.items():
        yield from places(item)
    for _, child in found.entries():
        yield from places(child)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_text, _plain, min_size=1, max_size=4), st.booleans(), st.integers(10, 200))
def test_what_a_careful_writer_dumps_is_read_back(value: dict[str, object], flow: bool, width: int) -> None:
    text = yaml.dump(value, Dumper=Quoting, allow_unicode=True, default_flow_style=flow, width=width, sort_keys=False)
    root = node(text)
    assert root.plain() == value
    assert [type(one.value) for one in places(root)] == [type(one.value) for one in places(node(text))]
    lines = text.split("\n")
    for found in places(root):
        for place in (found.place, found.key):
            assert 1 <= place.line <= len(lines)
            assert 1 <= place.column <= place.column + place.length - 1 <= len(lines[place.line - 1])


@settings(max_examples=150, deadline=None)
@given(_plain.filter(lambda value: value is not None))
def test_json_is_read_as_json(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    root = node(text)
    assert root.plain() == value
    for found in places(root):
        if isinstance(found.value, str):
            value = text[found.place.column - 1 : found.place.column - 1 + found.place.length]
            assert json.loads(value) == found.value


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from(string.printable + "&*!%@`|>{}[]:,?-#'\"\\~ü\u2028"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    notes = Notes()
    root = compose(SourceText("t.yaml", text), notes)
    assert root is not None or notes.found
    for one in notes.found:
        assert one.place.line >= 1
        assert one.place.column >= 1


class Quoting(yaml.SafeDumper):
    """A dumper that quotes every text, and writes null, true and false as the language has them."""


def _text_of(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"')


Quoting.add_representer(str, _text_of)
Quoting.add_representer(float, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:.2f}"))
Quoting.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]  # a setting of PyYAML that is a method
