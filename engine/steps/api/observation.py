"""Observations: the facts that one performed step saw, and how to ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from engine.model.expectation import ABSENT, Mismatch


class Observation(Protocol):
    """What a step saw: facts by name."""

    def fact(self, name: str) -> object:
        """The value of a fact; ABSENT where it is not there. The linter has seen to it that the name is known."""
        ...

    @property
    def sent(self) -> bytes | None:
        """What this step sent, for ``sent: true``."""
        ...

    def unmet(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """What is wrong though no expectation says so: a response that never came, unless a fact among ``named``
        takes that upon itself."""
        ...


@runtime_checkable
class AtBoundary(Protocol):
    """An observation of the line between server and application, which knows whose doing a fact is."""

    def given(self, fact: str) -> bool:
        """Whether a fact is what the server gave the application, and not what the application made of it or never
        asked for."""
        ...


class ObservedByApp(Protocol):
    """An observation that was made from the observer's records, which may be incomplete."""

    @property
    def lost(self) -> int:
        """How many records of the calls that it speaks of cannot be used."""
        ...


@dataclass(frozen=True)
class MappingObservation:
    """An observation from a plain mapping of facts, with nothing implied."""

    facts: Mapping[str, object] = field(default_factory=dict)
    sent: bytes | None = None

    def fact(self, name: str) -> object:
        return self.facts.get(name, ABSENT)

    def unmet(self, named: frozenset[str]) -> Sequence[Mismatch]:
        return ()
