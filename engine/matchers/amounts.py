"""Operators for numbers, times (seconds) and sizes (bytes)."""

from __future__ import annotations

from collections.abc import Callable

from engine.matchers.base import NUMBERS, Argument, Operator, Question
from engine.matchers.matching import render, with_unit
from engine.model.expectation import Mismatch
from engine.model.showing import as_text


def _compare(holds: Callable[[float, float], bool]) -> Callable[[Question], Mismatch | None]:
    def answer(question: Question) -> Mismatch | None:
        bound = render(question.argument, question.situation)
        if isinstance(bound, bool) or not isinstance(bound, (int, float)):
            return question.differs(why=f"the bound is {as_text(bound)}, which is not a number")
        value = question.observed
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return question.differs(why="the value is not a number")
        if holds(value, bound):
            return None
        actual = with_unit(value, bound)
        rounded = actual is not value and as_text(actual) == as_text(bound)
        return question.differs(why=f"exactly {value!r}" if rounded else "", actual=actual)

    return answer


OPERATORS = (
    Operator(
        "at_least",
        "Is this much or more.",
        Argument.AMOUNT,
        _compare(lambda a, b: a >= b),
        phrase=("is at least {}",),
        takes=NUMBERS,
    ),
    Operator(
        "at_most",
        "Is this much or less.",
        Argument.AMOUNT,
        _compare(lambda a, b: a <= b),
        phrase=("is at most {}",),
        takes=NUMBERS,
    ),
    Operator(
        "more_than",
        "Is more than this.",
        Argument.AMOUNT,
        _compare(lambda a, b: a > b),
        phrase=("is above {}",),
        takes=NUMBERS,
    ),
    Operator(
        "less_than",
        "Is less than this.",
        Argument.AMOUNT,
        _compare(lambda a, b: a < b),
        phrase=("is below {}",),
        takes=NUMBERS,
    ),
)
