"""Failures that need no explicit expectation, such as a missing response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.model.expectation import Mismatch
from engine.model.phrasing import Worded
from engine.steps.api.comparison import parts_of
from engine.steps.api.facts import FactSet
from engine.steps.api.observation import Observation

NOTHING = FactSet()
"""The observation of a step that observed no fact."""


@dataclass(frozen=True)
class ImplicitFailure:
    """An observation of a step that failed without an expectation.

    ``expected`` and ``actual`` complete the sentence "expected ..., got ...", and ``why`` is a remark behind it, ""
    for none. ``where`` is the name under which reports compare the failure. ``observation`` has the facts that are
    known in spite of it.
    """

    where: str
    expected: str
    actual: object
    why: str = ""
    observation: Observation = NOTHING

    @property
    def sent(self) -> bytes | None:
        """The bytes that this step sent, for ``sent: true``."""
        return self.observation.sent

    def fact(self, name: str) -> object:
        """The value of a fact; ABSENT for most."""
        return self.observation.fact(name)

    def parts(self, fact: str) -> Mapping[str, object]:
        """The parts of a fact that ``same_as`` compares; absent for most."""
        return parts_of(self.observation, fact)

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
