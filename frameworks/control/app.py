"""The contract as a bare ASGI application: no framework, only the standard library.

It follows the ASGI specification to the letter and avoids everything that a server does not have to provide, so that a
case which fails here fails because of the server.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import features
import loading

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PAUSE = 0.01
LARGEST = 10 * 1024 * 1024
LONGEST = 30.0
PIECE = 64 * 1024
EMPTY = object()


class Worker:
    """The data of the worker process. ``started`` is filled only where the server keeps no state itself."""

    def __init__(self) -> None:
        self.counter = 0
        self.started: dict[str, Any] = {}


worker = Worker()
loading.take_time()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The application. Raises RuntimeError for a scope type that it does not know, as the specification asks."""
    if scope["type"] == "http":
        await http(scope, receive, send)
    elif scope["type"] == "websocket":
        await websocket(scope, receive, send)
    elif scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    else:
        raise RuntimeError(f"unknown scope type: {scope['type']}")


# Lifespan


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


# HTTP


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request."""
    path, method = local_path(scope), scope["method"]
    handler = HTTP.get(path)
    if path.startswith("/scope/"):
        handler = HTTP["/scope"]
    elif path.startswith("/status/") and "/" not in path.removeprefix("/status/"):
        handler = ("GET", status)
    feature = features.found(path)
    if feature is not None:
        methods, answer = feature
        if methods and method not in methods:
            await text(send, 405, "Method Not Allowed", [(b"allow", ", ".join(methods).encode())])
        else:
            await answer(scope, receive, send)
    elif handler is None:
        await text(send, 404, "Not Found")
    elif handler[0] != method:
        await text(send, 405, "Method Not Allowed", [(b"allow", handler[0].encode())])
    else:
        await handler[1](scope, receive, send)


def local_path(scope: Scope) -> str:
    """The path below root_path, which a server may or may not have put in front of it."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    if root and (path == root or path.startswith(root + "/")):
        return path[len(root) :]
    return path


