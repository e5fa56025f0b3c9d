"""Operators for numbers, times (seconds) and sizes (bytes)."""

from __future__ import annotations

from collections.abc import Callable

from engine.matchers.base import NUMBERS, Argument, Operator, Question
from engine.matchers.matching import render
from engine.model.expectation import Mismatch
from engine.model.showing import shown


def _compare(phrase: str, holds: Callable[[float, float], bool]) -> Callable[[Question], Mismatch | None]:
    def answer(question: Question) -> Mismatch | None:
        bound = render(question.argument, question.situation)
        if isinstance(bound, bool) or not isinstance(bound, (int, float)):
            return question.differs(f"is {phrase} a number", f"the bound is {shown(bound)}")
        value = question.observed
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return question.differs(f"is {phrase} {bound:g}", "it is no number")
        return None if holds(value, bound) else question.differs(f"is {phrase} {bound:g}")

    return answer


OPERATORS = (
    Operator(
        "at_least",
        "Is this much or more.",
        Argument.AMOUNT,
        _compare("at least", lambda a, b: a >= b),
        phrase=("is at least {}",),
        takes=NUMBERS,
    ),
    Operator(
        "at_most",
        "Is this much or less.",
        Argument.AMOUNT,
        _compare("at most", lambda a, b: a <= b),
        phrase=("is at most {}",),
        takes=NUMBERS,
    ),
    Operator(
        "more_than",
        "Is more than this.",
        Argument.AMOUNT,
        _compare("more than", lambda a, b: a > b),
        phrase=("is more than {}",),
        takes=NUMBERS,
    ),
    Operator(
        "less_than",
        "Is less than this.",
        Argument.AMOUNT,
        _compare("less than", lambda a, b: a < b),
        phrase=("is less than {}",),
        takes=NUMBERS,
    ),
)
