"""The application for: uvicorn 0.54.0 with zttp lets receive() wait for ever for a request without content over HTTP/2."""

from __future__ import annotations

import json


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)


async def http(scope, receive, send):
    message = await receive()
    await respond(send, json.dumps([message["type"], message.get("more_body", False)]).encode())


async def respond(send, body, status=200, headers=()):
    lines = [(b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
