"""The assertion ``flood`` of a script on a connection: the amount that a peer takes before it blocks or hangs up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from engine.errors import Reset
from engine.model.nodes import Node
from engine.model.variables import Variable, WrongValue
from engine.model.wire_bytes import ByteString
from engine.steps.api.context import Context
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import Schema, literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.shared.values import integer, positive, seconds
from engine.steps.stream.facts import FloodFacts

# Rounds of a few bytes go out in writes of about this size, so that a flood of them is one.
WRITE = 64 * 1024


@dataclass(frozen=True)
class Bounds:
    """The end of a flood: so many bytes, so many rounds, or a standstill of this long (seconds). One of the first two
    is set."""

    up_to: object
    times: object
    blocked_for: float | Variable


@dataclass(frozen=True)
class Flood:
    """``flood``: the bytes that are sent again and again, and when it ends."""

    of: ByteString
    bounds: Bounds = field(metadata={"inline": True})


def parse_bounds(node: Node, reader: NodeReader) -> Bounds:
    """The bounds in a valid node."""
    up_to, times, blocked_for = (node.get(key) for key in ("up_to", "times", "blocked_for"))
    if up_to is None and times is None:
        reader.mistake(node, "`flood` has no end", "add `up_to: 1MiB`, or `times: 1000`")
    return Bounds(
        positive(up_to, reader.size(up_to), reader, "up_to", "1B") if up_to else None,
        positive(times, reader.value(times), reader, "times", "1") if times else None,
        positive(blocked_for, reader.time(blocked_for), reader, "blocked_for", "100ms") if blocked_for else 1.0,
    )


def parse_flood(node: Node, reader: NodeReader) -> Flood:
    """The parameters of a valid node."""
    of = node.get("of")
    return Flood(reader.bytes(of) if of else ByteString(()), parse_bounds(node, reader))


async def perform_flood(params: Flood, ctx: Context) -> Observation:
    """Send bytes repeatedly, the last time only a part of them if ``up_to`` says so."""
    return await flood(ctx, params.of.render(ctx.variables), params.bounds)


async def flood(ctx: Context, piece: bytes, bounds: Bounds, *, whole: bool = False) -> FloodFacts:
    """Send ``piece`` repeatedly, until enough was sent, the peer accepts no more for a while, or the connection ends.

    The accepted amount counts complete writes, including those in the kernel's own buffers. With ``whole`` no piece is
    cut: the last one goes beyond ``up_to`` if need be. Raises ValueError if there is nothing to send.
    """
    if not piece:
        raise WrongValue("`flood` needs bytes to send")
    size = len(piece)
    up_to = None if bounds.up_to is None else integer(bounds.up_to, ctx.variables, "up_to")
    limit = up_to if up_to is None or not whole else -(-up_to // size) * size
    if bounds.times is not None:
        times = integer(bounds.times, ctx.variables, "times") * size
        limit = times if limit is None else min(limit, times)
    blocked_for = seconds(bounds.blocked_for, ctx.variables)
    connection, accepted, ended = ctx.connection, 0, "sent"
    write = piece * max(1, WRITE // size) if whole else piece
    while accepted < (limit or 0):
        part = write[: (limit or 0) - accepted]
        try:
            async with asyncio.timeout(blocked_for):
                connection.sent_at = await connection.channel.send(part)
        except TimeoutError:
            ended = "blocked"
            break
        except Reset:
            ended = "reset"
            break
        accepted += len(part)
        if connection.channel.ended == "fin":
            ended = "closed"
            break
    return FloodFacts(accepted, accepted // size, ended)


BOUNDS: dict[str, Schema] = {
    "up_to": literal("size", "The maximum number of bytes."),
    "times": literal("count", "The maximum number of rounds."),
    "blocked_for": literal("time", "A standstill of this long ends it; 1 s by default."),
}

STEP_TYPES = (
    StepType(
        name="flood",
        awaits="the peer to take no more",
        groups=("stream",),
        summary="Sends until the peer takes no more.",
        schema=mapping({"of": literal("bytes", "The bytes that are sent repeatedly."), **BOUNDS}, required=("of",)),
        parse=parse_flood,
        perform=perform_flood,
        not_by_hand="the client sends until nothing more is taken",
        facts=FloodFacts.facts,
        observes=True,
    ),
)
