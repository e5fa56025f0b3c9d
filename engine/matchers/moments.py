"""Operators for dates and times of the day, and for a tolerance around any amount.

A moment is a date of HTTP, a date of ISO 8601, or seconds since 1970. ``now`` is the time between the beginning of the
step and its observation, since a server may make a date at any time of it.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.matchers.base import NUMBERS, STRINGS, Argument, Operator, Question
from engine.matchers.matching import render, with_unit
from engine.model.expectation import Mismatch, Situation
from engine.model.moments import NOW, TOLERANCE, moment_of, show_moment
from engine.model.quantities import show_time
from engine.model.showing import as_text
from engine.model.variables import Variable, lookup

NO_MOMENT = "the value is neither a date nor a number"


def _span(argument: object, situation: Situation) -> tuple[float, float] | None:
    """The moments between which an argument lies: one, but for ``now``. None if it names no moment."""
    if argument == NOW:
        return situation.now
    if isinstance(argument, Variable) and argument.plus is not None:
        # `plus` counts seconds from a captured date.
        start = moment_of(lookup(argument.name, situation.variables))
        found = None if start is None else start + argument.plus
    else:
        found = moment_of(render(argument, situation))
    return None if found is None else (found, found)


def _compare(holds: Callable[[float, float, float], bool]) -> Callable[[Question], Mismatch | None]:
    def answer(question: Question) -> Mismatch | None:
        span = _span(question.argument, question.situation)
        if span is None:
            return question.differs(why="the expected value is neither a date nor a number")
        observed = moment_of(question.observed)
        if observed is None:
            return question.differs(why=NO_MOMENT)
        return None if holds(observed, *span) else question.differs(why=_distance(observed, *span))

    return answer


def _distance(observed: float, began: float, ended: float) -> str:
    """The distance of a moment from a span, in words."""
    if began <= observed <= ended:
        return "both are the same moment" if began == ended else "it lies within the step's own time"
    late = observed > ended
    return f"it is {show_time(observed - ended if late else began - observed)} {'later' if late else 'earlier'}"


def _near(question: Question) -> Mismatch | None:
    to, within = question.argument["to"], question.argument.get("within")
    span = _span(to, question.situation)
    observed = moment_of(question.observed)
    if span is None or observed is None:
        return question.differs(why=NO_MOMENT if observed is None else "the expected value is neither date nor number")
    tolerance = TOLERANCE if within is None else render(within, question.situation)
    if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float)):
        return question.differs(why=f"the tolerance is {as_text(tolerance)}, which is not a number")
    began, ended = span
    if began - tolerance <= observed <= ended + tolerance:
        return None
    if isinstance(question.observed, (int, float)) and to != NOW:
        return question.differs(actual=with_unit(question.observed, render(to, question.situation)))
    about = f" than {show_moment(ended)}" if to == NOW else ""
    return question.differs(why=f"{_distance(observed, began, ended)}{about}")


OPERATORS = (
    Operator(
        "near",
        "Is this date or amount, `within` a tolerance (5 s for dates by default); `now` is the time of the step.",
        Argument.NEAR,
        _near,
        phrase=("is within {}",),
        takes=STRINGS | NUMBERS,
    ),
    Operator(
        "later_than",
        "Is a date or time after this one.",
        Argument.MOMENT,
        _compare(lambda observed, began, ended: observed > ended),
        phrase=("is later than {}",),
        takes=STRINGS | NUMBERS,
    ),
    Operator(
        "earlier_than",
        "Is a date or time before this one.",
        Argument.MOMENT,
        _compare(lambda observed, began, ended: observed < began),
        phrase=("is earlier than {}",),
        takes=STRINGS | NUMBERS,
    ),
)
