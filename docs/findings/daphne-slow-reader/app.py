"""The application for: An application whose response is passed on waits for a client that does not read, in little memory, and goes on when it reads."""

from __future__ import annotations

import contextlib
from pathlib import Path


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)


async def http(scope, receive, send):
    await send({
        "type": "http.response.start",
        "status": 200,
        "headers": [[b"content-type", b"text/plain"]],
    })
    mark("running")
    with contextlib.suppress(Exception):
        for _ in range(1600):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})


async def lifespan(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


MARKS = Path(__file__).with_name("marks")


def mark(name: str) -> None:
    """Set a mark, which the client can wait for."""
    MARKS.mkdir(exist_ok=True)
    (MARKS / name).touch()
