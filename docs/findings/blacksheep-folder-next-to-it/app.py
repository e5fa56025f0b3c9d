"""The contract as BlackSheep's own documentation would have it: bound parameters, services, a lifespan."""

import asyncio
import math
import os
import time
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from blacksheep import (
    Application,
    Content,
    Cookie,
    Request,
    Response,
    StreamedContent,
    WebSocket,
    WebSocketDisconnectError,
    file,
    get,
    json,
    not_found,
    post,
    text,
    ws,
)
from blacksheep.exceptions import Forbidden
from blacksheep.server.compression import GzipMiddleware, use_gzip_compression
from blacksheep.server.controllers import Controller

try:
    from blacksheep.server.sse import ServerSentEvent
except ImportError:  # a release before 2.0.6
    ServerSentEvent = None

LARGEST = 10 * 1024 * 1024
PIECE = 64 * 1024
FILES = Path(__file__).parent / "files"


@dataclass
class Worker:
    """The data of the worker process: a service that handlers ask for."""

    counter: int = 0
    started: dict[str, Any] = field(default_factory=dict)


app = Application()


@app.lifespan
async def lifespan() -> AsyncIterator[None]:
    started = {
        "startup_called": True,
        "startup_time": time.time(),
        "custom_data": {"initialized": True},
    }
    app.services.register(Worker, instance=Worker(started=started))
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


@get("/health")
async def health() -> Response:
    return text("OK")


@get("/scope")
async def scope(request: Request) -> Response:
    return json(as_json(request.scope))


@get("/scope/*")
async def deeper_scope(request: Request) -> Response:
    return json(as_json(request.scope))


@post("/echo")
async def echo(request: Request) -> Response:
    body = await request.read()
    return Response(200, content=Content(request.content_type() or b"application/octet-stream", body or b""))


@get("/headers")
async def headers(request: Request) -> Response:
    return json({name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers})


@get("/status/{int:code}")
async def status(code: int) -> Response:
    if not 100 <= code <= 599:
        return not_found()
    if code < 200 or code in (204, 304):
        return Response(code)
    return text(f"Status {code}", code)


@get("/streaming")
async def streaming() -> Response:
    async def lines() -> AsyncIterable[bytes]:
        for number in range(10):
            yield b"chunk-%d\n" % number
            await asyncio.sleep(0.01)

    return Response(200, content=StreamedContent(b"text/plain; charset=utf-8", lines))


if ServerSentEvent is not None:

    @get("/sse")
    async def sse() -> AsyncIterable[ServerSentEvent]:
        for number in range(5):
            yield ServerSentEvent({"count": number}, event="message")
            await asyncio.sleep(0.01)
        yield ServerSentEvent({}, event="done")


@get("/large")
async def large(size: int) -> Response:
    size = min(LARGEST, max(0, size))

    async def pieces() -> AsyncIterable[bytes]:
        for start in range(0, size, PIECE):
            yield b"x" * min(PIECE, size - start)

    return Response(200, content=StreamedContent(b"application/octet-stream", pieces, size))


@get("/delay")
async def delay(seconds: float) -> Response:
    seconds = min(30.0, max(0.0, seconds))
    await asyncio.sleep(seconds)
    return text(f"Waited {seconds} seconds")


@get("/lifespan/state")
async def lifespan_state(worker: Worker) -> Response:
    return json(
        {
            "startup_called": worker.started.get("startup_called", False),
            "startup_time": worker.started.get("startup_time"),
            "counter": worker.counter,
            "custom_data": {"initialized": worker.started.get("custom_data", {}).get("initialized", False)},
        }
    )


@get("/lifespan/counter")
async def lifespan_counter(worker: Worker) -> Response:
    worker.counter += 1
    return json({"counter": worker.counter})


@ws("/ws/echo")
async def ws_echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnectError:
        pass


