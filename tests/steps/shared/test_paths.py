from __future__ import annotations

import pytest

from engine.model.boundary import OpaqueValue
from engine.model.expectation import ABSENT
from engine.steps.shared.paths import walk

VALUE = {"a": {"b": [10, (20, {"c": None})]}, "a.b": {"c": 1}, "x.y": 2, "0": "zero", "": "empty"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", VALUE),
        ("a.b", {"c": 1}),
        ("a.b.c", 1),
        ("a.b.0", 10),
        ("a.b.1.0", 20),
        ("a.b.last.last.c", None),
        ("x.y", 2),
        ("0", "zero"),
        ("a.b.2", ABSENT),
        ("a.b.-1", ABSENT),
        ("a.b.0.z", ABSENT),
        ("x", ABSENT),
        ("x.y.z", ABSENT),
    ],
)
def test_walk(path: str, found: object) -> None:
    assert walk(VALUE, path) == found


def test_the_end_of_an_empty_list_is_not_there() -> None:
    assert walk([], "last") is ABSENT


def test_a_foreign_class_is_walked_by_its_value() -> None:
    assert walk({"s": OpaqueValue("State", "...", {"a": 1})}, "s.a") == 1
    assert walk(OpaqueValue("Odd", "..."), "a") is ABSENT
