"""The application for: X-Forwarded-Port bytes-beyond-ascii beside the client of a trusted proxy leaves a client that is a host and a port."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/scope":
        await show_scope(scope, receive, send)
    elif scope["type"] == "http":
        await not_found(send)


async def not_found(send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Not Found"})


Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
EMPTY = object()


class Worker:
    """The data of the worker process. ``started`` is filled only where the server keeps no state itself."""

    def __init__(self) -> None:
        self.counter = 0
        self.started: dict[str, Any] = {}


worker = Worker()


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Fill the server's state at startup, or the worker's own where the server has none."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            state = scope.get("state", worker.started)
            state["startup_called"] = True
            state["startup_time"] = time.time()
            state["custom_data"] = {"initialized": True}
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return


async def respond(send: Send, code: int, content_type: bytes, body: bytes, more: Headers | None = None) -> None:
    """A whole response in two messages."""
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *(more or [])]
    await send({"type": "http.response.start", "status": code, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def as_json(send: Send, value: object) -> None:
    """A response of JSON."""
    await respond(send, 200, b"application/json", json.dumps(value).encode())


async def show_scope(scope: Scope, receive: Receive, send: Send) -> None:
    await as_json(send, plain(scope))


def plain(value: object) -> object:
    """A value as JSON can hold it: bytes as latin-1 text, tuples as lists; EMPTY for what it cannot hold.

    Entries and items that are EMPTY are left out.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else EMPTY
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("latin-1")
    if isinstance(value, Mapping):
        named = {plain(name): plain(inner) for name, inner in value.items() if isinstance(name, (str, bytes))}
        return {name: inner for name, inner in named.items() if inner is not EMPTY}
    if isinstance(value, (list, tuple)):
        return [inner for inner in map(plain, value) if inner is not EMPTY]
    return EMPTY
