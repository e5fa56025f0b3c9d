"""The contract as BlackSheep's own documentation would have it: bound parameters, services, a lifespan."""

import asyncio
import math
import time
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from blacksheep import (
    Application,
    Content,
    Request,
    Response,
    StreamedContent,
    WebSocket,
    WebSocketDisconnectError,
    get,
    json,
    not_found,
    post,
    text,
    ws,
)
from blacksheep.server.sse import ServerSentEvent

LARGEST = 10 * 1024 * 1024
PIECE = 64 * 1024


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
