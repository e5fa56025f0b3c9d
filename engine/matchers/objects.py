"""Operators for objects: JSON's, and the dicts at the boundary."""

from __future__ import annotations

from collections.abc import Mapping

from engine.matchers.base import OBJECTS, Argument, InnerMatchers, Operator, Question
from engine.model.expectation import ABSENT, Mismatch
from engine.model.variables import fill


def _fields(question: Question) -> Mismatch | None:
    observed = question.observed
    if not isinstance(observed, Mapping):
        return question.differs("is an object")
    for key, matcher in question.argument.items():
        name = fill(key, question.situation.variables)
        mismatch = question.match(observed.get(name, ABSENT), matcher, f".{name}")
        if mismatch is not None:
            return mismatch
    return None


def _keys(question: Question) -> Mismatch | None:
    observed = question.observed
    if not isinstance(observed, Mapping):
        return question.differs("is an object")
    return question.match(list(observed), question.argument, ".keys")


OPERATORS = (
    Operator(
        "fields",
        "Is an object in which these keys match; it may have others.",
        Argument.FIELDS,
        _fields,
        phrase=("is an object in which {}",),
        takes=OBJECTS,
        part=InnerMatchers.FIELDS,
    ),
    Operator(
        "keys",
        "Is an object whose list of keys matches.",
        Argument.MATCHER,
        _keys,
        phrase=("is an object whose list of keys {}",),
        takes=OBJECTS,
        part=InnerMatchers.KEYS,
    ),
)
