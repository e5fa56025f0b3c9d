"""The application for: A Transfer-Encoding of the application that is not just chunked is ignored, gzip, and the next response is its own."""

from __future__ import annotations

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/one-event":
        await on_one_event(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/two-events":
        await on_two_events(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/second":
        await on_second(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_one_event(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"transfer-encoding", b"gzip"]],
    })
    await send({"type": "http.response.body", "body": b"hello"})


async def on_two_events(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"transfer-encoding", b"gzip"]],
    })
    await send({"type": "http.response.body", "body": b"hel", "more_body": True})
    await send({"type": "http.response.body", "body": b"lo"})


async def on_second(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"6"]],
    })
    await send({"type": "http.response.body", "body": b"second"})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})
