"""The application for: Trailer fields are read, and never become header fields, body or the next request, one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from recorder import Outcome


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/one":
        await on_one(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/health":
        await health(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_one(scope, receive, send):
    with Outcome("body") as body_result:
        body_result.values["value"], body_result.values["event"] = await read_body(receive)
    with Outcome("after") as after_result:
        after_result.values["value"] = part(scope, "headers")
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"2"]],
    })
    await send({"type": "http.response.body", "body": b"ok"})


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


def part(scope: Any, path: str) -> Any:
    """A part of a scope, such as ``state.counter``."""
    for word in path.split("."):
        scope = scope[int(word) if isinstance(scope, (list, tuple)) and word.isdigit() else word]
    return scope


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
