"""Failures that need no explicit expectation, such as a missing response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.model.expectation import ABSENT, Mismatch
from engine.model.phrasing import Worded


@dataclass(frozen=True)
class ImplicitFailure:
    """A step that failed without an expectation: ``expected`` and ``actual`` complete the sentence "expected ..., got
    ...", and ``why`` is a remark behind it, "" for none. ``where`` is the name under which reports compare it.
    ``facts`` are those that are known in spite of the failure.
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

    @property
    def mismatch(self) -> Mismatch:
        """The failure as a mismatch, without a span."""
        return Mismatch(self.where, self.expected, self.actual, why=self.why, implicit=True)

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """The one mismatch, whatever the case names."""
        return (self.mismatch,)


def violation(where: str, what: str, standard: str, fault: str) -> Mismatch:
    """A rule of a standard that the peer broke: ``what`` is what has to conform, ``fault`` a sentence about the
    rule."""
    return Mismatch(where, f"{what} that conforms to {standard}", Worded(f"a violation: {fault}", fault), implicit=True)
