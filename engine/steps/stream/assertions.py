"""Assertions of a script on a connection: ``response``, ``read``, ``closed``, ``silence``."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from engine.errors import Reset
from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.protocols import Channel
from engine.model.quantities import show_size, show_time
from engine.model.showing import as_text
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString, WireBytes
from engine.steps.api.context import Context
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.http1.facts import ResponseFacts
from engine.steps.http1.session import Response, read_response, still_open
from engine.steps.shared.endings import Ending, wait
from engine.steps.shared.implicit_failures import ImplicitFailure
from engine.steps.shared.values import integer, seconds, text
from engine.steps.stream.facts import ClosedFacts, ReadFacts


@dataclass(frozen=True)
class Awaited:
    """``response``: the method that it answers."""

    method: object = "GET"


@dataclass(frozen=True)
class Read:
    """``read``: how many bytes, or up to which."""

    size: object = None
    until: ByteString | None = None


@dataclass(frozen=True)
class ClosedParams:
    """``closed``: it has no parameters of its own."""


@dataclass(frozen=True)
class Silence:
    """``silence``: for how long, in seconds."""

    time: float | Variable


# response


def parse_response(node: Node, reader: NodeReader) -> Awaited:
    """The parameters of a valid node."""
    to = node.get("to")
    return Awaited(reader.value(to)) if to else Awaited()


async def perform_response(params: Awaited, ctx: Context) -> Observation:
    """Read one response (RFC 9112) and return its facts; bytes behind it are left for the next assertion."""
    connection = ctx.connection
    response = Response(text(params.method, ctx.variables), sent_at=connection.since)
    await read_response(connection.channel, response, ctx.step.checks.within, ctx.now())
    if "open" in ctx.step.checks.facts:
        response.open = await still_open(connection.channel, response)
    return ResponseFacts(response, connection.sent)


# read


def parse_read(node: Node, reader: NodeReader) -> Read:
    """The parameters of a valid node."""
    size, until = node.get("size"), node.get("until")
    if size and until:
        reader.mistake(until, "`read` stops at a size or at bytes, not at both", "leave one of `size` and `until` out")
    return Read(reader.size(size) if size else None, reader.bytes(until) if until else None)


async def perform_read(params: Read, ctx: Context) -> Observation:
    """Read ``size`` bytes, or up to and including ``until``, and return them; without either, everything up to the end
    of the connection or the deadline. A read that ends earlier is a failure. Raises ValueError for a size that is not
    a whole number."""
    size = None if params.size is None else integer(params.size, ctx.variables, "size")
    until = params.until.render(ctx.variables) if params.until is not None else None
    channel = ctx.connection.channel
    got = bytearray()

    async def reading() -> int | None:
        """The offset at which the read ends; bytes behind it are put back. None if the connection ended before."""
        at = ctx.now()
        while (end := _read_to(got, size, until)) is None:
            data, at = await channel.receive()
            if not data:
                return None
            got.extend(data)
        channel.unread(bytes(got[end:]), at)
        del got[end:]
        return end

    ended = await wait(reading(), ctx.step.checks.within)
    facts = ReadFacts(bytes(got), ctx.connection.sent)
    if not isinstance(ended, Ending) or (size is None and until is None):
        return facts
    expected = f"to read {show_size(size)}" if size is not None else f"to read up to {as_text(WireBytes(until or b''))}"
    why = f"received {show_size(len(got))}, then {ended.actual!r}"
    return ImplicitFailure("read", expected, facts.data, why, facts)


def _read_to(got: bytearray, size: int | None, until: bytes | None) -> int | None:
    """The offset to stop at in the received bytes, None if more are needed."""
    if size is not None:
        return size if len(got) >= size else None
    if until is not None:
        at = got.find(until)
        return None if at < 0 else at + len(until)
    return None


# closed


def parse_closed(node: Node, reader: NodeReader) -> ClosedParams:
    """``closed`` has no parameters of its own."""
    del node, reader
    return ClosedParams()


async def to_the_end(channel: Channel, rest: list[tuple[bytes, float]]) -> tuple[str, float | None]:
    """Read into ``rest`` until the peer ends the connection. Returns how (fin, tls or reset) and when, in seconds of
    CLOCK_MONOTONIC, None if the time is unknown."""
    while True:
        try:
            data, at = await channel.receive()
        except Reset:
            at_reset = [event.at for event in channel.events if event.what == "reset"]
            return "reset", at_reset[-1] if at_reset else None
        if not data:
            return channel.closure or "fin", at
        rest.append((data, at))


async def perform_closed(params: ClosedParams, ctx: Context) -> Observation:
    """Wait until the peer ends the connection, and return how it did; bytes received before are the fact ``rest``. A
    connection that is still open at the deadline is a failure."""
    connection, within = ctx.connection, ctx.step.checks.within
    rest: list[tuple[bytes, float]] = []
    try:
        async with asyncio.timeout(within):
            how, at = await to_the_end(connection.channel, rest)
    except TimeoutError:
        for data, came in reversed(rest):
            connection.channel.unread(data, came)
        return still_open_after(within, ClosedFacts(rest, connection.sent))
    elapsed = (ctx.now() if at is None else at) - connection.since
    return ClosedFacts(rest, connection.sent, how=how, elapsed=elapsed)


def still_open_after(within: float | None, facts: ClosedFacts, came: str = "") -> ImplicitFailure:
    """The failure of a connection that did not end within so many seconds. ``came`` is what the peer sent instead, ""
    for nothing."""
    actual = Worded(f"{came}a connection still open after {show_time(within or 0.0)}")
    return ImplicitFailure("closed", "the server to close the connection", actual, observation=facts)


# silence


def parse_silence(node: Node, reader: NodeReader) -> Silence:
    """The parameters of a valid node."""
    return Silence(reader.time(node))


async def perform_silence(params: Silence, ctx: Context) -> Observation | None:
    """Wait for ``time`` seconds. A byte that is received meanwhile is a failure; the end of the connection is none."""
    channel, began = ctx.connection.channel, ctx.now()
    wait = seconds(params.time, ctx.variables)
    try:
        async with asyncio.timeout(wait):
            data, at = await channel.receive()
            if data:
                channel.unread(data, at)
                after = f"received after {show_time(max(0.0, at - began))}"
                return ImplicitFailure("silence", f"silence for {show_time(wait)}", WireBytes(data), after)
            await asyncio.sleep(wait)
    except TimeoutError:
        return None
    except Reset:
        await asyncio.sleep(max(0.0, wait - (ctx.now() - began)))
    return None


STEP_TYPES = (
    StepType(
        name="response",
        awaits="a response",
        groups=("stream",),
        summary="Reads one HTTP response.",
        schema=mapping({"to": literal("text", "The request's method, where it matters: HEAD, CONNECT.")}),
        parse=parse_response,
        perform=perform_response,
        facts=ResponseFacts.facts,
        compared=ResponseFacts.compared,
        observes=True,
        within="waits",
    ),
    StepType(
        name="read",
        awaits="more bytes",
        groups=("stream",),
        summary="Reads bytes: so many, or until some bytes came; all until the end without either.",
        schema=mapping(
            {
                "size": literal("size", "The number of bytes."),
                "until": literal("bytes", "The bytes that end it; they are part of what was read."),
            }
        ),
        parse=parse_read,
        perform=perform_read,
        facts=ReadFacts.facts,
        compared=ReadFacts.compared,
        observes=True,
        within="waits",
    ),
    StepType(
        name="closed",
        awaits="the peer to close the connection",
        groups=("stream",),
        summary="Waits until the peer has closed the connection.",
        schema=mapping({}),
        parse=parse_closed,
        perform=perform_closed,
        facts=ClosedFacts.facts,
        compared=ClosedFacts.compared,
        observes=True,
        within="waits",
    ),
    StepType(
        name="silence",
        groups=("stream",),
        summary="Sees that no byte comes for a time.",
        schema=literal("time", "For how long."),
        parse=parse_silence,
        perform=perform_silence,
        sleeps=True,
    ),
)
