"""The application for: The 500 of an application that returns in answer to HEAD ends with its head."""

from __future__ import annotations

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/good":
        await on_good(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/return":
        await on_return(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/raise":
        await on_raise(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_good(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-length", b"4"]],
    })
    await send({"type": "http.response.body", "body": b"good"})


async def on_return(scope, receive, send):
    return


async def on_raise(scope, receive, send):
    raise RuntimeError("")


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})
