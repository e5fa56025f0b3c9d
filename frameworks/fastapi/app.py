"""The contract as FastAPI's own documentation would have it: path operations with typed parameters, yielded events."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

LARGEST = 10 * 1024 * 1024
PIECE = 64 * 1024

started: dict[str, Any] = {}
"""The data that the lifespan sets up, for the life of the worker."""


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    started["startup_called"] = True
    started["startup_time"] = time.time()
    started["custom_data"] = {"initialized": True}
    yield
    started.clear()


app = FastAPI(lifespan=lifespan)
app.state.counter = 0


@app.exception_handler(RequestValidationError)
async def invalid(request: Request, error: RequestValidationError) -> Response:
    """A path that does not validate is not found; a query that does not is a bad request."""
    in_path = any(one["loc"][0] == "path" for one in error.errors())
    return PlainTextResponse(str(error), status_code=404 if in_path else 400)


def as_json(value: object) -> object:
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


@app.get("/health", response_class=PlainTextResponse)
async def health() -> str:
    return "OK"


@app.get("/scope")
@app.get("/scope/{deeper:path}")
async def scope(request: Request) -> Response:
    return JSONResponse(as_json(request.scope))


@app.post("/echo")
async def echo(request: Request) -> Response:
    body = await request.body()
    return Response(body, headers={"content-type": request.headers.get("content-type", "application/octet-stream")})


@app.get("/headers")
async def headers(request: Request) -> dict[str, str]:
    return dict(request.headers)


@app.get("/status/{code}")
async def status(code: Annotated[int, Path(ge=100, le=599)]) -> Response:
    if code < 200 or code in (204, 304):
        return Response(status_code=code)
    return PlainTextResponse(f"Status {code}", status_code=code)


@app.get("/streaming")
async def streaming() -> Response:
    async def lines() -> AsyncIterator[str]:
        for number in range(10):
            yield f"chunk-{number}\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(lines(), media_type="text/plain")


@app.get("/sse", response_class=EventSourceResponse)
async def sse() -> AsyncIterator[ServerSentEvent]:
    for number in range(5):
        yield ServerSentEvent(event="message", data={"count": number})
        await asyncio.sleep(0.01)
    yield ServerSentEvent(event="done", data={})


@app.get("/large")
async def large(size: Annotated[int, Query()]) -> Response:
    size = min(LARGEST, max(0, size))

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, size, PIECE):
            yield b"x" * min(PIECE, size - start)

    return StreamingResponse(pieces(), media_type="application/octet-stream", headers={"content-length": str(size)})


@app.get("/delay", response_class=PlainTextResponse)
async def delay(seconds: Annotated[float, Query()]) -> str:
    seconds = min(30.0, max(0.0, seconds))
    await asyncio.sleep(seconds)
    return f"Waited {seconds} seconds"


@app.get("/lifespan/state")
async def lifespan_state() -> dict[str, Any]:
    return {
        "startup_called": started.get("startup_called", False),
        "startup_time": started.get("startup_time"),
        "counter": app.state.counter,
        "custom_data": {"initialized": started.get("custom_data", {}).get("initialized", False)},
    }


@app.get("/lifespan/counter")
async def lifespan_counter() -> dict[str, int]:
    app.state.counter += 1
    return {"counter": app.state.counter}


@app.websocket("/ws/echo")
async def ws_echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


@app.websocket("/ws/echo-binary")
async def ws_echo_binary(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_bytes(await websocket.receive_bytes())
    except WebSocketDisconnect:
        pass


@app.websocket("/ws/scope")
async def ws_scope(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_json(as_json(websocket.scope))
    await websocket.close()


@app.websocket("/ws/subprotocol")
async def ws_subprotocol(websocket: WebSocket) -> None:
    requested = list(websocket.scope.get("subprotocols", []))
    selected = requested[0] if requested else None
    await websocket.accept(subprotocol=selected)
    await websocket.send_json({"requested": requested, "selected": selected})
    await websocket.close()


@app.websocket("/ws/close")
async def ws_close(websocket: WebSocket, code: int = 1000) -> None:
    await websocket.accept()
    await websocket.close(code=code)
