"""Observations: the facts that one performed step saw, and how to ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from engine.model.expectation import Mismatch


class Observation(Protocol):
    """The facts that a step observed, by name."""

    def fact(self, name: str) -> object:
        """The value of a fact; ABSENT where it is not there. The linter has seen to it that the name is known."""
        ...

    @property
    def sent(self) -> bytes | None:
        """The bytes that this step sent, for ``sent: true``."""
        ...

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """Failures that need no explicit expectation, such as a missing response; without those that a fact among
        ``named`` covers."""
        ...


@runtime_checkable
class AtBoundary(Protocol):
    """An observation of the line between server and application, which knows whose doing a fact is."""

    def given(self, fact: str) -> bool:
        """True if a fact is about the server's doing: a value that the server gave the application, not one that the
        application made or never requested."""
        ...
