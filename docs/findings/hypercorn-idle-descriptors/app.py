"""The application for: 600 connections that the client ends after their response, by both, leave nothing, though an idle one would be kept for a minute."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/health":
        await health(scope, receive, send)
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
Headers = list[tuple[bytes, bytes]]


async def respond(send: Send, code: int, content_type: bytes, body: bytes, more: Headers | None = None) -> None:
    """A whole response in two messages."""
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *(more or [])]
    await send({"type": "http.response.start", "status": code, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def text(send: Send, code: int, words: str, more: Headers | None = None) -> None:
    """A response of plain text."""
    await respond(send, code, b"text/plain; charset=utf-8", words.encode(), more)


async def health(scope: Scope, receive: Receive, send: Send) -> None:
    await text(send, 200, "OK")
