"""The comparison of an observation with that of an earlier step, for ``same_as``. Pure.

A named step keeps what it observed, and what the assertions of its script observed. An assertion is compared with the
one at its own turn among those of the same sort: the second ``response`` with the second ``response``. A ``request``
and a ``response`` are of the same sort, since they have the same facts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.model.expectation import ABSENT, Absent, Mismatch, SameAs, Unclear
from engine.model.showing import as_text
from engine.model.variables import WrongValue
from engine.steps.api.comparison import parts_of
from engine.steps.api.observation import AtBoundary, Observation


@dataclass(frozen=True, slots=True)
class Observed:
    """An observation of a step: the facts that are compared, which define its sort, and the port of this side of its
    connection, 0 for none."""

    compared: tuple[str, ...]
    observation: Observation
    port: int = 0


Earlier = Callable[[SameAs], tuple[Observed, Observed]]
"""The earlier observation that is named, and the present one. Raises ValueError if there is none."""


def at_the_same_turn(named: str, sort: tuple[str, ...], turn: int, several: Sequence[Observed]) -> Observed:
    """The observation of a named step at a turn, from 0, among those of a sort. Raises ValueError if there is none."""
    fitting = [one for one in several if one.compared == sort]
    if turn >= len(fitting):
        seen = f"{len(fitting)} such observations" if fitting else "nothing of this sort"
        raise WrongValue(f"`same_as: {named}` has nothing to compare with: that step observed {seen}")
    return fitting[turn]


def differences(same_as: SameAs, earlier: Observed, now: Observed) -> list[Mismatch]:
    """A mismatch for each part of a fact that differs, in the order of the facts. Absence is compared as well."""
    found: list[Mismatch] = []
    for fact in same_as.facts:
        before, after = parts_of(earlier.observation, fact), parts_of(now.observation, fact)
        for name in dict.fromkeys((*before, *after)):
            if any(name == one or name.startswith(f"{one}.") for one in same_as.without):
                continue
            expected = without_port(before.get(name, ABSENT), earlier.port)
            actual = without_port(after.get(name, ABSENT), now.port)
            if equal(expected, actual):
                continue
            given = isinstance(now.observation, AtBoundary) and now.observation.given(fact)
            text = "to be absent" if isinstance(expected, Absent) else as_text(expected)
            phrase = f"{text}, as in the step {same_as.step!r}"
            shown = after.get(name, ABSENT)
            found.append(
                Mismatch(name, phrase, shown, same_as.place, given=given, operator="same_as", expected_value=expected)
            )
    return found


def equal(one: object, other: object) -> bool:
    """Equality of observed values, with their types."""
    if isinstance(one, Unclear) and isinstance(other, Unclear):
        return one.why == other.why
    return type(one) is type(other) and one == other


def without_port(value: object, port: int) -> object:
    """A text or bytes with the own port replaced, which each connection has another of."""
    if not port:
        return value
    if isinstance(value, str):
        return re.sub(rf"(?<!\d){port}(?!\d)", "<port>", value)
    if isinstance(value, bytes):
        return type(value)(re.sub(rb"(?<!\d)%d(?!\d)" % port, b"<port>", value))
    return value
