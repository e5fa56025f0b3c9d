"""The application for: A status of 99 is refused, and never sent."""

from __future__ import annotations

import contextlib


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/bad":
        await on_bad(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/good":
        await on_good(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_bad(scope, receive, send):
    with contextlib.suppress(Exception):
        await send({
            "type": "http.response.start",
            "status": 99,
            "headers": [[b"content-length", b"3"]],
        })
    with contextlib.suppress(Exception):
        await send({"type": "http.response.body", "body": b"bad"})


async def on_good(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"4"]],
    })
    await send({"type": "http.response.body", "body": b"good"})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})