async def respond(send: Send, code: int, content_type: bytes, body: bytes, more: Headers | None = None) -> None:
    """A whole response in two messages."""
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *(more or [])]
    await send({"type": "http.response.start", "status": code, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def text(send: Send, code: int, words: str, more: Headers | None = None) -> None:
    """A response of plain text."""
    await respond(send, code, b"text/plain; charset=utf-8", words.encode(), more)


async def as_json(send: Send, value: object) -> None:
    """A response of JSON."""
    await respond(send, 200, b"application/json", json.dumps(value).encode())


async def stream(send: Send, content_type: bytes, pieces: AsyncIterator[bytes]) -> None:
    """A response of unknown length."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", content_type)]})
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def health(scope: Scope, receive: Receive, send: Send) -> None:
    await text(send, 200, "OK")


async def show_scope(scope: Scope, receive: Receive, send: Send) -> None:
    await as_json(send, plain(scope))


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        if message["type"] != "http.request":
            raise ValueError(f"there is no event {message['type']!r} in a request")
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    content_type = header(scope, b"content-type") or b"application/octet-stream"
    await respond(send, 200, content_type, b"".join(pieces))


async def headers(scope: Scope, receive: Receive, send: Send) -> None:
    found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    await as_json(send, found)


async def status(scope: Scope, receive: Receive, send: Send) -> None:
    word = local_path(scope).removeprefix("/status/")
    if not (word.isascii() and word.isdigit() and 100 <= int(word) <= 599):
        await text(send, 404, "Not Found")
        return
    code = int(word)
    if code < 200 or code in (204, 304):
        await send({"type": "http.response.start", "status": code, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    else:
        await text(send, code, f"Status {code}")


async def streaming(scope: Scope, receive: Receive, send: Send) -> None:
    async def lines() -> AsyncIterator[bytes]:
        for number in range(10):
            yield b"chunk-%d\n" % number
            await asyncio.sleep(PAUSE)

    await stream(send, b"text/plain; charset=utf-8", lines())


async def events(scope: Scope, receive: Receive, send: Send) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(5):
            yield b'event: message\ndata: {"count": %d}\n\n' % number
            await asyncio.sleep(PAUSE)
        yield b"event: done\ndata: {}\n\n"

    await stream(send, b"text/event-stream", pieces())


async def large(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        left = min(LARGEST, max(0, int(query(scope, "size") or "")))
    except ValueError:
        await text(send, 400, "size is a whole number of bytes")
        return
    known = [(b"content-type", b"application/octet-stream"), (b"content-length", b"%d" % left)]
    await send({"type": "http.response.start", "status": 200, "headers": known})
    while left > 0:
        piece = b"x" * min(left, PIECE)
        left -= len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def delay(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        seconds = min(LONGEST, max(0.0, float(query(scope, "seconds") or "")))
    except ValueError:
        await text(send, 400, "seconds is a number")
        return
    gone = asyncio.ensure_future(client_gone(receive))
    try:
        await asyncio.wait([gone], timeout=seconds)
    finally:
        gone.cancel()
    await asyncio.wait([gone])
    if gone.cancelled():
        await text(send, 200, f"Waited {seconds} seconds")
    else:
        gone.result()


async def client_gone(receive: Receive) -> None:
    """Return when the client has left, whatever of its request arrives before."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def lifespan_state(scope: Scope, receive: Receive, send: Send) -> None:
    state = scope.get("state", worker.started)
    custom = state.get("custom_data") or {}
    answer = {
        "startup_called": state.get("startup_called", False),
        "startup_time": state.get("startup_time"),
        "counter": worker.counter,
        "custom_data": {"initialized": custom.get("initialized", False)},
    }
    await as_json(send, answer)


async def lifespan_counter(scope: Scope, receive: Receive, send: Send) -> None:
    worker.counter += 1
    await as_json(send, {"counter": worker.counter})


Handler = Callable[[Scope, Receive, Send], Awaitable[None]]

HTTP: dict[str, tuple[str, Handler]] = {
    "/health": ("GET", health),
    "/scope": ("GET", show_scope),
    "/echo": ("POST", echo),
    "/headers": ("GET", headers),
    "/streaming": ("GET", streaming),
    "/sse": ("GET", events),
    "/large": ("GET", large),
    "/delay": ("GET", delay),
    "/lifespan/state": ("GET", lifespan_state),
    "/lifespan/counter": ("GET", lifespan_counter),
}


# WebSocket


async def websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one WebSocket; a path that the contract lacks is closed before it is accepted."""
    message = await receive()
    if message["type"] != "websocket.connect":
        return
    handler = WEBSOCKET.get(local_path(scope))
    if handler is None:
        await send({"type": "websocket.close", "code": 1000})
    else:
        await handler(scope, receive, send)


async def ws_echo(scope: Scope, receive: Receive, send: Send) -> None:
    await send_back("text", receive, send)


async def ws_echo_binary(scope: Scope, receive: Receive, send: Send) -> None:
    await send_back("bytes", receive, send)


async def send_back(kind: str, receive: Receive, send: Send) -> None:
    """Each message of one kind back; one of the other kind is answered with the close code for unsupported data."""
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        data = message.get(kind)
        if data is None:
            await send({"type": "websocket.close", "code": 1003})
            return
        await send({"type": "websocket.send", kind: data})


async def ws_scope(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": json.dumps(plain(scope))})
    await send({"type": "websocket.close", "code": 1000})


async def ws_subprotocol(scope: Scope, receive: Receive, send: Send) -> None:
    requested = list(scope.get("subprotocols") or [])
    selected = requested[0] if requested else None
    await send({"type": "websocket.accept", "subprotocol": selected})
    await send({"type": "websocket.send", "text": json.dumps({"requested": requested, "selected": selected})})
    await send({"type": "websocket.close", "code": 1000})


async def ws_close(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": int(query(scope, "code") or "1000")})


WEBSOCKET: dict[str, Handler] = {
    "/ws/echo": ws_echo,
    "/ws/echo-binary": ws_echo_binary,
    "/ws/scope": ws_scope,
    "/ws/subprotocol": ws_subprotocol,
    "/ws/close": ws_close,
    **features.WEBSOCKET,
}


# The contents of a scope


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first value of a header, or None."""
    return next((value for key, value in scope["headers"] if key.lower() == name), None)


def query(scope: Scope, name: str) -> str | None:
    """The first value of a query parameter, or None."""
    found = parse_qs(scope.get("query_string", b"").decode("latin-1")).get(name)
    return found[0] if found else None


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
