"""The application for: An HTTP/1.1 request without Host is refused."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/headers":
        await headers(scope, receive, send)
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


async def as_json(send: Send, value: object) -> None:
    """A response of JSON."""
    await respond(send, 200, b"application/json", json.dumps(value).encode())


async def headers(scope: Scope, receive: Receive, send: Send) -> None:
    found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    await as_json(send, found)
