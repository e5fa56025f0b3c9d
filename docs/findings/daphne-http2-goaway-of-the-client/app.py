"""The application for this finding: see README.md."""

from __future__ import annotations

import asyncio


async def app(scope, receive, send):
    if scope["type"] == "http":
        await http(scope, receive, send)


async def http(scope, receive, send):
    await asyncio.sleep(1)
    await respond(send, b"done")


async def respond(send, body, status=200, headers=()):
    lines = [(b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
