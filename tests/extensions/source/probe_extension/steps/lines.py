"""The step ``lines``: a script on a byte stream, with an assertion of its own in addition to those of every byte
stream."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from engine.model.case import Step
from engine.model.expectation import ABSENT
from engine.model.facts import TEXT
from engine.model.nodes import Node
from engine.model.requirements import Requirement
from engine.steps.api.context import Context
from engine.steps.api.facts import FactSet, fact
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType


@dataclass(frozen=True)
class LinesParams:
    """The script."""

    script: tuple[Step, ...]


@dataclass(frozen=True)
class LineParams:
    """``line`` has no parameters of its own."""


class LineFacts(FactSet):
    """The text read by ``line``."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @fact("text", TEXT)
    def text(self) -> object:
        """The line, without its end."""
        return self._data.decode("latin-1").rstrip("\r\n") if self._data else ABSENT


def parse(node: Node, reader: NodeReader) -> LinesParams:
    """The parameters of a valid node."""
    script = node.get("script")
    return LinesParams(reader.script(script, "lines") if script else ())


def parse_line(node: Node, reader: NodeReader) -> LineParams:
    """``line`` has no parameters of its own."""
    del node, reader
    return LineParams()


async def perform(params: LinesParams, ctx: Context) -> None:
    """Open a connection, and perform the script on it."""
    connection = await ctx.connect(ctx.step.connection, raw=True)
    try:
        await ctx.run(params.script, connection)
    finally:
        ctx.release(connection)


async def perform_line(params: LineParams, ctx: Context) -> Observation:
    """Read up to the next line feed; what follows is left for later actions."""
    del params
    channel, data = ctx.connection.channel, b""
    async with asyncio.timeout(ctx.step.checks.within):
        while b"\n" not in data:
            piece, at = await channel.receive()
            if not piece:
                return LineFacts(data)
            data += piece
    line, _, rest = data.partition(b"\n")
    if rest:
        channel.unread(rest, at)
    return LineFacts(line + b"\n")


STEP_TYPES = (
    StepType(
        name="lines",
        groups=("step",),
        summary="Speaks a protocol of lines.",
        schema=mapping({"script": literal("script:lines", "What happens, in order.")}, required=("script",)),
        parse=parse,
        perform=perform,
        requires=frozenset({Requirement.RAW}),
        inner=lambda params: [("", params.script)],
        includes=("stream", "flow"),
        named=True,
        connects=True,
    ),
    StepType(
        name="line",
        groups=("lines",),
        summary="Reads one line.",
        schema=mapping({}),
        parse=parse_line,
        perform=perform_line,
        facts=LineFacts.facts,
        observes=True,
        within="waits",
    ),
)
