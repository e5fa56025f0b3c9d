"""The application for: uvicorn 0.54.0 with zttp sends two different Content-Lengths over HTTP/2."""

from __future__ import annotations


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)


async def http(scope, receive, send):
    lines = [(b"content-length", b"2"), (b"Content-Length", b"3")]
    await send({"type": "http.response.start", "status": 200, "headers": lines})
    await send({"type": "http.response.body", "body": b"OK"})


async def lifespan(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
