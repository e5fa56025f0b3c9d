"""The steps ``mark`` and ``await``: where the case and the application's script meet, without guessing times."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from engine.model.nodes import Node
from engine.model.requirements import Requirement
from engine.model.variables import fill
from engine.steps.api.context import Context
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal
from engine.steps.api.step_type import StepType

# The interval of checking for a mark, in seconds.
POLL = 0.0015


@dataclass(frozen=True)
class CheckpointParams:
    """The mark's name."""

    name: str


def parse(node: Node, reader: NodeReader) -> CheckpointParams:
    """The parameters of a valid node."""
    return CheckpointParams(str(reader.value(node)))


async def mark(params: CheckpointParams, ctx: Context) -> None:
    """Set a mark."""
    name = fill(params.name, ctx.variables)
    ctx.live.boundary.mark(ctx.job, name)
    ctx.note("mark", name)


async def meet(params: CheckpointParams, ctx: Context) -> None:
    """Wait for a mark that either side sets. The case's own time bounds the wait."""
    name = fill(params.name, ctx.variables)
    boundary, job = ctx.live.boundary, ctx.job
    while not boundary.marked(job, name):  # noqa: ASYNC110 (a mark is a file that another process makes)
        await asyncio.sleep(POLL)
    ctx.note("met", name)


STEP_TYPES = (
    StepType(
        name="mark",
        groups=("step", "flow"),
        summary="Sets a mark that the application's script, or another branch, awaits.",
        schema=literal("word", "The mark's name."),
        parse=parse,
        perform=mark,
        requires=frozenset({Requirement.OBSERVER}),
        marks="sets",
        before_start=True,
    ),
    StepType(
        name="await",
        awaits=lambda params: f"the mark {params.name}",
        groups=("step", "flow"),
        summary="Waits for a mark that the application's script, or another branch, sets.",
        schema=literal("word", "The mark's name."),
        parse=parse,
        perform=meet,
        requires=frozenset({Requirement.OBSERVER}),
        marks="awaits",
    ),
)
