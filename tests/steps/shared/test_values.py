from __future__ import annotations

import pytest

from engine.model.variables import Variable
from engine.steps.shared.values import flag, integer, scalar, seconds, text

KNOWN = {"n": 3, "t": 0.5, "yes": True, "word": "x", "digits": "12"}


def test_numbers() -> None:
    assert [integer(value, KNOWN, "it") for value in (1, Variable("n"), Variable("n", 1), Variable("digits"), "7")] == [
        1, 3, 4, 12, 7,
    ]  # fmt: skip
    for wrong in (True, 1.5, "x", Variable("yes"), None, "-1"):
        with pytest.raises(ValueError, match="times is"):
            integer(wrong, KNOWN, "times")


def test_times() -> None:
    assert (seconds(0.2, KNOWN), seconds(Variable("t"), KNOWN), seconds(Variable("n"), KNOWN)) == (0.2, 0.5, 3.0)
    with pytest.raises(ValueError, match="not a time in seconds"):
        seconds(Variable("yes"), KNOWN)


def test_flags_and_texts() -> None:
    assert flag(Variable("yes"), KNOWN) is True
    with pytest.raises(ValueError, match="neither true nor false"):
        flag(Variable("n"), KNOWN)
    assert (text("a$(word)", KNOWN), text(Variable("n"), KNOWN)) == ("ax", "3")


def test_the_schema_of_a_scalar_needs_no_union() -> None:
    schema = scalar("integer", description="d", minimum=0)
    assert schema["type"] == ["integer", "object"]
    assert schema["minimum"] == 0
    assert schema["required"] == ["var"]
