"""The parts of an observation that ``same_as`` compares: facts, divided so that a mismatch names what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from engine.model.boundary import OpaqueValue
from engine.steps.api.observation import Observation

# The header fields whose value a clock, or a nonce of this side, decides. That they are there is compared.
VARYING = frozenset({"date", "sec-websocket-accept", "sec-websocket-key"})
VARIES = "..."
"""The placeholder for a value that may vary."""


@runtime_checkable
class Divisible(Protocol):
    """An observation that divides some of its facts."""

    def parts(self, fact: str) -> Mapping[str, object]:
        """The parts of a fact by their names: ``headers.server`` of ``headers``. Values that may vary are replaced."""
        ...


def parts_of(observation: Observation, fact: str) -> Mapping[str, object]:
    """The parts of a fact: those of the observation's own division, else the fact itself."""
    if isinstance(observation, Divisible):
        return observation.parts(fact)
    return {fact: observation.fact(fact)}


def fields(family: str, pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Header fields by name, each with its values in order; those of VARYING have only their number. The order of
    different names has no meaning (RFC 9110, 5.3)."""
    found: dict[str, list[object]] = {}
    for name, value in pairs:
        lower = name.lower()
        found.setdefault(f"{family}.{lower}", []).append(VARIES if lower in VARYING else value)
    return dict(found)


def plain(value: object) -> object:
    """A value that can be compared: of an object of the application's process only its class."""
    return f"a {value.cls}" if isinstance(value, OpaqueValue) else value
