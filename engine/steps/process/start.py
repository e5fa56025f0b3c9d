"""The step ``start``: starts the server, which in a case with such a step is not running before."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import StartError
from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.requirements import Requirement
from engine.steps.api.context import Context
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.shared.implicit_failures import ImplicitFailure
from engine.steps.shared.values import flag


@dataclass(frozen=True)
class StartParams:
    """``ready``: wait until the server answers."""

    ready: object = True


def parse(node: Node, reader: NodeReader) -> StartParams:
    """The parameters of a valid node."""
    ready = node.get("ready")
    return StartParams(reader.value(ready)) if ready is not None else StartParams()


async def perform(params: StartParams, ctx: Context) -> Observation | None:
    """Start it, and wait until it is ready, unless the step says not to. A server that ended may be started again."""
    ready = flag(params.ready, ctx.variables)
    ctx.note("start", "and wait until it answers" if ready else "without waiting for it")
    try:
        await ctx.live.start(ready=ready)
    except StartError as error:
        log = f"; its log ends: {error.log}" if error.log else ""
        return ImplicitFailure("start", "the server to start", Worded(error.what), f"{error.hint}{log}".lstrip("; "))
    return None


STEP_TYPES = (
    StepType(
        name="start",
        awaits="the server to be ready",
        groups=("step",),
        summary="Starts the server, for the first time or after it ended.",
        schema=mapping(
            {"ready": literal("flag", "false: do not wait until it responds; later steps observe the result.")}
        ),
        parse=parse,
        perform=perform,
        requires=frozenset({Requirement.DEDICATED}),
        lifecycle="starts",
        lasts=1.0,
    ),
)
