"""The contract as Litestar's own documentation would have it: typed handlers, app state, WebSocket listeners."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from inner import app as inner_app
from litestar import (
    Controller,
    Litestar,
    MediaType,
    Request,
    Response,
    Router,
    WebSocket,
    asgi,
    get,
    post,
    route,
    websocket,
    websocket_listener,
)
from litestar.background_tasks import BackgroundTask
from litestar.config.compression import CompressionConfig
from litestar.config.cors import CORSConfig
from litestar.datastructures import Cookie, MutableScopeHeaders, State, UploadFile
from litestar.enums import HttpMethod
from litestar.exceptions import NotFoundException, PermissionDeniedException, WebSocketDisconnect
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.response import File, ServerSentEvent, ServerSentEventMessage, Stream
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 10 * 1024 * 1024
PIECE = 64 * 1024
LIMIT = 2 * 1024 * 1024
FILES = Path(__file__).parent / "files"


@contextlib.asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    app.state.startup_called = True
    app.state.startup_time = time.time()
    app.state.custom_data = {"initialized": True}
    yield


def as_json(value: object) -> Any:
    """A value of the scope as JSON can hold it: bytes as latin-1 text, and what JSON cannot hold left out."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, Mapping):
        return {as_json(key): as_json(item) for key, item in value.items() if can_hold(item)}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value if can_hold(item)]
    return value


def can_hold(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (str, int, bytes, list, tuple, Mapping))


@get("/health", media_type=MediaType.TEXT)
async def health() -> str:
    return "OK"


@get(["/scope", "/scope/{deeper:path}"])
async def scope(request: Request) -> dict[str, Any]:
    return as_json(request.scope)


@post("/echo", status_code=200)
async def echo(request: Request) -> Response[bytes]:
    body = await request.body()
    return Response(body, headers={"content-type": request.headers.get("content-type", "application/octet-stream")})


@post("/read", status_code=200)
async def echo_read(request: Request) -> Response[bytes]:
    return await echo.fn(request)


@get("/headers")
async def headers(request: Request) -> dict[str, str]:
    return dict(request.headers)


@get("/status/{code:int}")
async def status(code: int) -> Response[str | None]:
    if not 100 <= code <= 599:
        raise NotFoundException
    if code < 200 or code in (204, 304):
        return Response(None, status_code=code)
    return Response(f"Status {code}", status_code=code, media_type=MediaType.TEXT)


@get("/streaming")
async def streaming() -> Stream:
    async def lines() -> AsyncGenerator[str, None]:
        for number in range(10):
            yield f"chunk-{number}\n"
            await asyncio.sleep(0.01)

    return Stream(lines(), media_type=MediaType.TEXT)


@get("/sse")
async def sse() -> ServerSentEvent:
    async def events() -> AsyncGenerator[ServerSentEventMessage, None]:
        # Lines may end with CR LF as well, and do by default; clients that know no more than LF are many.
        for number in range(5):
            yield ServerSentEventMessage(event="message", data=json.dumps({"count": number}), sep="\n")
            await asyncio.sleep(0.01)
        yield ServerSentEventMessage(event="done", data="{}", sep="\n")

    return ServerSentEvent(events())


@get("/large")
async def large(size: int) -> Stream:
    size = min(LARGEST, max(0, size))

    async def pieces() -> AsyncGenerator[bytes, None]:
        for start in range(0, size, PIECE):
            yield b"x" * min(PIECE, size - start)

    return Stream(pieces(), media_type="application/octet-stream", headers={"content-length": str(size)})


@get("/delay", media_type=MediaType.TEXT)
async def delay(seconds: float) -> str:
    seconds = min(30.0, max(0.0, seconds))
    await asyncio.sleep(seconds)
    return f"Waited {seconds} seconds"


@get("/lifespan/state")
async def lifespan_state(state: State) -> dict[str, Any]:
    return {
        "startup_called": state.get("startup_called", False),
        "startup_time": state.get("startup_time"),
        "counter": state.counter,
        "custom_data": {"initialized": state.get("custom_data", {}).get("initialized", False)},
    }


@get("/lifespan/counter")
async def lifespan_counter(state: State) -> dict[str, int]:
    state.counter += 1
    return {"counter": state.counter}


