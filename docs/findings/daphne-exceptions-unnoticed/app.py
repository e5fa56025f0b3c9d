"""The application for: An application that raises is answered as before, after another one has raised within-the-body."""

from __future__ import annotations

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/raises":
        await on_raises(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/before-the-start":
        await on_before_the_start(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/behind-the-start":
        await on_behind_the_start(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/within-the-body":
        await on_within_the_body(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/after-the-end":
        await on_after_the_end(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/good":
        await on_good(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_raises(scope, receive, send):
    raise RuntimeError("")


async def on_before_the_start(scope, receive, send):
    raise RuntimeError("")


async def on_behind_the_start(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("")


async def on_within_the_body(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"part", "more_body": True})
    raise RuntimeError("")


async def on_after_the_end(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"5"]],
    })
    await send({"type": "http.response.body", "body": b"whole"})
    raise RuntimeError("")


async def on_good(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"4"]],
    })
    await send({"type": "http.response.body", "body": b"good"})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})
