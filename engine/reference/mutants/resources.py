"""Faults that cost memory, descriptors and time."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from typing import Any

from ..connection import ServerConnection
from ..exchange import Exchange
from ..frames import ClientFrames
from ..server import ReferenceServer
from ..service import ServerState
from ..session import WebSocketConversation
from ..stream import ServerStream
from ..violations import Disconnected
from .base import PROBE, Mutant, Scope, replaced, served_with, together

MIB = 1024 * 1024
_kept: list[object] = []


def _cut_by_idle_time(right: Any) -> Any:
    async def run(self: Exchange) -> bool:
        try:
            async with asyncio.timeout(self._service.options.keep_alive):
                return bool(await right(self))
        except TimeoutError:
            self._stream.reset()
            return False

    return run


def _losing_descriptors(right: Any) -> Any:
    async def run(self: ServerConnection) -> None:
        _kept.append(os.open(os.devnull, os.O_RDONLY))
        await right(self)

    return run


def _losing_threads(right: Any) -> Any:
    async def run(self: ServerConnection) -> None:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        await right(self)

    return run


def _losing_memory(right: Any) -> Any:
    async def run(self: ServerConnection) -> None:
        _kept.append(b"x" * MIB)
        await right(self)

    return run


def _keeping_the_unsent(right: Any) -> Any:
    async def drain(self: ServerStream) -> None:
        try:
            await right(self)
        except Disconnected:
            _kept.append(b"x" * (4 * MIB))
            raise

    return drain


def _keeping_requests(right: Any) -> Any:
    def call(self: ServerState, scope: Scope, receive: Any, send: Any) -> Any:
        if scope["type"] == "http" and scope["path"] != PROBE:
            _kept.append(b"x" * (64 * 1024))
        return right(self, scope, receive, send)

    return call


def _not_waiting(right: Any) -> Any:
    async def drain(self: ServerStream) -> None:
        await asyncio.sleep(0)

    return drain


def _reading_all(right: Any) -> Any:
    """Read a body into memory before the application is called."""

    async def run(self: Any) -> bool:
        length = self._request.length
        if length is None or length < MIB:
            return bool(await right(self))

        async def swallow() -> None:
            while await self._stream.fill():
                if len(self._stream.buffer) >= length:
                    return

        reading = asyncio.ensure_future(swallow())
        try:
            return bool(await right(self))
        finally:
            reading.cancel()

    return run


def _allocating(right: Any) -> Any:
    def feed(self: ClientFrames, data: bytes) -> list[str | bytes]:
        if len(data) > 9 and data[1] & 0x7F == 127:
            _kept.append(b"x" * min(int.from_bytes(data[2:10], "big"), 256 * MIB))
        messages: list[str | bytes] = right(self, data)
        return messages

    return feed


def _keeping_messages(right: Any) -> Any:
    def feed(self: ClientFrames, data: bytes) -> list[str | bytes]:
        messages: list[str | bytes] = right(self, data)
        _kept.extend(b"x" * (64 * 1024) for _ in messages)
        return messages

    return feed


def _no_room(right: Any) -> Any:
    async def wait_for_room(self: WebSocketConversation) -> None:
        """Take messages in without a limit."""

    return wait_for_room


def _polling(right: Any) -> Any:
    async def run(self: ReferenceServer, listener: Any) -> int:
        async def poll() -> None:
            while True:  # noqa: ASYNC110 (it is the fault)
                await asyncio.sleep(0)

        polling = asyncio.ensure_future(poll())
        try:
            return int(await right(self, listener))
        finally:
            polling.cancel()

    return run


def _allocating_body(right: Any) -> Any:
    def init(self: Exchange, stream: ServerStream, request: Any, service: ServerState) -> None:
        right(self, stream, request, service)
        length = request.length
        if isinstance(length, int) and length > MIB:
            len(b"x" * length)

    return init


_retired: list[ServerState] = []


def _retiring(right: Any) -> Any:
    def count(self: ServerState) -> None:
        right(self)
        if self.retired:
            _retired.append(self)

    return count


def _cut_when_retired(right: Any) -> Any:
    def put(self: ServerStream, data: bytes) -> None:
        is_last = bool(_retired and data) and not data.endswith(b"\r\n\r\n")
        right(self, data[:-1] if is_last else data)
        if is_last:
            os._exit(0)

    return put


MUTANTS: Mapping[str, Mutant] = {
    "idle-never-closed": Mutant("idle connections are kept for ever", served_with(keep_alive=1e6)),
    "slow-heads-never-end": Mutant("a head may take any time", served_with(head_within=1e6)),
    "keep-alive-cuts-requests": Mutant(
        "the time of idle connections counts for requests", replaced(Exchange, "run", _cut_by_idle_time)
    ),
    "descriptors-leak": Mutant(
        "a descriptor is lost with each connection", replaced(ServerConnection, "run", _losing_descriptors)
    ),
    "threads-leak": Mutant(
        "a thread of each connection never ends", replaced(ServerConnection, "run", _losing_threads)
    ),
    "connections-cost-memory": Mutant(
        "each connection costs a MiB for good", replaced(ServerConnection, "run", _losing_memory)
    ),
    "broken-off-responses-cost-memory": Mutant(
        "each response that a client breaks off costs four MiB for good",
        replaced(ServerStream, "drain", _keeping_the_unsent),
    ),
    "requests-cost-memory": Mutant(
        "each request costs 64 KiB for good", replaced(ServerState, "call", _keeping_requests)
    ),
    "slow-reader-buffers": Mutant(
        "data that a client does not read are kept in memory", replaced(ServerStream, "drain", _not_waiting)
    ),
    "upload-unbounded": Mutant(
        "a body that the application does not read is read into memory", replaced(Exchange, "run", _reading_all)
    ),
    "ws-claim-allocates": Mutant(
        "memory is allocated for the length that a frame claims", replaced(ClientFrames, "feed", _allocating)
    ),
    "ws-messages-cost-memory": Mutant(
        "each WebSocket message costs 64 KiB for good", replaced(ClientFrames, "feed", _keeping_messages)
    ),
    "ws-messages-unbounded": Mutant(
        "messages that nobody receives are kept in memory", replaced(WebSocketConversation, "_wait_for_room", _no_room)
    ),
    "declared-length-allocates": Mutant(
        "memory is allocated for a request's Content-Length before the body comes",
        replaced(Exchange, "__init__", _allocating_body),
    ),
    "last-request-cut": Mutant(
        "the response to the last request of a worker is cut off",
        together(replaced(ServerState, "count", _retiring), replaced(ServerStream, "put", _cut_when_retired)),
    ),
    "polls": Mutant("the server keeps a processor busy", replaced(ReferenceServer, "run", _polling)),
}
