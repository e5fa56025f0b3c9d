"""The application for: CR-LF in the path does not reach the log as it is."""

from __future__ import annotations

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)


async def http(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 203,
        "headers": [[b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"hello"})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
