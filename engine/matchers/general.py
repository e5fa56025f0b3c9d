"""Operators for values of any kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.matchers.base import Argument, Operator, Question
from engine.matchers.matching import render, same, with_unit
from engine.model.boundary import OpaqueValue
from engine.model.expectation import Absent, Mismatch
from engine.model.phrasing import literal
from engine.model.wire_bytes import TruncatedBytes, WireBytes

TYPES = ("text", "bytes", "integer", "number", "boolean", "null", "list", "object")


def _equals(question: Question) -> Mismatch | None:
    expected = render(question.argument, question.situation)
    if same(question.observed, expected):
        return None
    where, left, right = _part(question.observed, expected)
    if not where:
        return question.differs(literal(expected), actual=with_unit(left, right))
    return replace(question.differs(literal(right), actual=left), expected_value=right).inside(where)


def _part(observed: object, expected: object) -> tuple[str, object, object]:
    """The way to the first part in which two structures differ, and the two parts."""
    if isinstance(observed, Mapping) and isinstance(expected, Mapping) and observed.keys() == expected.keys():
        for key, value in observed.items():
            if not same(value, expected[key]):
                where, left, right = _part(value, expected[key])
                return f".{key}{where}", left, right
    if isinstance(observed, (list, tuple)) and isinstance(expected, (list, tuple)) and len(observed) == len(expected):
        for index, (one, other) in enumerate(zip(observed, expected, strict=True)):
            if not same(one, other):
                where, left, right = _part(one, other)
                return f"[{index}]{where}", left, right
    return "", observed, expected


def _not(question: Question) -> Mismatch | None:
    inner = question.match(question.observed, question.argument, "")
    return question.differs() if inner is None else None


def _any_of(question: Question) -> Mismatch | None:
    if any(question.match(question.observed, matcher, "") is None for matcher in question.argument):
        return None
    return question.differs()


def _all_of(question: Question) -> Mismatch | None:
    for matcher in question.argument:
        mismatch = question.match(question.observed, matcher, "")
        if mismatch is not None:
            return mismatch
    return None


def _present(question: Question) -> Mismatch | None:
    there = not isinstance(question.observed, Absent)
    return None if there is question.argument else question.differs()


def type_of(value: object) -> str:
    """The word of ``type`` for a value; a class of its own where none fits."""
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    for cls, word in ((str, "text"), (int, "integer"), (float, "number"), (bytes, "bytes"), (TruncatedBytes, "bytes")):
        if isinstance(value, cls):
            return word
    if isinstance(value, (list, tuple)):
        return "list"
    return "object" if isinstance(value, Mapping) else python_class(value)


def python_class(value: object) -> str:
    """The name of a value's class in the application's process."""
    if isinstance(value, OpaqueValue):
        return value.cls
    return "bytes" if isinstance(value, (WireBytes, TruncatedBytes)) else type(value).__name__


def _type(question: Question) -> Mismatch | None:
    found = type_of(question.observed)
    if found == question.argument or (question.argument == "number" and found == "integer"):
        return None
    return question.differs(why=f"it is of type {found}")


def _python(question: Question) -> Mismatch | None:
    found = python_class(question.observed)
    return None if found == question.argument else question.differs(why=f"its class is {found}")


def _var(question: Question) -> Mismatch | None:
    return _equals(question)


OPERATORS = (
    Operator(
        "equals", "Is this very value; a mapping is a whole JSON object.", Argument.LITERAL, _equals, phrase=("is {}",)
    ),
    Operator("not", "Is present, and does not match.", Argument.MATCHER, _not, phrase=("is not: {}",)),
    Operator(
        "any_of",
        "Matches at least one of the list.",
        Argument.MATCHERS,
        _any_of,
        takes_absent=True,
        phrase=("{}", "is one of {}"),
    ),
    Operator(
        "all_of",
        "Matches every one of the list.",
        Argument.MATCHERS,
        _all_of,
        takes_absent=True,
        phrase=("{}", "is all of {}"),
    ),
    Operator(
        "present",
        "Is present (true), or is absent (false).",
        Argument.FLAG,
        _present,
        takes_absent=True,
        phrase=("is present", "is absent"),
    ),
    Operator(
        "var",
        "Equals the variable of this name, with its own type; `plus` adds to it.",
        Argument.VARIABLE,
        _var,
        phrase=("is {}",),
    ),
    Operator("type", "Is a value of this type.", Argument.WORD, _type, words=TYPES, phrase=("is of type {}",)),
    Operator(
        "python",
        "Is exactly of this Python class in the application, no subclass.",
        Argument.NAME,
        _python,
        phrase=("is a Python {}",),
    ),
)
