"""The contract as FastAPI's own documentation would have it: path operations with typed parameters, yielded events."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path as Folder
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import BackgroundTasks, FastAPI, HTTPException, Path, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from fastapi.staticfiles import StaticFiles
from inner import app as inner

LARGEST = 10 * 1024 * 1024
PIECE = 64 * 1024
FILES = Folder(__file__).parent / "files"

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


@app.get("/view", response_class=PlainTextResponse)
async def view() -> str:
    return "got"


@app.post("/view", response_class=PlainTextResponse)
async def view_post() -> str:
    return "posted"


def shown(*words: object) -> str:
    """A line of the answer of /form."""
    return " ".join(quote(f"{word}", safe="") for word in words) + "\n"


@app.post("/form", response_class=PlainTextResponse)
async def form(request: Request) -> str:
    lines = []
    async with request.form() as found:
        for name, value in sorted(found.multi_items(), key=lambda pair: pair[0]):
            if isinstance(value, str):
                lines.append(shown("field", name, value))
            else:
                content = await value.read()
                crc = f"{zlib.crc32(content):08x}"
                lines.append(shown("file", name, value.filename, value.content_type, len(content), crc))
    return "".join(lines)


@app.get("/cookies")
async def cookies(request: Request) -> dict[str, str]:
    return request.cookies


@app.get("/set-cookies", response_class=PlainTextResponse)
async def set_cookies(response: Response) -> str:
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return "OK"


@app.get("/lines")
async def lines(request: Request) -> list[str]:
    return request.headers.getlist("x-line")


@app.get("/raises")
async def raises() -> None:
    raise RuntimeError("words of the handler")


@app.get("/refused")
async def refused() -> None:
    raise HTTPException(403)


@app.get("/endless")
async def endless() -> Response:
    async def ticks() -> AsyncIterator[str]:
        while True:
            yield "tick\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(ticks(), media_type="text/plain")


@app.get("/fails")
async def fails() -> Response:
    async def pieces() -> AsyncIterator[str]:
        yield "begun"
        raise RuntimeError("words of the handler")

    return StreamingResponse(pieces(), media_type="text/plain")


work: dict[str, dict[str, bool]] = {}
"""What has been done after responses, by token."""


async def later(token: str, wait: float) -> None:
    work[token]["begun"] = True
    await asyncio.sleep(wait / 1000)
    work[token]["done"] = True


@app.get("/background/{token}", response_class=PlainTextResponse)
async def background(token: str, tasks: BackgroundTasks, wait: float = 0, size: int = 2) -> str:
    work[token] = {"begun": False, "done": False}
    tasks.add_task(later, token, wait)
    return "x" * size


@app.get("/background/{token}/state")
async def background_state(token: str) -> dict[str, bool]:
    return work.get(token, {"begun": False, "done": False})


@app.get("/download")
@app.post("/download")
async def download(name: str = "digits.txt") -> FileResponse:
    return FileResponse(FILES / "digits.txt", filename=name)


@app.websocket("/ws/refused")
async def ws_refused(websocket: WebSocket) -> None:
    raise HTTPException(403)


@app.websocket("/ws/raises")
async def ws_raises(websocket: WebSocket) -> None:
    raise RuntimeError("words of the handler")


@app.websocket("/ws/refused-late")
async def ws_refused_late(websocket: WebSocket) -> None:
    await websocket.accept()
    raise HTTPException(403)


@app.websocket("/ws/raises-late")
async def ws_raises_late(websocket: WebSocket) -> None:
    await websocket.accept()
    raise RuntimeError("words of the handler")


@app.websocket("/ws/ended")
async def ws_ended(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect as error:
        websocket.state.ended = {"code": error.code, "reason": error.reason}


compressed = FastAPI()
compressed.add_middleware(GZipMiddleware)


@compressed.get("/text", response_class=PlainTextResponse)
async def compressed_text(size: int = 1000) -> str:
    return "x" * min(1024 * 1024, size)


@compressed.get("/streaming")
async def compressed_streaming() -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1000

    return StreamingResponse(pieces(), media_type="text/plain")


@compressed.get("/encoded")
async def compressed_encoded() -> Response:
    return PlainTextResponse("0123456789" * 200, headers={"content-encoding": "br"})


@compressed.get("/endless")
async def compressed_endless() -> Response:
    async def pieces() -> AsyncIterator[str]:
        while True:
            yield os.urandom(500).hex()
            await asyncio.sleep(0.01)

    return StreamingResponse(pieces(), media_type="text/plain")


@compressed.get("/fails")
async def compressed_fails() -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        raise RuntimeError("words of the handler")

    return StreamingResponse(pieces(), media_type="text/plain")


passed = FastAPI()


@passed.middleware("http")
async def pass_on(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.url.path.endswith("/read"):
        await request.body()
    response = await call_next(request)
    response.headers["X-Passed"] = "1"
    return response


passed.post("/echo")(echo)
passed.post("/read")(echo)
passed.get("/set-cookies", response_class=PlainTextResponse)(set_cookies)
passed.get("/raises")(raises)
passed.get("/refused")(refused)
passed.get("/fails")(fails)
passed.get("/endless")(endless)


@passed.get("/background/{token}")
async def passed_background(token: str, tasks: BackgroundTasks, wait: float = 0, size: int = 2) -> Response:
    """The same with a response of its own, into which FastAPI puts the tasks."""
    return PlainTextResponse(await background(token, tasks, wait, size))


passed.mount("/mounted", inner)

shared = FastAPI()
shared.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example"],
    allow_methods=["GET", "PUT"],
    allow_headers=["X-Asked"],
    allow_credentials=True,
    expose_headers=["X-Shown"],
)


@shared.get("/text", response_class=PlainTextResponse)
@shared.put("/text", response_class=PlainTextResponse)
async def cors_text(response: Response) -> str:
    response.headers["X-Shown"] = "1"
    response.headers["Vary"] = "Accept-Language"
    return "OK"


app.mount("/passed", passed)
app.mount("/cors", shared)
compressed.mount("/files", StaticFiles(directory=FILES))
compressed.mount("/mounted", inner)
app.mount("/compressed", compressed)
app.mount("/files", StaticFiles(directory=FILES))
app.mount("/mounted", inner)
