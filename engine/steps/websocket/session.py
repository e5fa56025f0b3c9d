"""The state of an open WebSocket between the steps that use it: fragments, compression, close frames."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.errors import ChannelError, EngineError
from engine.model.protocols import Channel
from engine.protocols.websocket import CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, FrameReader, encode
from engine.steps.api.context import Connection, Context
from engine.steps.shared.endings import Ending

Extension = tuple[str, Sequence[tuple[str, str | None]]]

DEFLATE = "permessage-deflate"
# The sizes of a window, as powers of two (RFC 7692, section 7.1.2).
WIDEST = 15
_WINDOWS = tuple(str(bits) for bits in range(8, WIDEST + 1))
# An inflated message longer than this is broken off.
INFLATED = 64 * 1024 * 1024


class Inflater:
    """Undoes permessage-deflate (RFC 7692, section 7.2.2) for one direction."""

    def __init__(self, *, keeps_context: bool, bits: int = WIDEST) -> None:
        """``keeps_context`` is false where server_no_context_takeover was agreed. ``bits`` is server_max_window_bits:
        a message that refers to data further back cannot be inflated."""
        self._keeps = keeps_context
        self._bits = bits
        self._stream = zlib.decompressobj(wbits=-bits)

    def inflate(self, data: bytes) -> bytes:
        """One message. Raises zlib.error where it is no deflate stream, or is longer than INFLATED."""
        data += b"\x00\x00\xff\xff"
        found = self._stream.decompress(data, INFLATED) if self._bits == WIDEST else self._within_the_window(data)
        if self._stream.unconsumed_tail:
            raise zlib.error(f"the message is longer than {INFLATED} bytes")
        # A stream that ended by itself (a block with BFINAL set) cannot be continued.
        if not self._keeps or self._stream.eof:
            self._stream = zlib.decompressobj(wbits=-self._bits)
        return found

    def _within_the_window(self, data: bytes) -> bytes:
        """The content. zlib forgets what is beyond the window between two calls only, so each call gives one byte."""
        found = bytearray()
        for at in range(0, len(data), 32):
            piece = data[at : at + 32]
            while True:
                out = self._stream.decompress(piece, 1)
                found += out
                piece = self._stream.unconsumed_tail
                if len(found) > INFLATED:
                    raise zlib.error(f"the message is longer than {INFLATED} bytes")
                if not out and not piece:
                    break
        return bytes(found)


@dataclass(frozen=True)
class Message:
    """A whole message, or the close frame that came in place of one. ``compressed`` says that it was, ``frames`` counts
    its frames; ``problems`` are rules that the peer broke on the way to it; ``ended`` is how the wait ended where
    neither came."""

    opcode: int = 0
    data: bytes = b""
    compressed: bool = False
    frames: int = 0
    close: Frame | None = None
    problems: tuple[str, ...] = ()
    ended: Ending | None = None


FoundFrame = tuple[Frame, bytes, float]
"""A frame, its bytes, and the time of the last of them."""


@dataclass(slots=True)
class WebSocketSession:
    """The client's half of an open WebSocket. ``close_frame`` is the peer's, once a step has consumed it; ``unsent`` is
    the part of a frame that was not sent yet."""

    inflater: Inflater | None = None
    close_sent: bool = False
    close_frame: Frame | None = None
    unsent: bytes = b""
    _opcode: int | None = None
    _compressed: bool = False
    _fragments: list[bytes] = field(default_factory=list)

    @property
    def failure(self) -> str:
        """The reason why a library failed the connection, "" if none did."""
        return ""

    def encoded(self, ctx: Context, opcode: int, payload: bytes) -> bytes:
        """The bytes of one frame with a message, or of a control frame."""
        del ctx
        return encode(opcode, payload)

    async def next(self, channel: Channel) -> FoundFrame | None:
        """The next frame; None after a FIN. Raises Reset."""
        return await next_frame(channel)

    def put_back(self, channel: Channel, raw: bytes, at: float) -> None:
        """Leave a frame to a later assertion, by its bytes."""
        channel.unread(raw, at)

    async def receive(self, ctx: Context, connection: Connection) -> Message:
        """Read frames until a message is complete; pings are answered. A close frame is left for a later assertion.
        Raises Reset."""
        problems: list[str] = []
        channel = connection.channel
        while True:
            found = await self.next(channel)
            if found is None:
                problems += [self.failure] if self.failure else []
                return Message(problems=tuple(problems), ended=Ending("closed"))
            frame, raw, at = found
            if frame.opcode == CLOSE:
                self.put_back(channel, raw, at)
                return Message(close=frame, problems=tuple(problems))
            problems += frame.faults
            if frame.opcode == PING:
                self.pong(ctx, connection, frame)
            elif frame.opcode != PONG:
                message = self._data(frame, problems)
                if message is not None:
                    return message

    def _data(self, frame: Frame, problems: list[str]) -> Message | None:
        """Take a data frame; the message where it was the last of one."""
        if frame.opcode == CONTINUATION:
            if self._opcode is None:
                problems.append("a continuation came, and no message was begun (RFC 6455, 5.4)")
            if frame.rsv1:
                problems.append("RSV1 is set on a continuation (RFC 7692, 6.1)")
        else:
            if self._opcode is not None:
                problems.append("a message began before the one before it had ended (RFC 6455, 5.4)")
            self._opcode, self._compressed, self._fragments = frame.opcode, frame.rsv1, []
            if frame.rsv1 and self.inflater is None:
                problems.append("RSV1 is set, and no extension was agreed that gives it a meaning (RFC 6455, 5.2)")
        self._fragments.append(frame.payload)
        if not frame.fin:
            return None
        data, opcode, count = b"".join(self._fragments), self._opcode, len(self._fragments)
        compressed = self._compressed and self.inflater is not None
        if compressed and self.inflater is not None:
            try:
                data = self.inflater.inflate(data)
            except zlib.error as error:
                problems.append(f"a compressed message cannot be inflated: {error}")
        self._opcode, self._fragments = None, []
        return Message(opcode or 0, data, compressed, count, problems=tuple(problems))

    def pong(self, ctx: Context, connection: Connection, ping: Frame) -> None:
        """Answer a ping, unless this side has sent a close frame."""
        if not self.close_sent:
            self.say(ctx, connection, encode(PONG, ping.payload))

    def say(self, ctx: Context, connection: Connection, data: bytes) -> None:
        """Send a small frame that no step contains. A peer that is gone is noted only; later steps show it."""
        try:
            connection.channel.write(data)
        except ChannelError as error:
            ctx.note("not sent", error.what, subject=connection.name)

    def leave(self, connection: Connection) -> None:
        """Send a close frame if none was sent, without waiting for an answer."""
        if not self.close_sent:
            self.close_sent = True
            with contextlib.suppress(ChannelError):
                connection.channel.write(encode(CLOSE, (1000).to_bytes(2, "big")))


def inflater_for(extensions: Sequence[Extension]) -> Inflater | None:
    """The inflater for the negotiated compression, None for none."""
    for name, params in extensions:
        if name == DEFLATE:
            found = dict(params)
            bits = found.get("server_max_window_bits") or ""
            return Inflater(
                keeps_context="server_no_context_takeover" not in found,
                bits=int(bits) if bits in _WINDOWS else WIDEST,
            )
    return None


def session_of(connection: Connection) -> WebSocketSession:
    """The WebSocket on a connection. Raises EngineError where none was opened on it."""
    if not isinstance(connection.codec, WebSocketSession):
        name = f"{connection.name!r} " if connection.name else ""
        raise EngineError(
            f"the connection {name}carries no open WebSocket",
            hint="open it with `connect` first, and see that its handshake gets status 101",
        )
    return connection.codec


async def next_frame(channel: Channel) -> FoundFrame | None:
    """The next frame, its bytes, and the time of the last of them; None after a FIN. Later bytes, and those of an
    incomplete frame, are put back. Raises Reset."""
    reader, at = FrameReader(), 0.0
    try:
        while True:
            data, at = await channel.receive()
            if not data:
                return None
            reader.feed(data)
            found = reader.next()
            if found is not None:
                return found[0], found[1], at
    finally:
        rest = reader.rest
        if rest:
            channel.unread(rest, at)


def is_text(message: Message) -> bool:
    """True if a message is a text."""
    return message.opcode == TEXT
