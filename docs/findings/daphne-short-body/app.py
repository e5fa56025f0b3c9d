"""The application for: A body shorter than its Content-Length is never completed with the next response."""

from __future__ import annotations

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/one":
        await on_one(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/two":
        await on_two(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_one(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"9"]],
    })
    await send({"type": "http.response.body", "body": b"hello"})


async def on_two(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"3"]],
    })
    await send({"type": "http.response.body", "body": b"two"})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})
