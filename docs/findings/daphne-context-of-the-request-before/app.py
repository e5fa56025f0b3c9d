"""The application for: Context variables do not leak from a call to one that begins while it runs, or at its end, pipelined."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from typing import Any

from recorder import Outcome


LEAK_VARIABLE = ContextVar("leak")


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)
    elif scope["type"] == "websocket":
        await websocket(scope, receive, send)


async def http(scope, receive, send):
    with Outcome("seen") as seen_result:
        seen_result.values["value"] = LEAK_VARIABLE.get(None)
    LEAK_VARIABLE.set(1)
    await read_body(receive)
    await asyncio.sleep(0.2)
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"0"]],
    })
    await send({"type": "http.response.body", "body": b""})


async def websocket(scope, receive, send):
    with Outcome("seen") as seen_result:
        seen_result.values["value"] = LEAK_VARIABLE.get(None)
    await receive()
    await send({"type": "websocket.close"})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def read_body(receive: Receive) -> tuple[bytes, Any]:
    """The complete body of a request, and the last message."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body, message
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body, message


Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
