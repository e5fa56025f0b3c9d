"""Observations that are wrong though no expectation says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.model.expectation import ABSENT, Mismatch


@dataclass(frozen=True)
class ImplicitFailure:
    """A step that did not come off: what should have been, what was, and what a reader cannot see from the two.

    ``facts`` are those that are known all the same.
    """

    where: str
    expected: str
    actual: object
    why: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    sent: bytes | None = None

    def fact(self, name: str) -> object:
        """The value of a fact; ABSENT for most."""
        return self.facts.get(name, ABSENT)

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """The one mismatch, whatever is named."""
        return (Mismatch(self.where, self.expected, self.actual, why=self.why),)
