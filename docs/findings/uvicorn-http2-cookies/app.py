"""The application for: uvicorn 0.54.0 with zttp passes several Cookie fields on as several, of which an application may see only one."""

from __future__ import annotations

import json


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)


async def http(scope, receive, send):
    await respond(send, json.dumps([value.decode() for name, value in scope["headers"] if name == b"cookie"]).encode())


async def respond(send, body, status=200, headers=()):
    lines = [(b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
