"""The application for: Hypercorn 0.18.0 buffers a response over HTTP/2 without a limit, and send() does not wait."""

from __future__ import annotations

import json


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)


SENT = []


async def http(scope, receive, send):
    if scope["path"] == "/sent":
        await respond(send, json.dumps(len(SENT)).encode())
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(400):
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        SENT.append(1)
    await send({"type": "http.response.body", "body": b""})


async def respond(send, body, status=200, headers=()):
    lines = [(b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
