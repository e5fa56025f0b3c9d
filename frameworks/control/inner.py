"""An ASGI application to mount below a framework: it sends the least that each message may have.

The last segment of the path says which. The same file is in the folder of each framework that can mount one.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PAIRS = [(b"x-inner", b"1"), (b"x-inner", b"2"), (b"content-type", b"text/plain")]
TEXT = [(b"content-type", b"text/plain")]
LONG = b"0123456789" * 200
START, BODY, TRAILERS = "http.response.start", "http.response.body", "http.response.trailers"


def generated() -> Iterator[tuple[bytes, bytes]]:
    yield from PAIRS


def forms() -> dict[str, list[Message]]:
    """The messages of a response, by name."""
    return {
        "no-headers": [{"type": START, "status": 200}, {"type": BODY, "body": b"ok"}],
        "no-body": [{"type": START, "status": 200, "headers": TEXT}, {"type": BODY}],
        "pieces-without-body": [
            {"type": START, "status": 200, "headers": TEXT},
            {"type": BODY, "more_body": True},
            {"type": BODY, "body": b"ok", "more_body": True},
            {"type": BODY},
        ],
        "empty-pieces": [
            {"type": START, "status": 200, "headers": TEXT},
            {"type": BODY, "body": b"", "more_body": True},
            {"type": BODY, "body": b"ok", "more_body": True},
            {"type": BODY, "body": b"", "more_body": True},
            {"type": BODY, "body": b"", "more_body": False},
        ],
        "lists": [
            {"type": START, "status": 200, "headers": [list(pair) for pair in PAIRS]},
            {"type": BODY, "body": b"ok"},
        ],
        "tuples": [{"type": START, "status": 200, "headers": tuple(PAIRS)}, {"type": BODY, "body": b"ok"}],
        "generator": [{"type": START, "status": 200, "headers": generated()}, {"type": BODY, "body": b"ok"}],
        "long": [{"type": START, "status": 200, "headers": TEXT}, {"type": BODY, "body": LONG}],
        "long-pieces": [
            {"type": START, "status": 200, "headers": TEXT},
            {"type": BODY, "body": LONG, "more_body": True},
            {"type": BODY, "body": LONG, "more_body": True},
            {"type": BODY},
        ],
        "trailers": [
            {"type": START, "status": 200, "headers": [*TEXT, (b"trailer", b"x-sum")], "trailers": True},
            {"type": BODY, "body": LONG, "more_body": True},
            {"type": BODY, "body": LONG},
            {"type": TRAILERS, "headers": [(b"x-sum", b"4000")]},
        ],
        "trailers-one-piece": [
            {"type": START, "status": 200, "headers": [*TEXT, (b"trailer", b"x-sum")], "trailers": True},
            {"type": BODY, "body": LONG},
            {"type": TRAILERS, "headers": [(b"x-sum", b"2000")]},
        ],
        "vary-lines": [
            {
                "type": START,
                "status": 200,
                "headers": [*TEXT, (b"vary", b"accept-language"), (b"vary", b"x-a, x-b")],
            },
            {"type": BODY, "body": LONG},
        ],
        "hint": [
            {"type": "http.response.early_hint", "links": [b"</style.css>; rel=preload"]},
            {"type": START, "status": 200, "headers": TEXT},
            {"type": BODY, "body": LONG},
        ],
    }


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the messages of that name, echo a body, show the paths, or take a WebSocket."""
    name = scope["path"].rstrip("/").rpartition("/")[2]
    if scope["type"] == "websocket":
        await websocket(receive, send)
        return
    messages = forms().get(name)
    if name == "echo":
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        messages = [{"type": START, "status": 200}, {"type": BODY, "body": body}]
    elif name == "paths":
        shown = {key: scope.get(key) for key in ("type", "path", "root_path", "method")}
        messages = [{"type": START, "status": 200, "headers": TEXT}, {"type": BODY, "body": json.dumps(shown).encode()}]
    for message in messages or [{"type": START, "status": 404}, {"type": BODY}]:
        await send(message)


async def websocket(receive: Receive, send: Send) -> None:
    """Accept, send the first message back, and close, each with the least."""
    await receive()
    await send({"type": "websocket.accept"})
    message = await receive()
    if message["type"] == "websocket.receive":
        kind = "text" if message.get("text") is not None else "bytes"
        await send({"type": "websocket.send", kind: message[kind]})
        await send({"type": "websocket.close"})