@ws("/ws/echo-binary")
async def ws_echo_binary(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_bytes(await websocket.receive_bytes())
    except WebSocketDisconnectError:
        pass


@ws("/ws/scope")
async def ws_scope(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_json(as_json(websocket.scope))
    await websocket.close()


@ws("/ws/subprotocol")
async def ws_subprotocol(websocket: WebSocket) -> None:
    requested = list(websocket.scope.get("subprotocols", []))
    selected = requested[0] if requested else None
    await websocket.accept(subprotocol=selected)
    await websocket.send_json({"requested": requested, "selected": selected})
    await websocket.close()


@ws("/ws/close")
async def ws_close(websocket: WebSocket, code: int = 1000) -> None:
    await websocket.accept()
    await websocket.close(code)


class View(Controller):
    @get("/view")
    async def read(self) -> Response:
        return text("got")

    @post("/view")
    async def write(self) -> Response:
        return text("posted")


def shown(*words: object) -> str:
    """A line of the answer of /form."""
    return " ".join(quote(f"{word}", safe="") for word in words) + "\n"


@post("/form")
async def form(request: Request) -> Response:
    lines = []
    try:
        found = await request.form(simplify_fields=False) or {}
    except TypeError:  # a release before 2.6
        found = await request.form() or {}
    for name, values in sorted(found.items()):
        for value in [values] if isinstance(values, str) else values:
            if isinstance(value, str):
                lines.append(shown("field", name, value))
            elif value.file_name is None:
                lines.append(shown("field", name, value.data.decode(errors="replace")))
            else:
                file, media = value.file_name.decode(errors="replace"), (value.content_type or b"").decode()
                crc = f"{zlib.crc32(value.data):08x}"
                lines.append(shown("file", name, file, media, len(value.data), crc))
    return text("".join(lines))


@get("/cookies")
async def cookies(request: Request) -> Response:
    return json(dict(request.cookies))


@get("/set-cookies")
async def set_cookies() -> Response:
    response = text("OK")
    response.set_cookie(Cookie("a", "1"))
    response.set_cookie(Cookie("b", "2"))
    return response


@get("/lines")
async def lines(request: Request) -> Response:
    return json([value.decode("latin-1") for value in request.headers.get(b"x-line")])


@get("/raises")
async def raises() -> Response:
    raise RuntimeError("words of the handler")


@get("/refused")
async def refused() -> Response:
    raise Forbidden()


@get("/endless")
async def endless() -> Response:
    async def ticks() -> AsyncIterable[bytes]:
        while True:
            yield b"tick\n"
            await asyncio.sleep(0.01)

    return Response(200, content=StreamedContent(b"text/plain; charset=utf-8", ticks))


@get("/fails")
async def fails() -> Response:
    async def pieces() -> AsyncIterable[bytes]:
        yield b"begun"
        raise RuntimeError("words of the handler")

    return Response(200, content=StreamedContent(b"text/plain; charset=utf-8", pieces))


async def passed(request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
    """A function of middleware, below one path: it stands before all routes."""
    if not request.path.startswith("/passed/"):
        return await handler(request)
    if request.path.endswith("/read"):
        await request.read()
    response = await handler(request)
    response.add_header(b"X-Passed", b"1")
    return response


app.middlewares.append(passed)
post("/passed/echo")(echo)
post("/passed/read")(echo)
get("/passed/set-cookies")(set_cookies)
get("/passed/raises")(raises)
get("/passed/refused")(refused)
get("/passed/fails")(fails)
get("/passed/endless")(endless)

app.use_cors()
app.add_cors_policy(
    "one",
    allow_origins="https://app.example",
    allow_methods="GET PUT",
    allow_headers="X-Asked",
    allow_credentials=True,
    expose_headers="X-Shown",
)


@app.cors("one")
@app.router.get("/cors/text")
@app.router.put("/cors/text")
async def cors_text() -> Response:
    response = text("OK")
    response.add_header(b"X-Shown", b"1")
    response.add_header(b"Vary", b"Accept-Language")
    return response


@get("/download")
@post("/download")
async def download(request: Request) -> Response:
    name = request.query.get("name", ["digits.txt"])[0]
    return file(str(FILES / "digits.txt"), "text/plain", file_name=name)


@ws("/ws/refused")
async def ws_refused(websocket: WebSocket) -> None:
    raise Forbidden()


@ws("/ws/raises")
async def ws_raises(websocket: WebSocket) -> None:
    raise RuntimeError("words of the handler")


@ws("/ws/refused-late")
async def ws_refused_late(websocket: WebSocket) -> None:
    await websocket.accept()
    raise Forbidden()


@ws("/ws/raises-late")
async def ws_raises_late(websocket: WebSocket) -> None:
    await websocket.accept()
    raise RuntimeError("words of the handler")


@ws("/ws/ended")
async def ws_ended(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnectError as error:
        # BlackSheep keeps the reason to itself.
        websocket.scope.setdefault("state", {})["ended"] = {"code": error.code, "reason": None}


class Compression(GzipMiddleware):
    """The framework's compression, below one path: it has none for a part of the routes."""

    async def __call__(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response | None:
        if request.path.startswith("/compressed/"):
            return await super().__call__(request, handler)
        return await handler(request)


use_gzip_compression(app, Compression())


@get("/compressed/text")
async def compressed_text(size: int = 1000) -> Response:
    return text("x" * min(1024 * 1024, size))


@get("/compressed/streaming")
async def compressed_streaming() -> Response:
    async def pieces() -> AsyncIterable[bytes]:
        for _ in range(10):
            yield b"x" * 1000

    return Response(200, content=StreamedContent(b"text/plain; charset=utf-8", pieces))


@get("/compressed/endless")
async def compressed_endless() -> Response:
    async def pieces() -> AsyncIterable[bytes]:
        while True:
            yield os.urandom(500).hex().encode()
            await asyncio.sleep(0.01)

    return Response(200, content=StreamedContent(b"text/plain; charset=utf-8", pieces))


@get("/compressed/fails")
async def compressed_fails() -> Response:
    async def pieces() -> AsyncIterable[bytes]:
        yield b"x" * 1000
        raise RuntimeError("words of the handler")

    return Response(200, content=StreamedContent(b"text/plain; charset=utf-8", pieces))


@get("/compressed/encoded")
async def compressed_encoded() -> Response:
    response = text("0123456789" * 200)
    response.add_header(b"content-encoding", b"br")
    return response


app.serve_files(FILES, root_path="files")
app.serve_files(FILES, root_path="compressed/files")
