"""The application for: The connection is closed after a response to which the application gave the option close, close."""

from __future__ import annotations

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/stays":
        await on_stays(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/first":
        await on_first(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/never":
        await on_never(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_stays(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"stays"})


async def on_first(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"connection", b"close"], [b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"first"})


async def on_never(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"never"})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})
