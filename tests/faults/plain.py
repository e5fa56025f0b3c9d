"""A small application for the small server's own tests."""

from __future__ import annotations

import asyncio
import contextvars
import json
from typing import Any

from .events import Event
from .http1 import Receive, Send

leak: contextvars.ContextVar[str] = contextvars.ContextVar("leak", default="")
journal: list[str] = []


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answers by path; ``/journal`` returns the notes of earlier calls."""
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["type"] == "websocket":
        await websocket(scope, receive, send)
    else:
        await http(scope, receive, send)


async def lifespan(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    await receive()
    scope["state"]["started"] = "yes"
    await send({"type": "lifespan.startup.complete"})
    await receive()
    print("shut down", flush=True)
    await send({"type": "lifespan.shutdown.complete"})


async def http(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    path = scope["path"]
    start: Event = {"type": "http.response.start", "status": 200, "headers": []}
    if path == "/echo":
        await send(start)
        while True:
            event = await receive()
            await send({"type": "http.response.body", "body": event["body"], "more_body": event["more_body"]})
            if not event["more_body"]:
                return
    if path == "/raise":
        raise RuntimeError("secret")
    if path == "/nothing":
        return
    if path == "/partial":
        await send(start)
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        raise RuntimeError("secret")
    if path == "/short":
        await send({**start, "headers": [(b"content-length", b"9")]})
        await send({"type": "http.response.body", "body": b"hello"})
    if path == "/no-content":
        await send({**start, "status": 204, "headers": [(b"content-length", b"5")]})
        return await send({"type": "http.response.body", "body": b"hello"})
    if path == "/slow":
        await asyncio.sleep(0.3)
    if path == "/wait":
        journal.append((await receive())["type"])
        journal.append((await receive())["type"])
        journal.append((await receive())["type"])
        return
    facts: dict[str, Any] = {
        "path": path,
        "query": scope["query_string"].decode(),
        "version": scope["http_version"],
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
        "state": dict(scope["state"]),
        "leak": leak.get(),
        "journal": journal,
    }
    leak.set("leaked")
    scope["state"]["leak"] = "leaked"
    body = json.dumps(facts).encode()
    await send({**start, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def websocket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    await receive()
    if scope["path"] == "/reject":
        return await send({"type": "websocket.close"})
    if scope["path"] == "/before":
        raise RuntimeError("secret")
    chosen = scope["subprotocols"][0] if scope["subprotocols"] else None
    await send({"type": "websocket.accept", "subprotocol": chosen})
    if scope["path"] == "/after":
        raise RuntimeError("secret")
    if scope["path"] == "/close":
        return await send({"type": "websocket.close", "code": 4001, "reason": "enough"})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            journal.append(f"ws {event['code']}")
            return
        await send({**event, "type": "websocket.send"})
