"""Values of expectations as a record keeps them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.model import typed_value
from engine.model.boundary import OpaqueValue
from engine.model.expectation import ABSENT, Unclear
from engine.model.showing import as_text
from engine.model.typed_value import TypedValue, typed
from engine.model.wire_bytes import TruncatedBytes, WireBytes


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (200, 200),
        (True, True),
        (None, None),
        (1.5, 1.5),
        ("ü", "ü"),
        (b"\xff", {"$b": "\xff"}),
        (WireBytes(b"a"), {"$b": "a"}),
        ((1, b"a"), {"$t": [1, {"$b": "a"}]}),
        ([{"a": [None]}], [{"a": [None]}]),
        ({"$a": 1}, {"$d": [["$a", 1]], "class": "dict"}),
        ({1: 2}, {"$d": [[1, 2]], "class": "dict"}),
        (ABSENT, {"$absent": ""}),
        (Unclear("it comes twice"), {"$absent": "it comes twice"}),
        (OpaqueValue("Code", "<Code: 1>", 1), {"$o": "Code", "repr": "<Code: 1>", "value": 1}),
        (float("nan"), {"$o": "float", "repr": "nan"}),
        (2**80, {"$o": "int", "repr": str(2**80)}),
        ({1}, {"$o": "set", "repr": "{1}"}),
    ],
)
def test_a_value_keeps_its_type_and_its_text(value: object, data: object) -> None:
    made = typed(value)
    assert (made.data, made.cut) == (data, ())
    assert made.text == as_text(value) == as_text(made)
    assert typed(made) is made


@pytest.mark.parametrize(
    ("value", "data", "cut"),
    [
        ("a" * 3000, {"$text": [3000, "a" * 2048]}, "value: 2048 of 3000 characters"),
        (TruncatedBytes(9000, "ab", b"head"), {"$blob": [9000, "ab", "head"]}, "value: 4 of 9000 bytes"),
        ({"a": [list(range(101))]}, {"a": [[list(range(100))]]}, ".a[0]: 100 of 101 items"),
    ],
)
def test_what_is_cut_is_said(value: object, data: object, cut: str) -> None:
    made = typed(value)
    if not isinstance(value, dict):
        assert made.data == data
    assert made.cut == (cut,)


def test_long_bytes_have_their_digest() -> None:
    made: Any = typed(b"a" * 2000)
    size, digest, head = made.data["$blob"]
    assert (size, len(digest), head, made.cut) == (2000, 64, "a" * 256, ("value: 256 of 2000 bytes",))


def nested(depth: int, width: int) -> object:
    return [nested(depth - 1, width) for _ in range(width)] if depth else "x" * 3000


@pytest.mark.parametrize("value", [nested(40, 1), nested(4, 20), {str(n): nested(2, 30) for n in range(500)}])
def test_no_value_makes_a_long_record(value: object) -> None:
    made = typed(value)
    assert len(json.dumps(made.data)) < 50_000
    assert 0 < len(made.cut) <= typed_value.CUTS + 1


def test_an_older_record_has_the_text_alone() -> None:
    assert as_text(TypedValue("'a'", typed_value.NOTHING)) == "'a'"
