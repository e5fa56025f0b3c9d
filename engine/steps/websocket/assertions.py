"""Assertions of a script on a WebSocket: ``receive``, ``frame``, ``ping``, ``closed``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from engine.errors import Reset
from engine.model.expectation import ABSENT, Mismatch
from engine.model.facts import FLAG, INTEGER, NAME_OR_NUMBER, TEXT, TEXTS, WIRE_BYTES
from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.showing import as_text
from engine.model.wire_bytes import WireBytes
from engine.protocols.websocket import CLOSE, PING, PONG, Frame, close_payload, encode
from engine.steps.api.context import Context
from engine.steps.api.facts import FactSet, fact
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.http1.facts import parsed
from engine.steps.shared.endings import Ending, wait
from engine.steps.shared.implicit_failures import ImplicitFailure, violation
from engine.steps.shared.paths import walk
from engine.steps.shared.sending import send
from engine.steps.stream.actions import Bytes, parse_bytes, preview
from engine.steps.stream.assertions import ClosedParams, parse_closed, still_open_after, to_the_end
from engine.steps.stream.facts import ClosedFacts, Piece, StreamFacts
from engine.steps.websocket.session import Message, WebSocketSession, is_text, next_frame, session_of

# The time limit for a pong, in seconds, since `ping` has no deadline of its own.
PONG_WITHIN = 5.0


class MessageFacts(FactSet):
    """The facts of ``receive``."""

    compared = ("text", "binary")

    def __init__(self, message: Message, sent: bytes | None = None) -> None:
        self.message = message
        self._sent = sent

    @property
    def sent(self) -> bytes | None:
        return self._sent

    @fact("text", TEXT)
    def text(self) -> object:
        """The message, where it is text."""
        text = self._text()
        return ABSENT if text is None else text

    @fact("binary", WIRE_BYTES)
    def binary(self) -> object:
        """The message, where it is binary."""
        message = self.message
        return ABSENT if not message.opcode or is_text(message) else WireBytes(message.data)

    @fact("payload", WIRE_BYTES)
    def payload(self) -> object:
        """The message of either kind, inflated."""
        return WireBytes(self.message.data) if self.message.opcode else ABSENT

    @fact("compressed", FLAG)
    def compressed(self) -> object:
        """True if the message was compressed, as was agreed."""
        return self.message.compressed if self.message.opcode else ABSENT

    @fact("frames", INTEGER)
    def frames(self) -> object:
        """The number of its frames."""
        return self.message.frames if self.message.opcode else ABSENT

    @fact("json[.*]")
    def json(self, path: str) -> object:
        """The text as JSON, or a part of it."""
        return ABSENT if self._text() is None else walk(parsed(self.message.data), path)

    def _text(self) -> str | None:
        try:
            return self.message.data.decode() if self.message.opcode and is_text(self.message) else None
        except UnicodeDecodeError:
            return None

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """A missing message, and each violation of RFC 6455 on the way to it."""
        message = self.message
        found = [violation("receive", "a message", "RFC 6455", fault) for fault in message.problems]
        if message.close is not None:
            code, reason = message.close.code, message.close.reason
            what = f"a close frame{f' with code {code}' if code else ''}{f' and reason {reason!r}' if reason else ''}"
            found.append(Mismatch("receive", "a message", Worded(what), implicit=True))
        elif message.ended is not None:
            found.append(Mismatch("receive", "a message", message.ended.actual, implicit=True))
        elif is_text(message) and self._text() is None:
            found.append(Mismatch("receive", "a text message in UTF-8", WireBytes(message.data), implicit=True))
        return found


def parse_nothing(node: Node, reader: NodeReader) -> ClosedParams:
    """The parameters of an assertion that has only checks."""
    return parse_closed(node, reader)


async def perform_receive(params: ClosedParams, ctx: Context) -> Observation:
    """Read one message, answer pings on the way, and return the message. A message that does not come is a failure."""
    connection, within = ctx.connection, ctx.step.checks.within
    session = session_of(connection)
    message = await wait(session.receive(ctx, connection), within)
    if isinstance(message, Ending):
        message = Message(ended=message)
    return MessageFacts(message, connection.sent)


async def perform_frame(params: ClosedParams, ctx: Context) -> Observation:
    """Read one frame, answer nothing, and return its parts. A frame that does not come is a failure."""
    connection, within = ctx.connection, ctx.step.checks.within
    session = session_of(connection)
    found = await wait(next_frame(connection.channel), within)
    if isinstance(found, Ending):
        return ImplicitFailure("frame", "a frame", found.actual, observation=StreamFacts(connection.sent))
    frame = found[0]
    if frame.opcode == CLOSE:
        session.close_frame = frame
    return FrameFacts(frame, connection.sent)


class FrameFacts(FactSet):
    """One frame as it is."""

    compared = ("opcode", "payload", "fin", "rsv1", "code")

    def __init__(self, frame: Frame, sent: bytes | None) -> None:
        self._frame = frame
        self._sent = sent

    @property
    def sent(self) -> bytes | None:
        return self._sent

    @fact("opcode", NAME_OR_NUMBER)
    def opcode(self) -> object:
        """Its name; the number of a reserved one."""
        return self._frame.name

    @fact("payload", WIRE_BYTES)
    def payload(self) -> object:
        """The payload, without a close frame's code."""
        return WireBytes(self._frame.content)

    @fact("masked", FLAG)
    def masked(self) -> object:
        """True if the frame was masked. A server must not mask its frames (RFC 6455, 5.1)."""
        return self._frame.masked

    @fact("fin", FLAG)
    def fin(self) -> object:
        """True if the message ends with this frame."""
        return self._frame.fin

    @fact("rsv1", FLAG)
    def rsv1(self) -> object:
        """RSV1 is set: the message is compressed."""
        return self._frame.rsv1

    @fact("code", INTEGER)
    def code(self) -> object:
        """A close frame's code."""
        return ABSENT if self._frame.code is None else self._frame.code

    @fact("faults", TEXTS)
    def faults(self) -> object:
        """The rules of RFC 6455 that it breaks by itself."""
        return list(self._frame.faults)


