"""The bytes of one connection, in and out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct

from .tls import Tls, extension_of
from .violations import Disconnected

PIECE = 64 * 1024
AHEAD = 256 * 1024  # bytes that are kept for later while nobody wants them
LINGER = 1.0  # seconds without a byte from the client
TLS_LINGER = 0.1  # the same with TLS, where this side cannot end first
LONGEST_LINGER = 10.0  # seconds
SLOWEST = 60.0  # seconds that a client may take to read the last of an answer

Ends = tuple[tuple[str, int] | None, tuple[str, int | None] | None]


class ServerStream:
    """One connection. ``buffer`` has the bytes that were received and not taken; ``ended`` is true at the end of the
    stream. ``tls`` has the extension of that name, and ``alpn`` the protocol that was agreed on, None without TLS.
    ``status`` is that of the first final response since it was set to 0.

    One task at a time may read.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: Tls | None = None) -> None:
        self._reader = reader
        self._writer = writer
        self.buffer = bytearray()
        self.ended = False
        self.ends = _ends(writer)
        self.status = 0
        self._finished = False
        self.tls = extension_of(tls, writer.get_extra_info("ssl_object")) if tls is not None else None
        session = writer.get_extra_info("ssl_object")
        self.alpn: str | None = session.selected_alpn_protocol() if session is not None else None

    @property
    def lost(self) -> bool:
        """True if nothing can be written."""
        return self._writer.transport.is_closing()

    async def fill(self) -> bool:
        """Wait for bytes, and add them to the buffer. Returns False at the end of the stream, even after a reset."""
        if not self.ended:
            try:
                data = await self._reader.read(PIECE)
            except OSError:
                data = b""
            self.buffer += data
            self.ended = not data
        return not self.ended

    async def gone(self) -> None:
        """Wait for the end of the stream. Data that arrive until then are kept, up to AHEAD bytes."""
        while not self.ended:
            if len(self.buffer) >= AHEAD:
                await asyncio.Event().wait()
            await self.fill()

    def put(self, data: bytes) -> None:
        """Write without waiting. Raises Disconnected, also once this side has ended the connection."""
        if self.lost or self._finished:
            raise Disconnected
        if not self.status and data.startswith(b"HTTP/1.1 ") and (data[9:10] != b"1" or data[9:12] == b"101"):
            self.status = int(data[9:12])
        if data:
            self._writer.write(data)

    async def drain(self) -> None:
        """Wait until more can be written. Raises Disconnected."""
        try:
            await self._writer.drain()
        except OSError:
            raise Disconnected from None

    async def write(self, data: bytes) -> None:
        """Write, and wait until more can be written. Raises Disconnected."""
        self.put(data)
        await self.drain()

    async def close(self, linger: float = LINGER) -> None:
        """End the connection once everything is out.

        This side ends first, and drops received bytes until none came for ``linger`` seconds, or until LONGEST_LINGER:
        closing a connection with unread bytes resets it, and the client might lose the answer (RFC 9112, section 9.6).
        With TLS this side closes after that: the transport sends a closure alert, and waits for that of the client.
        """
        self._finished = True
        if linger and not self.lost:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(LONGEST_LINGER):
                    await self._writer.drain()
                    if self.tls is None:
                        self._writer.write_eof()
                    while await self._more(linger if self.tls is None else min(linger, TLS_LINGER)):
                        self.buffer.clear()
        # The transport goes on to write what a slow client has not read yet. A timer for each of many short connections
        # would keep all their transports in memory.
        if self._writer.transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(SLOWEST, self._writer.transport.abort)
        self._writer.close()

    async def _more(self, linger: float) -> bool:
        """Wait for bytes. Returns False at the end of the stream, and if none came for ``linger`` seconds while nothing
        waited to be written."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(linger):
                    return await self.fill()
            if not self._writer.transport.get_write_buffer_size():
                return False

    def reset(self) -> None:
        """End the connection with a reset, so that the client notices the cut."""
        handle = self._writer.get_extra_info("socket")
        if handle is not None and not self.lost:
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(handle.fileno())) as twin:
                twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


def _ends(writer: asyncio.StreamWriter) -> Ends:
    """The addresses of client and server, as in a scope; a Unix socket has no port."""
    peer, own = writer.get_extra_info("peername"), writer.get_extra_info("sockname")
    client = (str(peer[0]), int(peer[1])) if isinstance(peer, (tuple, list)) else None
    if isinstance(own, (tuple, list)):
        return client, (str(own[0]), int(own[1]))
    return client, ((os.fsdecode(own), None) if own else None)
