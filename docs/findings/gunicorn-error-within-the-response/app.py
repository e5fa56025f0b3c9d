"""The application for: A body that becomes malformed within the response, bad-size, puts nothing into it, with-its-length."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/starts":
        await on_starts(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_starts(scope, receive, send):
    receive = Messages(receive)
    with contextlib.suppress(Exception):
        await receive()
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"11"]],
    })
    await send({"type": "http.response.body", "body": b"first-", "more_body": True})
    with contextlib.suppress(Exception):
        await receive(within=3.0)
    await asyncio.sleep(0.2)
    with contextlib.suppress(Exception):
        await send({"type": "http.response.body", "body": b"final"})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})


class Messages:
    """``receive`` with a time limit: a message that comes too late is the next one's."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: asyncio.Future[Any] | None = None

    async def __call__(self, within: float | None = None) -> Any:
        """The next message. Raises TimeoutError after ``within`` seconds."""
        future = self._kept or asyncio.ensure_future(self._receive())
        self._kept = future
        done, _ = await asyncio.wait([future], timeout=within)
        if not done:
            raise TimeoutError(f"nothing was received within {within} s")
        self._kept = None
        return future.result()


Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
