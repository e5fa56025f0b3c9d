"""Steps inside steps: scripts, branches and turns, as the step types that hold them declare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from engine.model.case import Step

if TYPE_CHECKING:
    from engine.steps.api.step_type import StepType

P = TypeVar("P")

InnerSteps = Callable[[P], Iterable[tuple[str, tuple[Step, ...]]]]
"""From a step's parameters to the lists of steps in them, each with its name; "" for the only one of its sort."""


def inside(step: Step, types: Mapping[tuple[str, str], StepType[Any]]) -> Iterator[Step]:
    """The steps inside a step, at any depth, in the order of the document."""
    inner = types[step.group, step.step_type].inner
    for _, steps in inner(step.params) if inner is not None else ():
        for one in steps:
            yield one
            yield from inside(one, types)
