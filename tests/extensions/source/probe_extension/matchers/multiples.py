"""An operator for multiples."""

from __future__ import annotations

from engine.matchers.base import NUMBERS, Argument, Operator, Question
from engine.model.expectation import Mismatch


def _divides(question: Question) -> Mismatch | None:
    observed = question.observed
    if isinstance(observed, int) and observed % question.argument == 0:
        return None
    return question.differs(f"is a multiple of {question.argument}")


OPERATORS = (Operator("multiple_of", "Is a multiple of this.", Argument.AMOUNT, _divides, takes=NUMBERS),)
