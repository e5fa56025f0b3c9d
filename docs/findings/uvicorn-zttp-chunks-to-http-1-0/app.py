"""The application for: A response without a length to an HTTP/1.0 client that asks to keep its connection is the last of it."""

from __future__ import annotations

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/first":
        await on_first(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/second":
        await on_second(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_first(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"first"})


async def on_second(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"sec", "more_body": True})
    await send({"type": "http.response.body", "body": b"ond"})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})
