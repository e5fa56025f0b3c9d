"""The application for: receive() returns http.disconnect once the response is complete, each time, whether the connection closes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from recorder import Outcome


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/":
        await on_root(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/health":
        await health(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_root(scope, receive, send):
    receive = Messages(receive)
    await read_body(receive)
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"2"]],
    })
    await send({"type": "http.response.body", "body": b"ok"})
    with Outcome("one") as one_result:
        one_result.values["event"] = await receive(within=2.0)
    with Outcome("two") as two_result:
        two_result.values["event"] = await receive(within=1.0)


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})


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
