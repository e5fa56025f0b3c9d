"""The step ``eventually``: steps that are tried again until all that they expect holds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from engine.model.case import Step
from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.quantities import show_time
from engine.model.variables import Variable
from engine.steps.api.context import Context, StepFailed
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.shared.implicit_failures import ImplicitFailure
from engine.steps.shared.values import seconds

EVERY = 0.05


@dataclass(frozen=True)
class EventuallyParams:
    """For how long, with which pause between tries (seconds), and what."""

    within: float | Variable
    every: float | Variable
    steps: tuple[Step, ...]


def parse(node: Node, reader: NodeReader) -> EventuallyParams:
    """The parameters of a valid node."""
    within, every, steps = (node.get(key) for key in ("within", "every", "steps"))
    return EventuallyParams(
        reader.time(within) if within else 0.0,
        reader.time(every) if every else EVERY,
        reader.steps(steps) if steps else (),
    )


async def perform(params: EventuallyParams, ctx: Context) -> Observation | None:
    """Try the steps until they hold. When the time is over, the last whole try counts, and what it found wrong."""
    within = seconds(params.within, ctx.variables)
    every = seconds(params.every, ctx.variables)
    failed: Context | None = None
    try:
        async with asyncio.timeout(within):
            while True:
                trial = ctx.trial()
                try:
                    await trial.run(params.steps)
                except StepFailed:
                    failed = trial
                    await asyncio.sleep(every)
                    continue
                break
    except TimeoutError:
        if failed is None:
            return ImplicitFailure(
                "eventually", f"the steps to end within {show_time(within)}", Worded("steps still in progress")
            )
        ctx.settle(failed)
        raise StepFailed from None
    ctx.settle(trial)
    return None


STEP_TYPES = (
    StepType(
        name="eventually",
        groups=("step",),
        summary="Tries steps again until everything that they expect holds.",
        schema=mapping(
            {
                "within": literal("time", "For how long to try; what the last try found wrong counts then."),
                "every": literal("time", "The pause between two tries; 50 ms by default."),
                "steps": literal("steps", "The steps to try."),
            },
            required=("within", "steps"),
        ),
        parse=parse,
        perform=perform,
        inner=lambda params: [("", params.steps)],
        retries=True,
        lasts=0.3,
    ),
)
