"""The fast answer is jsonschema's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine.errors import Defect
from engine.loading.schema.compose import compose_schema
from engine.loading.schema.validate import checker
from engine.model.nodes import Node
from engine.model.source_span import NOWHERE
from tests.loading.helpers import HEAD, node
from tests.loading.vocabulary import small

SCHEMA = compose_schema(small())


def tree(value: Any) -> Node:
    if isinstance(value, list):
        return Node([tree(item) for item in value], NOWHERE, NOWHERE)
    if isinstance(value, dict):
        return Node({key: tree(item) for key, item in value.items()}, NOWHERE, NOWHERE)
    return Node(value, NOWHERE, NOWHERE)


GOOD = node(
    HEAD
    + """\
  - id: one
    title: One
    matrix: {code: [200, 404]}
    application: {http: [{respond: {status: 200, headers: {a: [b, {hex: "00"}]}, body: x}}]}
    steps:
      - request: {path: /status/$(code), query: {a: 1}, expect: {status: {var: code, plus: 1}}, within: 2s}
      - parallel: {a: [{pause: 1s}], b: [{mark: m}]}
      - tcp: {script: [{send: [a, {fill: {size: 1KiB}}]}, {response: {expect: {body.size: {at_most: 5B}}}}]}
"""
).plain()


def test_a_good_document_fits() -> None:
    assert checker(SCHEMA)(tree(GOOD))
    assert list(Draft202012Validator(SCHEMA).iter_errors(GOOD)) == []


_scalars: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, -1, 1.0, 1.5, "", "a", "1s", "5B", "$(x)", "must", "/scope", [], {}]
)
_words = st.sampled_from(
    ["a", "var", "plus", "path", "expect", "request", "pause", "hex", "size", "id", "equals", "any_of"]
)


def ways(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(found for key, child in inner for found in ways(child, (*way, key)))]


def changed(value: Any, way: tuple[Any, ...], new: Any, how: str, word: str) -> Any:
    """The document with a change at one place: another value, a key more, or one less."""
    if way:
        copy = dict(value) if isinstance(value, dict) else list(value)
        copy[way[0]] = changed(value[way[0]], way[1:], new, how, word)
        return copy
    if how == "add":
        return {**value, word: new} if isinstance(value, dict) else [*value, new] if isinstance(value, list) else new
    if how == "drop" and isinstance(value, dict) and value:
        return dict(list(value.items())[1:])
    return new


WAYS = ways(GOOD)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(WAYS), _scalars, st.sampled_from(["replace", "add", "drop"]), _words)
def test_the_answer_is_that_of_jsonschema(way: tuple[Any, ...], new: Any, how: str, word: str) -> None:
    document = changed(GOOD, way, new, how, word)
    assert checker(SCHEMA)(tree(document)) == Draft202012Validator(SCHEMA).is_valid(document)


@pytest.mark.parametrize(
    "schema", [{"oneOf": []}, {"format": "uri"}, {"$ref": "other.json"}, {"$ref": "#/$defs/none"}, {"enum": [1]}]
)
def test_what_it_cannot_decide_is_refused_at_once(schema: dict[str, Any]) -> None:
    with pytest.raises(Defect):
        checker(schema)


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ({"type": "integer"}, True, False),
        ({"type": "integer"}, 2.0, True),
        ({"type": "number"}, False, False),
        ({"minimum": 0}, True, True),
        ({"minimum": 1}, 0, False),
        ({"exclusiveMinimum": 0}, 0, False),
        ({"enum": ["a"]}, "b", False),
        ({"const": "a"}, "a", True),
        ({"pattern": "^a$"}, 5, True),
        ({"minLength": 1}, "", False),
        ({"maxItems": 1}, [1, 2], False),
        ({"items": {"type": "string"}}, [1], False),
        ({"additionalProperties": False}, {"a": 1}, False),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, False),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1, "b": 2}, True),
    ],
)
def test_keywords(schema: dict[str, Any], value: Any, fits: bool) -> None:
    assert checker(schema)(tree(value)) is fits
    assert Draft202012Validator(schema).is_valid(value) is fits
