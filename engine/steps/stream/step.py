"""The step ``tcp``: raw bytes on a connection, by a script."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.case import Step
from engine.model.nodes import Node
from engine.model.requirements import Requirement
from engine.steps.api.context import Context
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType


@dataclass(frozen=True)
class StreamParams:
    """The script."""

    script: tuple[Step, ...]


def parse(node: Node, reader: NodeReader) -> StreamParams:
    """The parameters of a valid node."""
    script = node.get("script")
    return StreamParams(reader.script(script, "tcp") if script else ())


async def perform(params: StreamParams, ctx: Context) -> None:
    """Open the connection, or continue a named one, and perform the script on it. Raises StepFailed when an ``expect``
    of the script does not hold."""
    connection = await ctx.connect(ctx.step.connection, raw=True)
    try:
        await ctx.run(params.script, connection)
    finally:
        ctx.release(connection)


STEP_TYPES = (
    StepType(
        name="tcp",
        groups=("step",),
        summary="Sends raw bytes, and checks the answer, byte by byte where that matters.",
        schema=mapping(
            {"script": literal("script:tcp", "The actions and assertions, in order.")}, required=("script",)
        ),
        parse=parse,
        perform=perform,
        requires=frozenset({Requirement.RAW}),
        inner=lambda params: [("", params.script)],
        includes=("stream", "flow"),
        named=True,
        connects=True,
        lasts=0.3,
        http1="it sends the bytes of HTTP/1.1",
    ),
)
