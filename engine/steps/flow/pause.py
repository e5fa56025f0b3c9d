"""The step ``pause``: wait for a time, in steps and in scripts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from engine.model.nodes import Node
from engine.model.variables import Variable
from engine.steps.api.context import Context
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal
from engine.steps.api.step_type import StepType
from engine.steps.shared.values import seconds


@dataclass(frozen=True)
class PauseParams:
    """The duration, in seconds."""

    time: float | Variable


def parse(node: Node, reader: NodeReader) -> PauseParams:
    """The parameters of a valid node."""
    return PauseParams(reader.time(node))


async def perform(params: PauseParams, ctx: Context) -> None:
    """Wait."""
    await asyncio.sleep(seconds(params.time, ctx.variables))


STEP_TYPES = (
    StepType(
        name="pause",
        groups=("step", "flow"),
        summary="Waits for a time.",
        schema=literal("time", "The time to wait."),
        parse=parse,
        perform=perform,
        before_start=True,
        lasts=1.0,
        sleeps=True,
    ),
)
