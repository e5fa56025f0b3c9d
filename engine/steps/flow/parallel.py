"""The step ``parallel``: named branches of steps, all at once."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.case import Step
from engine.model.nodes import Node
from engine.steps.api.context import Context
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal
from engine.steps.api.step_type import StepType
from engine.steps.shared.concurrency import all_of, own


@dataclass(frozen=True)
class ParallelParams:
    """The branches: a name and its steps."""

    branches: tuple[tuple[str, tuple[Step, ...]], ...]


def parse(node: Node, reader: NodeReader) -> ParallelParams:
    """The parameters of a valid node."""
    return ParallelParams(tuple((name, reader.steps(steps)) for name, steps in node.entries()))


async def perform(params: ParallelParams, ctx: Context) -> None:
    """Run all branches until each has ended. The first failure ends the others. Later steps can use their captures."""
    branches = [(ctx.branch({}, name), steps) for name, steps in params.branches]
    await all_of([branch.run(steps) for branch, steps in branches])
    for branch, _ in branches:
        ctx.variables.update(own(branch))


STEP_TYPES = (
    StepType(
        name="parallel",
        groups=("step",),
        summary="Runs branches of steps at the same time.",
        schema={
            "type": "object",
            "additionalProperties": literal("steps", "A branch: its steps happen in order."),
            "minProperties": 1,
            "description": "Branches by name; each is a list of steps.",
        },
        parse=parse,
        perform=perform,
        inner=lambda params: params.branches,
        not_by_hand="several things happen at the same time",
    ),
)
