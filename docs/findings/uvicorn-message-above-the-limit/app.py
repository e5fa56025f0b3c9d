"""The application for: A WebSocket message of-one-byte-more above the configured limit ends the connection, and does not arrive."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "websocket" and scope["path"] == "/ws/echo":
        await receive()  # websocket.connect
        await ws_echo(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})


Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def ws_echo(scope: Scope, receive: Receive, send: Send) -> None:
    await send_back("text", receive, send)


async def send_back(kind: str, receive: Receive, send: Send) -> None:
    """Each message of one kind back; one of the other kind is answered with the close code for unsupported data."""
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        data = message.get(kind)
        if data is None:
            await send({"type": "websocket.close", "code": 1003})
            return
        await send({"type": "websocket.send", kind: data})
