"""The endpoints of the contract behind something of a framework: a function of middleware, CORS, a response sent."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Pairs = list[tuple[bytes, bytes]]
Handler = Callable[[Scope, Receive, Send], Awaitable[None]]

FILE = Path(__file__).parent / "files" / "digits.txt"
PIECE = 64 * 1024
LARGEST = 64 * 1024 * 1024
START, BODY = "http.response.start", "http.response.body"

work: dict[str, dict[str, bool]] = {}
"""What has been done after responses, by token."""


def asked(scope: Scope, name: str, default: str) -> str:
    """The first value of a query parameter."""
    return parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True).get(name, [default])[0]


def value(scope: Scope, name: bytes) -> str | None:
    """The value of a field; None for none."""
    found = [one for key, one in scope["headers"] if key.lower() == name]
    return b", ".join(found).decode("latin-1") if found else None


async def whole(send: Send, status: int, body: bytes, pairs: Pairs) -> None:
    """A response in two messages."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": START, "status": status, "headers": [length, *pairs]})
    await send({"type": BODY, "body": body})


# Middleware


def passed(handler: Handler) -> Handler:
    """A handler behind a function that passes everything on, and adds a field."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == START:
                message = {**message, "headers": [*message.get("headers", ()), (b"x-passed", b"1")]}
            await send(message)

        await handler(scope, receive, marked)

    return wrapped


def read_before(handler: Handler) -> Handler:
    """A handler behind a function that has read the body."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        pieces, more = [], True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            pieces.append(message.get("body", b""))
            more = message.get("more_body", False)
        again = [{"type": "http.request", "body": b"".join(pieces)}]

        async def replayed() -> Message:
            return again.pop() if again else await receive()

        await handler(scope, replayed, send)

    return wrapped


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    pieces, more = [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    kind = (value(scope, b"content-type") or "application/octet-stream").encode("latin-1")
    await whole(send, 200, b"".join(pieces), [(b"content-type", kind)])


# Work behind a response


async def background(scope: Scope, receive: Receive, send: Send) -> None:
    """A response, and work once it has been sent; or the state of that work."""
    rest = scope["path"].partition("/background/")[2]
    token, _, state = rest.partition("/")
    nothing = {"begun": False, "done": False}
    if state:
        done = work.get(token, nothing)
        await whole(send, 200, json.dumps(done).encode(), [(b"content-type", b"application/json")])
        return
    done = work[token] = nothing
    left = min(LARGEST, max(0, int(asked(scope, "size", "2"))))
    pairs = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % left)]
    await send({"type": START, "status": 200, "headers": pairs})
    while left > PIECE:
        await send({"type": BODY, "body": b"x" * PIECE, "more_body": True})
        left -= PIECE
    await send({"type": BODY, "body": b"x" * left})
    done["begun"] = True
    await asyncio.sleep(min(30.0, float(asked(scope, "wait", "0")) / 1000))
    done["done"] = True


# CORS

ORIGIN, METHODS, FIELDS = "https://app.example", ("GET", "PUT"), ("x-asked",)


def cors(handler: Handler) -> Handler:
    """A handler behind CORS for one origin."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        origin, method = value(scope, b"origin"), value(scope, b"access-control-request-method")
        pairs: Pairs = []
        if origin == ORIGIN:
            pairs = [(b"access-control-allow-origin", ORIGIN.encode()), (b"access-control-allow-credentials", b"true")]
        if scope["method"] == "OPTIONS" and origin is not None and method is not None:
            words = (value(scope, b"access-control-request-headers") or "").lower().split(",")
            allowed = method in METHODS and all(word.strip() in ("", *FIELDS) for word in words)
            vary = b"origin, access-control-request-method, access-control-request-headers"
            if pairs and allowed:
                pairs.append((b"access-control-allow-methods", ", ".join(METHODS).encode()))
                pairs.append((b"access-control-allow-headers", ", ".join(FIELDS).encode()))
            await whole(send, 200 if pairs and allowed else 400, b"", [*pairs, (b"vary", vary)])
            return
        if pairs:
            pairs.append((b"access-control-expose-headers", b"x-shown"))

        async def shared(message: Message) -> None:
            if message["type"] == START:
                message = {**message, "headers": [*message.get("headers", ()), *pairs, (b"vary", b"origin")]}
            await send(message)

        if scope["method"] in METHODS:
            await handler(scope, receive, shared)
        else:
            await whole(shared, 405, b"Method Not Allowed", [(b"allow", ", ".join(METHODS).encode())])

    return wrapped


async def cors_text(scope: Scope, receive: Receive, send: Send) -> None:
    pairs = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-shown", b"1"), (b"vary", b"accept-language")]
    await whole(send, 200, b"OK", pairs)


# Downloads


async def download(scope: Scope, receive: Receive, send: Send) -> None:
    """A file with a name of its own."""
    name = asked(scope, "name", "digits.txt")
    plain = re.sub(r"[^ -~]", "_", name).replace("\\", "\\\\").replace('"', '\\"')
    disposition = f'attachment; filename="{plain}"'
    if not name.isascii() or not name.isprintable() or "%" in name:
        disposition += f"; filename*=UTF-8''{quote(name, safe='')}"
    pairs = [(b"content-type", b"text/plain"), (b"content-disposition", disposition.encode("ascii"))]
    await whole(send, 200, FILE.read_bytes(), pairs)
