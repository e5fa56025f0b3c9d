"""The application for: An idle WebSocket outlives the keep-alive timeout of the request before it, with the handshake in-the-same-packet."""

from __future__ import annotations

import asyncio


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/first":
        await on_first(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/":
        await on_root(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_first(scope, receive, send):
    await asyncio.sleep(0.05)
    await send({
        "type": "websocket.http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"5"]],
    })
    await send({"type": "websocket.http.response.body", "body": b"first"})


async def on_root(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await receive()
    await send({"type": "websocket.send", "text": "done"})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})
