"""The application for: A body that its Content-Type calls a form reaches the application as it was sent, multipart-without-a-boundary."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/echo":
        await echo(scope, receive, send)
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


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        if message["type"] != "http.request":
            raise ValueError(f"there is no event {message['type']!r} in a request")
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    content_type = header(scope, b"content-type") or b"application/octet-stream"
    await respond(send, 200, content_type, b"".join(pieces))


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first value of a header, or None."""
    return next((value for key, value in scope["headers"] if key.lower() == name), None)