async def perform_ping(params: Bytes, ctx: Context) -> Observation | None:
    """Send a ping and wait for its pong (RFC 6455, 5.5.3); frames before it are left for later assertions. A pong that
    does not come within PONG_WITHIN seconds is a failure."""
    connection = ctx.connection
    session = session_of(connection)
    payload = params.data.render(ctx.variables)
    if not await send(ctx, connection, session.encoded(ctx, PING, payload), payload):
        return ImplicitFailure("ping", "a pong", Ending("reset").actual)
    passed: list[Piece] = []

    async def pong() -> Frame | None:
        while (found := await session.next(connection.channel)) is not None:
            frame, raw, at = found
            if frame.opcode == PONG and frame.payload == payload:
                return frame
            passed.append((raw, at))
        return None

    ended = await wait(pong(), PONG_WITHIN)
    for raw, at in reversed(passed):
        session.put_back(connection.channel, raw, at)
    if not isinstance(ended, Ending):
        return None
    return ImplicitFailure("ping", f"a pong with the payload {as_text(WireBytes(payload))}", ended.actual)


async def perform_closed(params: ClosedParams, ctx: Context) -> Observation:
    """Wait until the peer ends the connection. A close frame on the way is echoed (RFC 6455, 5.5.1), and is then
    the fact ``how``; messages before it are skipped. A connection that is still open at the
    deadline is a failure."""
    connection, within = ctx.connection, ctx.step.checks.within
    session, since = session_of(connection), connection.since
    before: list[Piece] = []
    rest: list[Piece] = []
    how: str | None = None
    elapsed: float | None = None
    try:
        async with asyncio.timeout(within):
            await _close_frame(ctx, session, before)
            how, at = await to_the_end(connection.channel, rest)
            elapsed = (ctx.now() if at is None else at) - since
    except TimeoutError:
        if session.close_frame is None:
            for data, came in reversed(before + rest):
                connection.channel.unread(data, came)
    frame = session.close_frame
    unread = rest if frame is not None else before + rest
    facts = ClosedFacts(unread, connection.sent, how=how, elapsed=elapsed, frame=frame)
    return facts if how is not None else still_open_after(within, facts, "a close frame and " if frame else "")


async def _close_frame(ctx: Context, session: WebSocketSession, before: list[Piece]) -> None:
    """Read up to the peer's close frame, or the end; ``before`` takes what was passed over. The close is echoed."""
    connection = ctx.connection
    while session.close_frame is None:
        try:
            found = await session.next(connection.channel)
        except Reset:
            return
        if found is None:
            return
        frame, raw, at = found
        if frame.opcode == CLOSE:
            session.close_frame = frame
        else:
            before.append((raw, at))
            if frame.opcode == PING:
                session.pong(ctx, connection, frame)
    if not session.close_sent:
        session.close_sent = True
        session.say(ctx, connection, encode(CLOSE, close_payload(session.close_frame.code)))


STEP_TYPES = (
    StepType(
        name="receive",
        awaits="a message",
        groups=("websocket",),
        summary="Reads one message; pings are answered on the way.",
        schema=mapping({}),
        parse=parse_nothing,
        perform=perform_receive,
        facts=MessageFacts.facts,
        compared=MessageFacts.compared,
        observes=True,
        within="waits",
    ),
    StepType(
        name="frame",
        awaits="a frame",
        groups=("websocket",),
        summary="Reads one frame as it is.",
        schema=mapping({}),
        parse=parse_nothing,
        perform=perform_frame,
        facts=FrameFacts.facts,
        compared=FrameFacts.compared,
        observes=True,
        within="waits",
    ),
    StepType(
        name="ping",
        awaits="a pong",
        groups=("websocket",),
        summary="Sends a ping, and sees its pong come.",
        schema=literal("bytes", "The ping's payload, at most 125 bytes."),
        parse=parse_bytes,
        perform=perform_ping,
        preview=preview,
    ),
    StepType(
        name="closed",
        awaits="the peer to close the WebSocket",
        groups=("websocket",),
        summary="Waits until the peer has closed the WebSocket and the connection.",
        schema=mapping({}),
        parse=parse_closed,
        perform=perform_closed,
        facts=ClosedFacts.facts,
        compared=ClosedFacts.compared,
        observes=True,
        within="waits",
    ),
)
