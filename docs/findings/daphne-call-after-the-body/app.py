"""The application for: Each piece of a body that is passed on reaches the application before the client sends the next, length."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)


async def http(scope, receive, send):
    await read_body(receive)
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"4"]],
    })
    await send({"type": "http.response.body", "body": b"read"})


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
