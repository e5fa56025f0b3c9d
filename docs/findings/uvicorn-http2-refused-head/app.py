"""The application for: uvicorn 0.54.0 with zttp sends content as DATA without a head over HTTP/2, if it has refused the head."""

from __future__ import annotations


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)


async def http(scope, receive, send):
    try:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"a\nb")]})
    except Exception as error:
        print("send() has raised", repr(error))
    await send({"type": "http.response.body", "body": b"content"})


async def lifespan(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
