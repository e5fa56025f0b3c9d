"""The application for: uvicorn 0.54.0 with zttp takes no early hint behind http.response.start."""

from __future__ import annotations


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)


async def http(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.early_hint", "links": [b"</a>; rel=preload"]})
    await send({"type": "http.response.body", "body": b"OK"})


async def lifespan(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
