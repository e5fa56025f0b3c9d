"""The application for: The connection persists after a response of the kind head-of-chunks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/length":
        await on_length(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/chunks":
        await on_chunks(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/empty":
        await on_empty(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/nothing":
        await on_nothing(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/created":
        await on_created(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/no-content":
        await on_no_content(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/no-content-in-pieces":
        await on_no_content_in_pieces(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/partial":
        await on_partial(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/not-modified":
        await on_not_modified(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/not-modified-with-length":
        await on_not_modified_with_length(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/moved":
        await on_moved(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/unauthorized":
        await on_unauthorized(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/missing":
        await on_missing(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/failed":
        await on_failed(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/unavailable":
        await on_unavailable(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/streamed":
        await on_streamed(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/empty-pieces":
        await on_empty_pieces(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/echo":
        await on_echo(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/last":
        await on_last(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_length(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"first"})


async def on_chunks(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    await send({"type": "http.response.body", "body": b"piece"})


async def on_empty(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"0"]],
    })
    await send({"type": "http.response.body", "body": b""})


async def on_nothing(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


async def on_created(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 201,
        "headers": [[b"location", b"/length"], [b"content-length", b"0"]],
    })
    await send({"type": "http.response.body", "body": b""})


async def on_no_content(scope, receive, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def on_no_content_in_pieces(scope, receive, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    await send({"type": "http.response.body"})


async def on_partial(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 206,
        "headers": [[b"content-range", b"bytes 0-4/9"], [b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"first"})


async def on_not_modified(scope, receive, send):
    await send({"type": "http.response.start", "status": 304, "headers": [[b"etag", b'"a"']]})
    await send({"type": "http.response.body", "body": b""})


async def on_not_modified_with_length(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 304,
        "headers": [[b"etag", b'"a"'], [b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b""})


async def on_moved(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 301,
        "headers": [[b"location", b"/length"], [b"content-length", b"0"]],
    })
    await send({"type": "http.response.body", "body": b""})


async def on_unauthorized(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 401,
        "headers": [[b"www-authenticate", b"Basic"], [b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"first"})


async def on_missing(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 404,
        "headers": [[b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"first"})


async def on_failed(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 500,
        "headers": [[b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"first"})


async def on_unavailable(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 503,
        "headers": [[b"retry-after", b"1"], [b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"first"})


async def on_streamed(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"fi", "more_body": True})
    await send({"type": "http.response.body", "body": b"rst", "more_body": True})
    await send({"type": "http.response.body"})


async def on_empty_pieces(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "more_body": True})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    await send({"type": "http.response.body", "more_body": True})
    await send({"type": "http.response.body"})


async def on_echo(scope, receive, send):
    await echo_body(scope, receive, send)


async def on_last(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"4"]],
    })
    await send({"type": "http.response.body", "body": b"last"})


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


async def send_response(send: Send, status: int, headers: list[Any], body: bytes, kind: str = "http") -> None:
    """Send a complete response."""
    await send({"type": f"{kind}.response.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": body})


async def echo_body(scope: Any, receive: Receive, send: Send) -> None:
    """Send the body of a request back."""
    body, _ = await read_body(receive)
    kind = [(name, value) for name, value in scope["headers"] if name.lower() == b"content-type"]
    await send_response(send, 200, kind, body)


Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
