"""The reference server in this process, and a client that sends bytes."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from engine.reference.options import Options
from engine.reference.server import ReferenceServer

Scope = dict[str, Any]
Event = dict[str, Any]
Receive = Callable[[], Coroutine[Any, Any, Event]]
Send = Callable[[Event], Coroutine[Any, Any, None]]
App = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]
Run = Callable[[Coroutine[Any, Any, None]], None]
Address = tuple[str, int]

WITHIN = 10.0  # seconds, only so that nothing hangs

on_both_loops = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])


def run(loop: str, test: Coroutine[Any, Any, None]) -> None:
    """Run a test on a loop of that name."""
    factory = importlib.import_module("uvloop").new_event_loop if loop == "uvloop" else None

    async def limited() -> None:
        await asyncio.wait_for(test, WITHIN)

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(limited())


@contextlib.asynccontextmanager
async def serving(app: App, *, status: int = 0, **options: Any) -> AsyncIterator[Address]:
    """The address of a server with that application, which must end with that status when stopped."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    address: Address = listener.getsockname()
    server = ReferenceServer(app, Options(**{"lifespan": "off", "graceful": 2.0, **options}))
    running = asyncio.ensure_future(server.run(listener))
    try:
        yield address
    finally:
        server.stop()
        assert await running == status
        listener.close()


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *pieces: bytes | str) -> None:
        for piece in pieces:
            self.writer.write(piece.encode("latin-1") if isinstance(piece, str) else piece)
        await self.writer.drain()

    async def until(self, mark: bytes) -> bytes:
        """The bytes received up to a mark."""
        return await self.reader.readuntil(mark)

    async def rest(self) -> bytes:
        """The bytes received until the server ends the connection; data lost by a reset are missing."""
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := await self.reader.read(65536):
                got += piece
        return got

    def reset(self) -> None:
        """End the connection rudely."""
        handle = self.writer.get_extra_info("socket")
        with socket.socket(fileno=os.dup(handle.fileno())) as twin:
            twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.writer.transport.abort()


@contextlib.asynccontextmanager
async def connected(address: Address) -> AsyncIterator[Client]:
    """A connection to a server."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


async def exchange(address: Address, *pieces: bytes | str) -> bytes:
    """Everything that comes back for some bytes until the server ends the connection."""
    async with connected(address) as client:
        await client.send(*pieces)
        return await client.rest()


def head(line: str, *fields: str) -> str:
    """A request's head, with a Host."""
    return "".join(f"{text}\r\n" for text in (line, "Host: a", *fields, ""))


async def body_of(receive: Receive) -> bytes:
    """A request's whole body."""
    body = b""
    while True:
        event = await receive()
        assert event["type"] == "http.request", event
        body += bytes(event["body"])
        if not event["more_body"]:
            return body


async def respond(send: Send, body: bytes = b"ok", status: int = 200, headers: Any = ()) -> None:
    """A whole response with a Content-Length."""
    length = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": [*length, *headers]})
    await send({"type": "http.response.body", "body": body})


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that sends back the method, the path and the body."""
    body = await body_of(receive)
    await respond(send, f"{scope['method']} {scope['path']} ".encode() + body)
