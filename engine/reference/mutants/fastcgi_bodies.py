"""Faults of the strict FastCGI server in bodies that are large or slow."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any

from ..fastcgi import Connection, Request
from ..fastcgi_asgi import AsgiCall, scope_of
from ..fastcgi_calls import End, head_of
from .base_values import PROBE, Mutant, replaced

LARGE = 64 * 1024
HURRY = 0.4  # seconds that an impatient server gives to a body


def _asgi_always_500(right: Any) -> Any:
    async def run(self: AsgiCall) -> None:
        if scope_of(self._request.pairs)["path"] == PROBE:
            await right(self)
            return
        status = "500 Internal Server Error"
        self._connection.done(self._request, End(head_of(status, [("Content-Type", "text/plain")]), status))

    return run


def _asgi_body_cut(right: Any) -> Any:
    async def receive(self: Any) -> Any:
        event = await right(self)
        body, before = event.get("body", b""), self.__dict__.setdefault("received", 0)
        self.received += len(body)
        return {**event, "body": body[:-1]} if before <= LARGE < self.received else event

    return receive


def _without_waiting(right: Any) -> Any:
    async def drain(self: asyncio.StreamWriter) -> None:
        """Return although the peer has not taken what was written."""

    return drain


def _hurried(right: Any) -> Any:
    def take_stdin(self: Connection, request: Request, content: bytes) -> None:
        now = time.monotonic()
        # A request has one body, so the time of its first piece stays with it.
        began = request.__dict__.setdefault("began", now)
        if now - began > HURRY:
            self.over = True
            self.writer.transport.abort()
            return
        right(self, request, content)

    return take_stdin


def _slow_reader_left(right: Any) -> Any:
    def write(self: Connection, data: bytes | bytearray) -> None:
        right(self, data)
        transport = self.writer.transport
        waiting = transport.get_write_buffer_size()

        def look() -> None:
            if not transport.is_closing() and waiting and transport.get_write_buffer_size() >= waiting:
                transport.abort()

        asyncio.get_running_loop().call_later(HURRY, look)

    return write


def _half_uploads_held(right: Any) -> Any:
    async def serve(self: Connection, reader: asyncio.StreamReader) -> None:
        begun: list[Request] = []
        begin = self.begin

        def noted(id: int, content: bytes) -> None:
            begin(id, content)
            begun.extend(self.requests[one] for one in [id] if one in self.requests)

        self.begin = noted  # type: ignore[method-assign]
        try:
            await right(self, reader)
        finally:
            if any(not request.called for request in begun):
                os.dup(self.writer.get_extra_info("socket").fileno())

    return serve


MUTANTS: Mapping[str, Mutant] = {
    "asgi-always-500": Mutant(
        "every request to an ASGI application is answered with 500, and the application is not called",
        replaced(AsgiCall, "run", _asgi_always_500),
    ),
    "asgi-body-cut": Mutant(
        "an ASGI application gets a body of more than 64 KiB without one of its bytes",
        replaced(AsgiCall, "_receive", _asgi_body_cut),
    ),
    "asgi-sends-never-wait": Mutant(
        "send() never waits for the web server", replaced(asyncio.StreamWriter, "drain", _without_waiting)
    ),
    "slow-bodies-dropped": Mutant(
        "the connection is ended if a body takes longer than 400 ms", replaced(Connection, "take_stdin", _hurried)
    ),
    "slow-readers-left": Mutant(
        "the connection is ended if the web server takes nothing for 400 ms",
        replaced(Connection, "write", _slow_reader_left),
    ),
    "half-uploads-held": Mutant(
        "a descriptor is lost with each connection that ends within a body",
        replaced(Connection, "serve", _half_uploads_held),
    ),
}
