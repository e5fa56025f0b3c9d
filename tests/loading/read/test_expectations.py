from __future__ import annotations

from typing import Any

import pytest

from engine.loading.read.expectations import read_group, read_matcher
from engine.model.expectation import Literal, Operators
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString
from tests.loading.helpers import node, reader
from tests.loading.vocabulary import small

REQUEST = small().step_type("step", "request")


def call(text: str, dimension: str = "") -> Any:
    """The argument of the only operator of a matcher."""
    context = reader()
    matcher = read_matcher(node(text), context, dimension)
    assert context.noted == 0
    assert isinstance(matcher, Operators)
    [one] = matcher.calls
    return one.argument


@pytest.mark.parametrize(
    ("text", "value"), [("200", 200), ("false", False), ("[1, {a: b}]", [1, {"a": "b"}]), ("$(x)", "$(x)")]
)
def test_scalars_and_lists_are_the_very_value(text: str, value: object) -> None:
    matcher = read_matcher(node(text), reader())
    assert isinstance(matcher, Literal)
    assert matcher.value == value


def test_arguments() -> None:
    assert call("{equals: {a: [1]}}") == {"a": [1]}
    assert call("{at_least: 200ms}") == 0.2
    assert call("{at_least: 2KiB}") == 2048
    assert call("{at_least: 5}") == 5
    assert call("{size: 1MiB}") == 1024**2
    assert call("{size: 5}") == 5
    assert call("{present: false}") is False
    assert call("{contains: a}") == "a"
    assert isinstance(call("{contains: {hex: 00 ff}}"), ByteString)
    assert isinstance(call("{bytes: a}"), ByteString)
    assert call("{is: integer}") == "integer"
    assert call("{python: dict}") == "dict"
    assert isinstance(call("{not: 5}"), Literal)
    assert [one.value for one in call("{any_of: [1, null]}")] == [1, None]
    assert call("{fields: {a: 1, b: {present: true}}}")["a"].value == 1


def test_variables() -> None:
    found = call("{var: first, plus: 2}")
    assert isinstance(found, Variable)
    assert (found.name, found.plus) == ("first", 2)
    late = call("{at_least: {var: first}}")
    assert isinstance(late, Variable)


def test_all_operators_are_kept_in_order_with_places() -> None:
    matcher = read_matcher(node("{at_least: 400, at_most: 501}"), reader())
    assert isinstance(matcher, Operators)
    assert [(one.operator, one.place.column) for one in matcher.calls] == [("at_least", 12), ("at_most", 26)]


@pytest.mark.parametrize(("text", "value"), [("200ms", 0.2), ("$(x)", "$(x)"), ("5", 5)])
def test_a_literal_time_is_seconds(text: str, value: object) -> None:
    matcher = read_matcher(node(text), reader(), "time")
    assert isinstance(matcher, Literal)
    assert matcher.value == value


def test_the_dimension_goes_into_alternatives() -> None:
    inner = call("{any_of: [1s, {at_least: 2s}]}", "time")
    assert inner[0].value == 1.0
    assert call("{not: 1KiB}", "size").value == 1024


def test_groups() -> None:
    text = "{status: 200, elapsed: 1s, any_of: [{outcome: closed}, {status: 500}]}"
    group = read_group(node(text), REQUEST, reader())
    assert [one.fact for one in group.expectations] == ["status", "elapsed"]
    assert group.facts() == {"status", "elapsed", "outcome"}
    assert group.expectations[0].place.column == 2
    matcher = group.expectations[1].matcher
    assert isinstance(matcher, Literal)
    assert matcher.value == 1.0


def test_a_pattern_is_checked() -> None:
    context = reader()
    read_matcher(node('{matches: "(a"}'), context)
    assert [one.code for one in context.notes.found] == ["pattern"]
    context = reader()
    read_matcher(node('{matches: "($(x)"}'), context)
    assert not context.notes.found
