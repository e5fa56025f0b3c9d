"""The application for: The headers of a denial response keep their values, their lines and their order."""

from __future__ import annotations

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "websocket":
        await websocket(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def websocket(scope, receive, send):
    await receive()
    await send({
        "type": "websocket.http.response.start",
        "status": 401,
        "headers": [
            [b"set-cookie", b"c=xxxxx"],
            [b"x-mixed", b'MiXeD "q"'],
            [b"set-cookie", b"a=xxxxx"],
            [b"www-authenticate", b"Basic"],
            [b"set-cookie", b"c=xxxxx"],
            [b"www-authenticate", b'Digest a="b, c"'],
        ],
    })
    await send({"type": "websocket.http.response.body", "body": b""})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})
