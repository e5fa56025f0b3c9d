"""The application for: send() waits for a client that does not read, and everything arrives once it reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from recorder import Outcome


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "websocket":
        await websocket(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/health":
        await health(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def websocket(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await wait_for_mark("deaf")
    with Outcome("sends") as sends_result:
        sends_result.values["count"] = 0
        for _ in range(512):
            await send({"type": "websocket.send", "bytes": b"x" * 65536})
            sends_result.values["count"] += 1
    await send({"type": "websocket.close", "code": 4001})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})


MARKS = Path(__file__).with_name("marks")


async def wait_for_mark(name: str) -> None:
    """Wait until the client has set a mark."""
    while not (MARKS / name).exists():  # noqa: ASYNC110
        await asyncio.sleep(0.002)


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
