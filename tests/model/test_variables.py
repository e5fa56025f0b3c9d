"""Variables in text and as values."""

from __future__ import annotations

import pytest

from engine.model.variables import Unknown, Variable, fill, names_in, resolve

KNOWN = {"n": 2, "deep": {"list": [{"x": "y"}]}, "flag": True, "none": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$(n)", "2"),
        ("a$(n)b$(n)", "a2b2"),
        ("$(deep.list.0.x)", "y"),
        ("$(flag) $(none)", "true null"),
        ("$$(n)", "$(n)"),
        ("$n $ (n)", "$n $ (n)"),
    ],
)
def test_fill(text: str, expected: str) -> None:
    assert fill(text, KNOWN) == expected


@pytest.mark.parametrize("name", ["x", "deep.none", "deep.list.1", "n.a"])
def test_unknown(name: str) -> None:
    with pytest.raises(Unknown):
        fill(f"$({name})", KNOWN)


def test_a_variable_keeps_its_type_at_any_depth() -> None:
    assert resolve({"a": [Variable("n"), Variable("n", 1)], "b$(n)": "x$(n)"}, KNOWN) == {"a": [2, 3], "b2": "x2"}


def test_plus_needs_a_number() -> None:
    with pytest.raises(TypeError, match="plus"):
        resolve(Variable("flag", 1), KNOWN)


def test_names_in_text() -> None:
    assert names_in("$(a) $$(b) $(c.d)") == ["a", "c.d"]
