"""The application for this finding: see README.md."""

from __future__ import annotations

import asyncio
import json


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)


FOUND = []


async def http(scope, receive, send):
    if scope["path"] == "/found":
        await respond(send, json.dumps(FOUND).encode())
        return
    await respond(send, b"first")
    for _ in range(2):
        try:
            FOUND.append((await asyncio.wait_for(receive(), 2))["type"])
        except TimeoutError:
            FOUND.append("nothing within 2 s")


async def respond(send, body, status=200, headers=()):
    lines = [(b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
