"""A byte stream inside a stream of HTTP/2 that CONNECT has opened (RFC 9113, section 8.5; RFC 8441).

END_STREAM stands for the end of a TCP connection, and RST_STREAM for its reset. Bytes go out as far as the server's
windows allow; a reader that stops gives no window back, so the server has to wait, while other streams go on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial

from engine.errors import ChannelClosed, ChannelError, Reset
from engine.model.protocols import Channel
from engine.model.transcript import Side, TraceEvent
from engine.protocols.http2.connection import Arrival
from engine.protocols.http2.frames import DATA, END_STREAM, ERRORS, PRIORITY, RST_STREAM, WINDOW_UPDATE, encode
from engine.protocols.http2.words import in_words
from engine.steps.http2.session import Http2Session, frames_of

_CANCEL = ERRORS["CANCEL"].to_bytes(4, "big")


class TunnelChannel:
    """``engine.model.protocols.Channel`` over one stream of a connection. ``faults`` are the rules that the server's
    frames on it have broken."""

    def __init__(self, session: Http2Session, channel: Channel, stream: int, subject: str = "") -> None:
        self._session = session
        self._channel = channel
        self._stream = stream
        self._subject = subject
        self._arrived: deque[tuple[bytes, float]] = deque()
        self._unsent = bytearray()
        self._ended = ""
        self._ended_at = 0.0
        self._reset_at: float | None = None
        self._shut = False
        self._finished = False  # END_STREAM has gone out
        self._gone = False  # the peer takes nothing more
        self._sent_at = channel.opened  # the time of the last byte
        self._changed: list[asyncio.Future[None]] = []
        self.faults: list[str] = []
        session.watch(self._take)
        self._take()

    # State

    @property
    def local(self) -> tuple[str, int]:
        """This side's address."""
        return self._channel.local

    @property
    def opened(self) -> float:
        """The time at which the connection was established."""
        return self._channel.opened

    @property
    def events(self) -> Sequence[TraceEvent]:
        """The events of the whole connection, and the reset of the stream."""
        if self._reset_at is None:
            return self._channel.events
        reset = TraceEvent(self._reset_at, Side.WIRE, self._subject, "reset", f"stream {self._stream}, by the peer")
        return sorted([*self._channel.events, reset], key=lambda event: event.at)

    @property
    def ended(self) -> str:
        """``fin`` (END_STREAM) or ``reset`` by the peer, ``closed`` by this side, "" while it is open."""
        return self._ended

    @property
    def closure(self) -> str:
        """``fin`` once the peer has ended the stream by END_STREAM."""
        return "fin" if self._ended == "fin" else ""

    # Arrivals

    def _take(self) -> None:
        """Take what has come on the stream, send what now fits, and wake whoever waits."""
        session = self._session
        while (arrival := session.pick(self._stream, lambda _: True)) is not None:
            self._frame(arrival)
        if session.ended:
            self._gone = True
            self._end("reset" if session.ended == "reset" else "fin", self._channel_end())
        self._write(self._fitting())
        for waiter in self._changed:
            if not waiter.done():
                waiter.set_result(None)
        self._changed.clear()

    def _frame(self, arrival: Arrival) -> None:
        frame = arrival.frame
        self.faults += arrival.faults
        if frame.type == DATA:
            if frame.content and not self._ended:
                self._arrived.append((frame.content, arrival.at))
            if frame.ends_stream:
                self._end("fin", arrival.at)
        elif frame.type == RST_STREAM:
            self._gone = True
            if not self._ended:
                self._reset_at = arrival.at
            self._end("reset", arrival.at)
        elif frame.type not in (WINDOW_UPDATE, PRIORITY) and isinstance(frame.name, str):
            self.faults.append(f"{frame.name.upper()} comes on a stream that CONNECT has opened (RFC 9113, 8.5)")
            if frame.ends_stream:
                self._end("fin", arrival.at)

    def _channel_end(self) -> float:
        return next((one.at for one in reversed(self._channel.events) if one.what in ("closed", "reset")), 0.0)

    def end(self, at: float) -> None:
        """Note that the peer has ended the stream together with its response."""
        self._end("fin", at)

    def _end(self, how: str, at: float) -> None:
        if not self._ended:
            self._ended, self._ended_at = how, at

    async def _change(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._changed.append(waiter)
        await waiter

    # Sending

    def write(self, data: bytes) -> float:
        """Hand bytes over without waiting; those beyond the server's window follow when it grows. Raises Reset and
        ChannelClosed."""
        self._may_write()
        self._unsent += data
        return self._write(self._fitting())

    async def send(self, data: bytes) -> float:
        """Hand bytes over, and wait until all of them went out. Returns the time of the last one. Raises as
        ``write``."""
        self._may_write()
        self._unsent += data
        while True:
            if frames := self._fitting():
                self._note(frames)
                self._sent_at = await self._channel.send(b"".join(frames))
            if not self._unsent:
                return self._sent_at
            if self._ended == "closed":
                raise ChannelClosed("this side has closed the stream")
            if self._gone:
                raise _reset()
            await self._change()

    def _fitting(self) -> list[bytes]:
        """The frames that the windows allow now."""
        client, frames = self._session.client, []
        while self._unsent and (room := client.credit(self._stream)) > 0:
            piece = bytes(self._unsent[: min(room, client.longest)])
            del self._unsent[: len(piece)]
            client.sent(self._stream, len(piece))
            frames.append(encode(DATA, 0, self._stream, piece))
        if self._shut and not self._unsent and not self._finished:
            self._finished = True
            frames.append(encode(DATA, END_STREAM, self._stream))
        return frames

    def _write(self, frames: Sequence[bytes]) -> float:
        """Write frames without waiting; a peer that is gone is noted. Returns the time of the last byte."""
        if frames and not self._gone:
            self._note(frames)
            try:
                self._sent_at = self._channel.write(b"".join(frames))
            except ChannelError as error:
                self._session.note("not sent", error.what, subject=self._subject)
        return self._sent_at

    async def deliver(self, pieces: Sequence[bytes]) -> float:
        """Send pieces, each in a DATA frame and in a segment of its own, as far as the windows allow. Raises as
        ``write``."""
        client = self._session.client
        self._may_write()
        size = sum(map(len, pieces))
        if self._unsent or size > client.credit(self._stream) or any(len(one) > client.longest for one in pieces):
            return await self.send(b"".join(pieces))
        client.sent(self._stream, size)
        frames = [encode(DATA, 0, self._stream, one) for one in pieces]
        self._note(frames)
        return await self._channel.deliver(frames)

    def _note(self, frames: Sequence[bytes]) -> None:
        words = partial(_in_words, frames)
        self._session.note("frames sent", words, subject=self._subject)

    def _may_write(self) -> None:
        if self._ended == "closed":
            raise ChannelClosed("this side has closed the stream")
        if self._gone:
            raise _reset()
        if self._shut:
            raise ChannelClosed("this side has ended its half of the stream")

    # Receiving

    async def receive(self) -> tuple[bytes, float]:
        """The next bytes and the time of their arrival; after END_STREAM always (b"", its time). Raises Reset and
        ChannelClosed."""
        while not self._arrived:
            if self._ended == "fin":
                return b"", self._ended_at
            if self._ended == "reset":
                raise _reset()
            if self._ended:
                raise ChannelClosed("this side has closed the stream")
            await self._change()
        return self._arrived.popleft()

    def listen(self, sink: object) -> None:
        """Nothing is carried inside of a tunnel that hands bytes on. Raises ChannelError."""
        raise ChannelError("a stream of HTTP/2 carries no other connection")

    def unread(self, data: bytes, at: float) -> None:
        """Put bytes back, to be received first."""
        if data:
            self._arrived.appendleft((data, at))

    def reading(self, on: bool) -> None:
        """Give windows of the stream back, or hold them."""
        if on:
            frame = self._session.client.give_back(self._stream)
            self._write([frame] if frame else [])
        else:
            self._session.client.hold(self._stream)
        self._session.note("reading", "goes on" if on else "stops", subject=self._subject)

    # The end

    def half_close(self) -> None:
        """Send END_STREAM, and continue reading."""
        self._may_write()
        self._shut = True
        self._write(self._fitting())

    def close(self) -> None:
        """Send END_STREAM, and take nothing more."""
        self._shut = True
        self._leave()

    def truncate(self) -> None:
        """As ``close``: a stream has no other announcement of its end."""
        self.close()

    def reset(self) -> None:
        """Send RST_STREAM with CANCEL, and take nothing more."""
        if not self._finished or self._ended not in ("reset", "closed"):
            self._finished = True
            self._unsent.clear()
            self._write([encode(RST_STREAM, 0, self._stream, _CANCEL)])
        self._leave()

    def _leave(self) -> None:
        # The peer's own end, if it came first, stays known, as on a TCP connection.
        self._end("closed", 0.0)
        self._take()


def _in_words(frames: Sequence[bytes]) -> str:
    return in_words(frames_of(b"".join(frames)))


def _reset() -> Reset:
    return Reset("the peer has reset the stream")
