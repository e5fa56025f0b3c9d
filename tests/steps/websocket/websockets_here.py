"""The server's half of a WebSocket, as bytes, for the drivers' tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from websockets.utils import accept_key

from engine.protocols.websocket import CLOSE, Frame, FrameReader, close_payload, encode
from engine.steps.api.context import Connection
from engine.steps.websocket.session import Inflater, WebSocketSession
from tests.steps.context import JobScope, against

Script = Callable[["Peer"], Awaitable[None]]


class Peer:
    """The behaviour of a test's server on an open WebSocket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self.reader = reader
        self.writer = writer
        self.head = head
        self._frames = FrameReader()

    def say(self, opcode: int, payload: bytes = b"", **options: Any) -> None:
        """Send a frame, not masked."""
        self.writer.write(encode(opcode, payload, mask=options.pop("mask", False), **options))

    def goodbye(self, code: int | None = 1000, reason: bytes = b"") -> None:
        """Send a close frame."""
        self.say(CLOSE, close_payload(code, reason))

    async def hear(self) -> Frame:
        """The next frame of the client."""
        while (found := self._frames.next()) is None:
            data = await self.reader.read(65536)
            if not data:
                raise ConnectionError("the client has gone")
            self._frames.feed(data)
        return found[0]


def header(head: bytes, name: bytes) -> bytes:
    """The value of a request's header, b"" for none."""
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b": ")
        if key.lower() == name.lower():
            return value
    return b""


def agreeing(
    script: Script, extra: bytes = b"", *, after: bytes = b"", key: str = ""
) -> Callable[..., Awaitable[None]]:
    """A handler that agrees to a WebSocket and plays ``script`` on it; ``after`` follows the head in one write."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        accept = accept_key(key or header(head, b"Sec-WebSocket-Key").decode())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %s\r\n%s\r\n%s" % (accept.encode(), extra, after)
        )
        await script(Peer(reader, writer, head))

    return handler


@asynccontextmanager
async def opened(script: Script, *, inflating: bool = False) -> AsyncIterator[tuple[JobScope, Connection]]:
    """A connection with an open WebSocket on it, without the handshake."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await script(Peer(reader, writer, b""))

    async with against(handler) as ctx:
        connection = await ctx.connect(None)
        connection.codec = WebSocketSession(Inflater(keeps_context=True) if inflating else None)
        yield ctx, connection


def saying(data: Iterable[bytes]) -> Script:
    """A script that writes, and waits until the client has gone."""

    async def script(peer: Peer) -> None:
        peer.writer.write(b"".join(data))
        await peer.reader.read()

    return script
