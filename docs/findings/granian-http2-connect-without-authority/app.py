"""The application for: granian 2.8.7 passes a CONNECT without an authority to the application."""

from __future__ import annotations

import json


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)


CALLS = []


async def http(scope, receive, send):
    CALLS.append(scope["method"])
    await respond(send, json.dumps(CALLS).encode())


async def respond(send, body, status=200, headers=()):
    lines = [(b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
