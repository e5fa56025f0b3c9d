"""A job: one case on one target."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from engine.model.case import Case, Step
from engine.model.target import Launch, Target


@dataclass(frozen=True, slots=True)
class Job:
    """``position`` is its place in the run, from 0, and names it. ``left_out`` says why it will not be run: the
    target lacks what the case needs, or the case skips it; "" if it will be. ``keeps_scope`` says that the case asks
    for the scope as it is after a call."""

    position: int
    case: Case
    target: Target
    launch: Launch
    left_out: str = ""
    keeps_scope: bool = False

    @property
    def id(self) -> str:
        """A word that is unique in its run; it goes into headers and file names."""
        return f"j{self.position}"


def steps_in(value: object) -> Iterator[Step]:
    """Every step at any depth of a step's parameters, or of a tuple of steps."""
    if isinstance(value, Step):
        yield value
        yield from steps_in(value.params)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from steps_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from steps_in(item)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from steps_in(getattr(value, field.name))


def names_fact(case: Case, fact: str) -> bool:
    """Whether any step of a case names a fact, or something inside it."""
    for step in steps_in(case.steps):
        if any(name == fact or name.startswith(f"{fact}.") for name in step.checks.facts()):
            return True
    return False
