"""The application for: uvicorn 0.54.0 with zttp does not let send() wait while a client's window is full over HTTP/2."""

from __future__ import annotations

import json


sent = 0


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)


async def http(scope, receive, send):
    global sent
    if scope["path"] == "/sent":
        await respond(send, json.dumps(sent).encode())
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(400):
        await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
        sent += 1
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
