"""Assertions of a script on HTTP/2: ``response``, ``receive``, ``reset_received``, ``goaway_received``,
``settings_received``, ``pong``, ``windows``, ``closed`` and ``silence``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.quantities import show_time
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString
from engine.protocols.http2.connection import Arrival, is_silent, named_settings
from engine.protocols.http2.frames import GOAWAY, PING, RST_STREAM, SETTINGS, TYPES, Frame
from engine.protocols.http2.words import in_words
from engine.steps.api.context import Context
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.http1.session import Response
from engine.steps.http2.actions import named_value, number_of
from engine.steps.http2.facts import FrameFacts, GoawayFacts, SettingsFacts, StreamAnswer, StreamFacts, WindowFacts
from engine.steps.http2.session import Http2Session, session_of, stream_of
from engine.steps.http2.shared import STREAM
from engine.steps.shared.endings import Ending, wait
from engine.steps.shared.implicit_failures import ImplicitFailure
from engine.steps.shared.values import scalar, seconds
from engine.steps.stream.facts import ClosedFacts


@dataclass(frozen=True)
class OfStream:
    """The stream, None for the current one."""

    stream: object = None


@dataclass(frozen=True)
class Nothing:
    """An assertion without parameters."""


def parse_stream(node: Node, reader: NodeReader) -> OfStream:
    """The parameters of a valid node."""
    stream = node.get("stream")
    return OfStream(reader.value(stream) if stream else None)


def parse_nothing(node: Node, reader: NodeReader) -> Nothing:
    """There are no parameters."""
    del node, reader
    return Nothing()


# response


async def perform_response(params: OfStream, ctx: Context) -> Observation:
    """Take the frames of a stream up to its end, or until the server resets it, leaves it out of a GOAWAY, or ends the
    connection. Frames of other streams stay."""
    connection, within = ctx.connection, ctx.step.checks.within
    session = session_of(connection)
    stream = stream_of(params.stream, session, ctx.variables)
    request = session.requests.get(stream)
    response = Response(request.method if request else "GET", sent_at=connection.since)
    answer, began = StreamAnswer(response), ctx.now()

    def taken() -> StreamAnswer | None:
        while (arrival := session.pick(stream, lambda _: True)) is not None:
            if answer.take(arrival):
                return answer
        left = [one for one in session.goaways if (one.frame.last_stream or 0) < stream]
        if left and not answer.arrivals:
            answer.goaway = left[-1].frame.error
            response.outcome, response.detail = "goaway", in_words([left[-1].frame])
            _forget(session, left[-1])
            return answer
        return None

    ended = await wait(session.until(taken), within)
    if isinstance(ended, Ending):
        reset = session.ended == "reset"
        outcome = "reset" if reset and ended.outcome == "closed" else ended.outcome
        response.outcome, response.waited = outcome, ended.within
        response.detail = f"received {len(answer.arrivals)} frames and no end of stream {stream}"
        response.ended_at = began + (within or 0.0) if outcome == "timeout" else ctx.now()
    if response.pieces:
        ctx.performed.body_at = response.pieces[0][1]
    if "open" in ctx.step.checks.facts:
        response.open = not session.ended
    return StreamFacts(answer, request.body if request else None)


def _forget(session: Http2Session, arrival: Arrival) -> None:
    """Drop a GOAWAY from the inbox, since a response reports it."""
    if arrival in session.client.inbox:
        session.client.inbox.remove(arrival)


# receive, reset_received, goaway_received


@dataclass(frozen=True)
class Receive:
    """The type to wait for by name or number, None for any frame but those of flow control; the stream, None for
    all."""

    type: object = None
    stream: object = None


def parse_receive(node: Node, reader: NodeReader) -> Receive:
    """The parameters of a valid node."""
    type, stream = node.get("type"), node.get("stream")
    return Receive(
        named_value(type, TYPES, reader, "frame type") if type else None, reader.value(stream) if stream else None
    )


async def _frame(
    ctx: Context, stream: int | None, wanted: Callable[[Frame], bool], what: str
) -> Arrival | ImplicitFailure:
    """The first frame that is wanted, of one stream or of all; a failure if none comes."""
    session = session_of(ctx.connection)

    def found() -> Arrival | None:
        return session.first(wanted) if stream is None else session.pick(stream, wanted)

    got = await wait(session.until(found), ctx.step.checks.within)
    if isinstance(got, Ending):
        if session.ended == "reset" and got.outcome == "closed":
            got = Ending("reset", got.within)
        return ImplicitFailure("frame", what, got.actual, got.detail)
    return got


async def perform_receive(params: Receive, ctx: Context) -> Observation:
    """Take the next frame that no assertion has taken; others stay."""
    kind = None if params.type is None else number_of(params.type, TYPES, ctx.variables, "type")
    stream = None if params.stream is None else stream_of(params.stream, session_of(ctx.connection), ctx.variables)
    what = "a frame" if kind is None else f"a frame {params.type}"
    found = await _frame(ctx, stream, lambda one: one.type == kind if kind is not None else not is_silent(one), what)
    if isinstance(found, ImplicitFailure):
        return found
    return FrameFacts(found, ctx.connection.sent, ctx.connection.since)


async def perform_reset(params: OfStream, ctx: Context) -> Observation:
    """Wait for RST_STREAM; what came on the stream before stays."""
    stream = stream_of(params.stream, session_of(ctx.connection), ctx.variables)
    found = await _frame(ctx, stream, lambda one: one.type == RST_STREAM, f"a reset of stream {stream}")
    if isinstance(found, ImplicitFailure):
        return found
    return FrameFacts(found, ctx.connection.sent, ctx.connection.since)


async def perform_goaway(params: Nothing, ctx: Context) -> Observation:
    """Wait for a GOAWAY that no assertion has taken."""
    del params
    session = session_of(ctx.connection)
    found = await _frame(ctx, 0, lambda one: one.type == GOAWAY, "GOAWAY")
    if isinstance(found, ImplicitFailure):
        return found
    before = session.goaways[: session.goaways.index(found)]
    return GoawayFacts(found, ctx.connection.sent, ctx.connection.since, before)


# settings_received, pong, windows


async def perform_settings(params: Nothing, ctx: Context) -> Observation:
    """Wait for SETTINGS of the server, unless some came before; the facts are of all that came."""
    del params
    client = session_of(ctx.connection).client
    if client.theirs or any(one.frame.type == SETTINGS for one in client.inbox):
        return SettingsFacts(named_settings(client.theirs), client.acknowledged)
    found = await _frame(ctx, 0, lambda one: one.type == SETTINGS and not one.acknowledges, "SETTINGS")
    if isinstance(found, ImplicitFailure):
        return found
    return SettingsFacts(named_settings(client.theirs), client.acknowledged)


@dataclass(frozen=True)
class Pong:
    """The opaque data, None for any."""

    data: ByteString | None = None


def parse_pong(node: Node, reader: NodeReader) -> Pong:
    """The parameters of a valid node."""
    data = node.get("data")
    return Pong(reader.bytes(data) if data else None)


async def perform_pong(params: Pong, ctx: Context) -> Observation:
    """Wait for the answer to a PING, with the data of a certain one if that is given."""
    data = params.data.render(ctx.variables) if params.data is not None else None
    found = await _frame(
        ctx,
        0,
        lambda one: one.type == PING and one.acknowledges and (data is None or one.payload == data),
        "an answer to PING",
    )
    if isinstance(found, ImplicitFailure):
        return found
    return FrameFacts(found, ctx.connection.sent, ctx.connection.since)


async def perform_windows(params: OfStream, ctx: Context) -> Observation:
    """Read the windows that the server has given so far; with `within`, until the checks hold."""
    session = session_of(ctx.connection)
    stream = stream_of(params.stream, session, ctx.variables)
    client = session.client
    await asyncio.sleep(0)
    state = client.opened(stream)
    return WindowFacts(client.send_window, state.send, state.sent, open=not session.ended)


# closed, silence


async def perform_closed(params: Nothing, ctx: Context) -> Observation:
    """Wait until the server ends the connection; frames that came before stay for other assertions."""
    del params
    connection, within = ctx.connection, ctx.step.checks.within
    session = session_of(connection)
    ended = await wait(session.until(lambda: None), within)
    if isinstance(ended, Ending) and ended.outcome == "timeout":
        actual = Worded(f"a connection still open after {show_time(within or 0.0)}")
        return ImplicitFailure("closed", "the server to close the connection", actual)
    ends = [one.at for one in connection.channel.events if one.what in ("closed", "reset")]
    elapsed = (ends[-1] if ends else ctx.now()) - connection.since
    rest = [(session.client.rest, 0.0)] if session.client.rest else []
    how = "reset" if session.ended == "reset" else connection.channel.closure or "fin"
    return ClosedFacts(rest, connection.sent, how=how, elapsed=elapsed)


@dataclass(frozen=True)
class Silence:
    """For how long, in seconds."""

    time: float | Variable


def parse_silence(node: Node, reader: NodeReader) -> Silence:
    """The parameters of a valid node."""
    return Silence(reader.time(node))


async def perform_silence(params: Silence, ctx: Context) -> Observation | None:
    """Wait for so long. A frame that no assertion has taken is a failure; flow control,
    acknowledgements and the end of the connection are none."""
    time = seconds(params.time, ctx.variables)
    session = session_of(ctx.connection)
    got = await wait(session.until(lambda: session.first(lambda one: not is_silent(one))), time)
    if not isinstance(got, Ending):
        return ImplicitFailure("silence", f"silence for {show_time(time)}", Worded(in_words([got.frame])))
    if got.outcome != "timeout":
        await asyncio.sleep(time)
    return None


STEP_TYPES = (
    StepType(
        name="response",
        awaits="a response",
        groups=("http2",),
        summary="Reads the response of a stream, up to its end.",
        schema=mapping({"stream": STREAM}),
        parse=parse_stream,
        perform=perform_response,
        facts=StreamFacts.facts,
        compared=StreamFacts.compared,
        observes=True,
        within="waits",
    ),
    StepType(
        name="receive",
        awaits="a frame",
        groups=("http2",),
        summary="Takes one frame that no other assertion has taken.",
        schema=mapping(
            {
                "type": scalar("integer", "string", description="A name or a number; any but flow control without."),
                "stream": scalar("integer", description="On this stream; 0 is the connection; any without.", minimum=0),
            }
        ),
        parse=parse_receive,
        perform=perform_receive,
        facts=FrameFacts.facts,
        observes=True,
        within="waits",
    ),
    StepType(
        name="reset_received",
        awaits="a reset of the stream",
        groups=("http2",),
        summary="Waits for RST_STREAM.",
        schema=mapping({"stream": STREAM}),
        parse=parse_stream,
        perform=perform_reset,
        facts=FrameFacts.facts,
        observes=True,
        within="waits",
    ),
    StepType(
        name="goaway_received",
        awaits="GOAWAY",
        groups=("http2",),
        summary="Waits for GOAWAY.",
        schema=mapping({}),
        parse=parse_nothing,
        perform=perform_goaway,
        facts=GoawayFacts.facts,
        observes=True,
        within="waits",
    ),
    StepType(
        name="settings_received",
        awaits="SETTINGS",
        groups=("http2",),
        summary="Waits for the settings of the server.",
        schema=mapping({}),
        parse=parse_nothing,
        perform=perform_settings,
        facts=SettingsFacts.facts,
        observes=True,
        within="waits",
    ),
    StepType(
        name="pong",
        awaits="an answer to PING",
        groups=("http2",),
        summary="Waits for the answer to a PING.",
        schema=mapping({"data": literal("bytes", "The opaque data of the PING; any by default.")}),
        parse=parse_pong,
        perform=perform_pong,
        facts=FrameFacts.facts,
        observes=True,
        within="waits",
    ),
    StepType(
        name="windows",
        groups=("http2",),
        summary="Reads the flow-control windows that the server has given.",
        schema=mapping({"stream": STREAM}),
        parse=parse_stream,
        perform=perform_windows,
        facts=WindowFacts.facts,
        observes=True,
        within="polls",
    ),
    StepType(
        name="closed",
        awaits="the peer to close the connection",
        groups=("http2",),
        summary="Waits until the server has closed the connection.",
        schema=mapping({}),
        parse=parse_nothing,
        perform=perform_closed,
        facts=ClosedFacts.facts,
        compared=ClosedFacts.compared,
        observes=True,
        within="waits",
    ),
    StepType(
        name="silence",
        groups=("http2",),
        summary="Sees that no frame comes for a time, apart from flow control and acknowledgements.",
        schema=literal("time", "For how long."),
        parse=parse_silence,
        perform=perform_silence,
        sleeps=True,
    ),
)