@websocket_listener("/ws/echo")
async def ws_echo(data: str) -> str:
    return data


@websocket_listener("/ws/echo-binary", receive_mode="binary", send_mode="binary")
async def ws_echo_binary(data: bytes) -> bytes:
    return data


@websocket("/ws/scope")
async def ws_scope(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json(as_json(socket.scope))
    await socket.close()


@websocket("/ws/subprotocol")
async def ws_subprotocol(socket: WebSocket) -> None:
    requested = list(socket.scope.get("subprotocols", []))
    selected = requested[0] if requested else None
    await socket.accept(subprotocols=selected)
    await socket.send_json({"requested": requested, "selected": selected})
    await socket.close()


@websocket("/ws/close")
async def ws_close(socket: WebSocket, code: int = 1000) -> None:
    await socket.accept()
    await socket.close(code=code)


@asgi("/mounted", is_mount=True, copy_scope=True)
async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
    await inner_app(scope, receive, send)


@asgi("/mounted", is_mount=True, copy_scope=True)
async def compressed_mounted(scope: Scope, receive: Receive, send: Send) -> None:
    await inner_app(scope, receive, send)


@asgi("/mounted", is_mount=True, copy_scope=True)
async def passed_mounted(scope: Scope, receive: Receive, send: Send) -> None:
    await inner_app(scope, receive, send)


@get("/text", media_type=MediaType.TEXT)
async def compressed_text(size: int = 1000) -> str:
    return "x" * min(1024 * 1024, size)


@get("/streaming")
async def compressed_streaming() -> Stream:
    async def pieces() -> AsyncGenerator[bytes, None]:
        for _ in range(10):
            yield b"x" * 1000

    return Stream(pieces(), media_type=MediaType.TEXT)


@get("/encoded")
async def compressed_encoded() -> Response[str]:
    return Response("0123456789" * 200, media_type=MediaType.TEXT, headers={"content-encoding": "br"})


@get("/endless")
async def compressed_endless() -> Stream:
    async def pieces() -> AsyncGenerator[str, None]:
        while True:
            yield os.urandom(500).hex()
            await asyncio.sleep(0.01)

    return Stream(pieces(), media_type=MediaType.TEXT)


@get("/fails")
async def compressed_fails() -> Stream:
    async def pieces() -> AsyncGenerator[bytes, None]:
        yield b"x" * 1000
        raise RuntimeError("words of the handler")

    return Stream(pieces(), media_type=MediaType.TEXT)


@post("/limited", status_code=200, media_type=MediaType.TEXT, request_max_body_size=LIMIT)
async def limited(request: Request) -> str:
    return str(len(await request.body()))


class View(Controller):
    path = "/view"

    @get(media_type=MediaType.TEXT)
    async def read(self) -> str:
        return "got"

    @post(status_code=200, media_type=MediaType.TEXT)
    async def write(self) -> str:
        return "posted"


def shown(*words: object) -> str:
    """A line of the answer of /form."""
    return " ".join(quote(f"{word}", safe="") for word in words) + "\n"


@post("/form", status_code=200, media_type=MediaType.TEXT)
async def form(request: Request) -> str:
    lines = []
    found = await request.form()
    for name, value in sorted(found.multi_items(), key=lambda pair: pair[0]):
        if isinstance(value, UploadFile):
            content = await value.read()
            crc = f"{zlib.crc32(content):08x}"
            lines.append(shown("file", name, value.filename, value.content_type, len(content), crc))
        else:
            lines.append(shown("field", name, value))
    return "".join(lines)


@get("/cookies")
async def cookies(request: Request) -> dict[str, str]:
    return request.cookies


@get("/set-cookies", media_type=MediaType.TEXT)
async def set_cookies() -> Response[str]:
    return Response("OK", media_type=MediaType.TEXT, cookies=[Cookie("a", value="1"), Cookie("b", value="2")])


@get("/lines")
async def lines(request: Request) -> list[str]:
    return list(request.headers.getall("x-line", []))


@get("/raises")
async def raises() -> None:
    raise RuntimeError("words of the handler")


@get("/refused")
async def refused() -> None:
    raise PermissionDeniedException


@get("/endless")
async def endless() -> Stream:
    async def ticks() -> AsyncGenerator[str, None]:
        while True:
            yield "tick\n"
            await asyncio.sleep(0.01)

    return Stream(ticks(), media_type=MediaType.TEXT)


@get("/fails")
async def fails() -> Stream:
    async def pieces() -> AsyncGenerator[str, None]:
        yield "begun"
        raise RuntimeError("words of the handler")

    return Stream(pieces(), media_type=MediaType.TEXT)


def passed(app: ASGIApp) -> ASGIApp:
    """A function of middleware, as Litestar has them: it makes an application of an application."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].endswith("/read"):
            await Request(scope, receive=receive).body()

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                MutableScopeHeaders.from_message(message)["X-Passed"] = "1"
            await send(message)

        await app(scope, receive, marked)

    return middleware


work: dict[str, dict[str, bool]] = {}
"""What has been done after responses, by token."""


async def later(token: str, wait: float) -> None:
    work[token]["begun"] = True
    await asyncio.sleep(wait / 1000)
    work[token]["done"] = True


@get("/background/{token:str}")
async def background(token: str, wait: float = 0, size: int = 2) -> Response[str]:
    work[token] = {"begun": False, "done": False}
    return Response("x" * size, media_type=MediaType.TEXT, background=BackgroundTask(later, token, wait))


@get("/background/{token:str}/state")
async def background_state(token: str) -> dict[str, bool]:
    return work.get(token, {"begun": False, "done": False})


@route("/cors/text", http_method=[HttpMethod.GET, HttpMethod.PUT], status_code=200)
async def cors_text() -> Response[str]:
    return Response("OK", media_type=MediaType.TEXT, headers={"X-Shown": "1", "Vary": "Accept-Language"})


@route("/download", http_method=[HttpMethod.GET, HttpMethod.POST], status_code=200)
async def download(name: str) -> File:
    return File(FILES / "digits.txt", filename=name)


@websocket("/ws/refused")
async def ws_refused(socket: WebSocket) -> None:
    raise PermissionDeniedException


@websocket("/ws/raises")
async def ws_raises(socket: WebSocket) -> None:
    raise RuntimeError("words of the handler")


@websocket("/ws/refused-late")
async def ws_refused_late(socket: WebSocket) -> None:
    await socket.accept()
    raise PermissionDeniedException


@websocket("/ws/raises-late")
async def ws_raises_late(socket: WebSocket) -> None:
    await socket.accept()
    raise RuntimeError("words of the handler")


@websocket("/ws/ended")
async def ws_ended(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect as error:
        # Litestar keeps the reason to itself.
        socket.scope["state"]["ended"] = {"code": error.code, "reason": None}


compressed = Router(
    path="/compressed",
    route_handlers=[
        create_static_files_router("/files", directories=[FILES], name="compressed-files"),
        compressed_mounted,
        compressed_text,
        compressed_streaming,
        compressed_encoded,
        compressed_endless,
        compressed_fails,
    ],
    middleware=[DefineMiddleware(CompressionMiddleware, config=CompressionConfig(backend="gzip"))],
)

passed_on = Router(
    path="/passed",
    route_handlers=[echo, echo_read, set_cookies, raises, refused, fails, endless, background, passed_mounted],
    middleware=[passed],
)

app = Litestar(
    route_handlers=[
        health,
        scope,
        echo,
        headers,
        status,
        streaming,
        sse,
        large,
        delay,
        lifespan_state,
        lifespan_counter,
        ws_echo,
        ws_echo_binary,
        ws_scope,
        ws_subprotocol,
        ws_close,
        create_static_files_router("/files", directories=[FILES], name="files"),
        mounted,
        compressed,
        limited,
        View,
        form,
        cookies,
        set_cookies,
        lines,
        raises,
        refused,
        endless,
        fails,
        passed_on,
        background,
        background_state,
        cors_text,
        download,
        ws_refused,
        ws_raises,
        ws_refused_late,
        ws_raises_late,
        ws_ended,
    ],
    lifespan=[lifespan],
    cors_config=CORSConfig(
        allow_origins=["https://app.example"],
        allow_methods=["GET", "PUT"],
        allow_headers=["X-Asked"],
        allow_credentials=True,
        expose_headers=["X-Shown"],
    ),
    state=State({"counter": 0}),
    openapi_config=None,
)
