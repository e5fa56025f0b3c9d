"""The contract as Starlette's own documentation would have it: routes, a lifespan that yields state, WebSockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import time
import zlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from inner import app as inner
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

try:
    from starlette.middleware.body_limit import RequestBodyLimitMiddleware
except ImportError:  # a release before 1.9
    RequestBodyLimitMiddleware = None

LARGEST = 10 * 1024 * 1024
PIECE = 64 * 1024
FOLDER = Path(__file__).parent
LIMIT = 2 * 1024 * 1024


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
    yield {
        "startup_called": True,
        "startup_time": time.time(),
        "custom_data": {"initialized": True},
    }


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


async def health(request: Request) -> Response:
    return PlainTextResponse("OK")


async def scope(request: Request) -> Response:
    return JSONResponse(as_json(request.scope))


async def echo(request: Request) -> Response:
    body = await request.body()
    return Response(body, headers={"content-type": request.headers.get("content-type", "application/octet-stream")})


async def headers(request: Request) -> Response:
    return JSONResponse(dict(request.headers))


async def status(request: Request) -> Response:
    code = request.path_params["code"]
    if not 100 <= code <= 599:
        raise HTTPException(404)
    if code < 200 or code in (204, 304):
        return Response(status_code=code)
    return PlainTextResponse(f"Status {code}", status_code=code)


async def streaming(request: Request) -> Response:
    async def lines() -> AsyncIterator[str]:
        for number in range(10):
            yield f"chunk-{number}\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(lines(), media_type="text/plain")


async def sse(request: Request) -> Response:
    async def events() -> AsyncIterator[str]:
        for number in range(5):
            yield f"event: message\ndata: {json.dumps({'count': number})}\n\n"
            await asyncio.sleep(0.01)
        yield "event: done\ndata: {}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


async def large(request: Request) -> Response:
    try:
        size = min(LARGEST, max(0, int(request.query_params["size"])))
    except (KeyError, ValueError):
        raise HTTPException(400, "size is a whole number of bytes") from None

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, size, PIECE):
            yield b"x" * min(PIECE, size - start)

    return StreamingResponse(pieces(), media_type="application/octet-stream", headers={"content-length": str(size)})


async def delay(request: Request) -> Response:
    try:
        seconds = min(30.0, max(0.0, float(request.query_params["seconds"])))
    except (KeyError, ValueError):
        raise HTTPException(400, "seconds is a number") from None
    await asyncio.sleep(seconds)
    return PlainTextResponse(f"Waited {seconds} seconds")


async def lifespan_state(request: Request) -> Response:
    custom_data = getattr(request.state, "custom_data", {})
    return JSONResponse(
        {
            "startup_called": getattr(request.state, "startup_called", False),
            "startup_time": getattr(request.state, "startup_time", None),
            "counter": request.app.state.counter,
            "custom_data": {"initialized": custom_data.get("initialized", False)},
        }
    )


async def lifespan_counter(request: Request) -> Response:
    request.app.state.counter += 1
    return JSONResponse({"counter": request.app.state.counter})


async def ws_echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


async def ws_echo_binary(websocket: WebSocket) -> None:
    await websocket.accept()
    async for data in websocket.iter_bytes():
        await websocket.send_bytes(data)


async def ws_scope(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_json(as_json(websocket.scope))
    await websocket.close()


async def ws_subprotocol(websocket: WebSocket) -> None:
    requested = list(websocket.scope.get("subprotocols", []))
    selected = requested[0] if requested else None
    await websocket.accept(subprotocol=selected)
    await websocket.send_json({"requested": requested, "selected": selected})
    await websocket.close()


async def ws_close(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close(code=int(websocket.query_params.get("code", 1000)))


async def compressed_text(request: Request) -> Response:
    return PlainTextResponse("x" * min(1024 * 1024, int(request.query_params.get("size", "1000"))))


async def compressed_streaming(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1000

    return StreamingResponse(pieces(), media_type="text/plain")


async def compressed_encoded(request: Request) -> Response:
    return PlainTextResponse("0123456789" * 200, headers={"content-encoding": "br"})


async def compressed_endless(request: Request) -> Response:
    async def pieces() -> AsyncIterator[str]:
        while True:
            yield os.urandom(500).hex()
            await asyncio.sleep(0.01)

    return StreamingResponse(pieces(), media_type="text/plain")


async def compressed_fails(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        raise RuntimeError("words of the handler")

    return StreamingResponse(pieces(), media_type="text/plain")


async def limited(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


class View(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return PlainTextResponse("got")

    async def post(self, request: Request) -> Response:
        return PlainTextResponse("posted")


def shown(*words: object) -> str:
    """A line of the answer of /form."""
    return " ".join(quote(f"{word}", safe="") for word in words) + "\n"


async def form(request: Request) -> Response:
    lines = []
    async with request.form() as found:
        for name, value in sorted(found.multi_items(), key=lambda pair: pair[0]):
            if isinstance(value, str):
                lines.append(shown("field", name, value))
            else:
                content = await value.read()
                crc = f"{zlib.crc32(content):08x}"
                lines.append(shown("file", name, value.filename, value.content_type, len(content), crc))
    return PlainTextResponse("".join(lines))


async def cookies(request: Request) -> Response:
    return JSONResponse(request.cookies)


async def set_cookies(request: Request) -> Response:
    response = PlainTextResponse("OK")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


async def lines(request: Request) -> Response:
    return JSONResponse(request.headers.getlist("x-line"))


async def raises(request: Request) -> Response:
    raise RuntimeError("words of the handler")


async def refused(request: Request) -> Response:
    raise HTTPException(403)


async def endless(request: Request) -> Response:
    async def ticks() -> AsyncIterator[str]:
        while True:
            yield "tick\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(ticks(), media_type="text/plain")


async def fails(request: Request) -> Response:
    async def pieces() -> AsyncIterator[str]:
        yield "begun"
        raise RuntimeError("words of the handler")

    return StreamingResponse(pieces(), media_type="text/plain")


async def passed(request: Request, call_next: RequestResponseEndpoint) -> Response:
    if request.url.path.endswith("/read"):
        await request.body()
    response = await call_next(request)
    response.headers["X-Passed"] = "1"
    return response


work: dict[str, dict[str, bool]] = {}
"""What has been done after responses, by token."""


async def background(request: Request) -> Response:
    done = work[request.path_params["token"]] = {"begun": False, "done": False}

    async def later(milliseconds: float) -> None:
        done["begun"] = True
        await asyncio.sleep(milliseconds / 1000)
        done["done"] = True

    task = BackgroundTask(later, float(request.query_params.get("wait", "0")))
    return PlainTextResponse("x" * int(request.query_params.get("size", "2")), background=task)


async def background_state(request: Request) -> Response:
    return JSONResponse(work.get(request.path_params["token"], {"begun": False, "done": False}))


async def cors_text(request: Request) -> Response:
    return PlainTextResponse("OK", headers={"X-Shown": "1", "Vary": "Accept-Language"})


async def download(request: Request) -> Response:
    return FileResponse(FOLDER / "files" / "digits.txt", filename=request.query_params.get("name"))


async def ws_refused(websocket: WebSocket) -> None:
    raise HTTPException(403)


async def ws_raises(websocket: WebSocket) -> None:
    raise RuntimeError("words of the handler")


async def ws_refused_late(websocket: WebSocket) -> None:
    await websocket.accept()
    raise HTTPException(403)


async def ws_raises_late(websocket: WebSocket) -> None:
    await websocket.accept()
    raise RuntimeError("words of the handler")


async def ws_ended(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect as error:
        websocket.state.ended = {"code": error.code, "reason": error.reason}


bounded = [Middleware(RequestBodyLimitMiddleware, max_body_size=LIMIT)] if RequestBodyLimitMiddleware else []

app = Starlette(
    routes=[
        Route("/health", health),
        Route("/scope", scope),
        Route("/scope/{deeper:path}", scope),
        Route("/echo", echo, methods=["POST"]),
        Route("/headers", headers),
        Route("/status/{code:int}", status),
        Route("/streaming", streaming),
        Route("/sse", sse),
        Route("/large", large),
        Route("/delay", delay),
        Route("/lifespan/state", lifespan_state),
        Route("/lifespan/counter", lifespan_counter),
        WebSocketRoute("/ws/echo", ws_echo),
        WebSocketRoute("/ws/echo-binary", ws_echo_binary),
        WebSocketRoute("/ws/scope", ws_scope),
        WebSocketRoute("/ws/subprotocol", ws_subprotocol),
        WebSocketRoute("/ws/close", ws_close),
        Mount("/files", StaticFiles(directory=FOLDER / "files")),
        Mount("/mounted", inner),
        Mount(
            "/compressed",
            routes=[
                Route("/text", compressed_text),
                Route("/streaming", compressed_streaming),
                Route("/encoded", compressed_encoded),
                Route("/endless", compressed_endless),
                Route("/fails", compressed_fails),
                Mount("/files", StaticFiles(directory=FOLDER / "files")),
                Mount("/mounted", inner),
            ],
            middleware=[Middleware(GZipMiddleware)],
        ),
        Route("/limited", limited, methods=["POST"], middleware=bounded),
        Route("/view", View),
        Route("/form", form, methods=["POST"]),
        Route("/cookies", cookies),
        Route("/set-cookies", set_cookies),
        Route("/lines", lines),
        Route("/raises", raises),
        Route("/refused", refused),
        Route("/endless", endless),
        Route("/fails", fails),
        Mount(
            "/passed",
            routes=[
                Route("/echo", echo, methods=["POST"]),
                Route("/read", echo, methods=["POST"]),
                Route("/set-cookies", set_cookies),
                Route("/raises", raises),
                Route("/refused", refused),
                Route("/fails", fails),
                Route("/endless", endless),
                Route("/background/{token}", background),
                Mount("/mounted", inner),
            ],
            middleware=[Middleware(BaseHTTPMiddleware, dispatch=passed)],
        ),
        Route("/background/{token}", background),
        Route("/background/{token}/state", background_state),
        Mount(
            "/cors",
            routes=[Route("/text", cors_text, methods=["GET", "PUT"])],
            middleware=[
                Middleware(
                    CORSMiddleware,
                    allow_origins=["https://app.example"],
                    allow_methods=["GET", "PUT"],
                    allow_headers=["X-Asked"],
                    allow_credentials=True,
                    expose_headers=["X-Shown"],
                )
            ],
        ),
        Route("/download", download, methods=["GET", "POST"]),
        WebSocketRoute("/ws/refused", ws_refused),
        WebSocketRoute("/ws/raises", ws_raises),
        WebSocketRoute("/ws/refused-late", ws_refused_late),
        WebSocketRoute("/ws/raises-late", ws_raises_late),
        WebSocketRoute("/ws/ended", ws_ended),
    ],
    lifespan=lifespan,
)
app.state.counter = 0
