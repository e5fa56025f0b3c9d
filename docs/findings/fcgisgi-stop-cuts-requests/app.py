"""The application for: A request that runs when the server is asked to stop is answered."""

from __future__ import annotations

import asyncio
from pathlib import Path


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] != "lifespan" and scope["path"] == "/slow":
        await on_slow(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def on_slow(scope, receive, send):
    mark("running")
    await wait_for_mark("asked")
    await asyncio.sleep(0.3)
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-type", b"text/plain"]],
    })
    await send({"type": "http.response.body", "body": b"done"})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})


MARKS = Path(__file__).with_name("marks")


def mark(name: str) -> None:
    """Set a mark, which the client can wait for."""
    MARKS.mkdir(exist_ok=True)
    (MARKS / name).touch()


async def wait_for_mark(name: str) -> None:
    """Wait until the client has set a mark."""
    while not (MARKS / name).exists():  # noqa: ASYNC110
        await asyncio.sleep(0.002)
