"""A stream that CONNECT has opened as the bytes of a connection (RFC 9113, section 8.5; RFC 8441, section 5).

END_STREAM is the end of the bytes, RST_STREAM with CANCEL a reset. Until the tunnel is open, its response is made of
parts (``response.Parts``), which go out with the next ``put``.
"""

from __future__ import annotations

import asyncio
import contextlib

import h11

from ..stream import LINGER, SLOWEST, ServerStream
from ..violations import Disconnected
from .exchange import Wire
from .faults import ErrorCode
from .request import OF_THE_CONNECTION, Http2Request
from .response import fields_of
from .tables import Field

WAITING = 64 * 1024  # bytes that may wait for a window; beyond that ``drain`` waits


class StreamTunnel(ServerStream):
    """The bytes of one stream, in and out. ``stream`` is the connection, whose addresses and TLS it has; ``ended`` says
    that the request already ended its side."""

    def __init__(self, wire: Wire, stream: ServerStream, number: int, request: Http2Request, *, ended: bool) -> None:
        self._wire = wire
        self._stream = stream
        self._number = number
        self._parts = request.protocol
        self._arrived = bytearray()
        self._client_ended = ended
        self._waiting = bytearray()  # bytes that the window has no room for
        self._ending = False
        self._finished = False  # END_STREAM has gone out
        self._gone = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self.buffer = bytearray()
        self.ended = False
        self.ends, self.tls, self.alpn = stream.ends, stream.tls, stream.alpn
        self.status = 0
        self.size = 0  # bytes of content that went out

    # what the connection says

    def take(self, data: bytes, *, ended: bool) -> None:
        """Bytes of the client, and whether they are the last."""
        self._arrived += data
        self._client_ended = ended
        self._news.set()

    def leave(self) -> None:
        """The stream was reset, or the connection has ended."""
        self._gone = True
        self._news.set()
        self._room.set()

    def grow(self) -> None:
        """Send what has waited for a window."""
        while self._waiting and (room := min(self._wire.room(self._number), len(self._waiting))):
            piece = bytes(self._waiting[:room])
            del self._waiting[:room]
            ends = self._ending and not self._waiting
            self._finished = self._finished or ends
            self._wire.data(self._number, piece, ends=ends)
        if self._ending and not self._waiting and not self._finished and not self._gone:
            self._finished = True
            self._wire.data(self._number, b"", ends=True)
        if len(self._waiting) <= WAITING:
            self._room.set()

    # as a connection

    @property
    def lost(self) -> bool:
        return self._gone or self._ending

    async def fill(self) -> bool:
        if not self.ended:
            while not self._arrived and not self._client_ended and not self._gone:
                self._news.clear()
                await self._news.wait()
            data = bytes(self._arrived)
            self._arrived.clear()
            self.buffer += data
            self.ended = not data
            self._wire.credit(self._number, len(data))
        return not self.ended

    def accept(self, fields: list[Field]) -> None:
        """Open the tunnel, with these fields. Raises Disconnected."""
        if self.lost:
            raise Disconnected
        self.status = 200
        shown = [(name.lower(), value) for name, value in fields]
        self._wire.head(self._number, [(b":status", b"200"), *shown], ends=False)

    def put(self, data: bytes) -> None:
        if self.lost:
            raise Disconnected
        for part in self._parts.taken():
            if isinstance(part, (h11.Response, h11.InformationalResponse)):
                self.status = part.status_code
                fields = [field for field in fields_of(part) if field[0] not in OF_THE_CONNECTION]
                self._wire.head(self._number, fields, ends=False)
            elif isinstance(part, h11.Data):
                self._waiting += bytes(part.data)
            else:
                self._ending = True
        self._waiting += data
        self.size += len(data)
        self.grow()

    async def drain(self) -> None:
        while len(self._waiting) > WAITING:
            if self._gone:
                raise Disconnected
            self._room.clear()
            await self._room.wait()
        await self._stream.drain()

    async def close(self, linger: float = LINGER) -> None:
        """End the stream once everything is out, and drop what the client still sends, until it ends its side or
        nothing came for ``linger`` seconds: then the rest is refused."""
        self._ending = True
        self.grow()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SLOWEST):
                while self._waiting and not self._gone:
                    self._room.clear()
                    await self._room.wait()
        with contextlib.suppress(TimeoutError):
            while linger and not self.ended:
                async with asyncio.timeout(linger):
                    await self.fill()
                self.buffer.clear()
        if not self._gone and not self._client_ended:
            self._wire.reset(self._number, ErrorCode.NO_ERROR)
        self.leave()

    def reset(self) -> None:
        if not self._gone:
            self._wire.reset(self._number, ErrorCode.CANCEL)
        self.leave()
