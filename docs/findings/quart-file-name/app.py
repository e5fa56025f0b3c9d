"""The contract as Quart's own documentation would have it: the context's request and websocket, while_serving."""

from __future__ import annotations

import asyncio
import json
import math
import time
import zlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from quart import (
    Blueprint,
    Quart,
    Response,
    abort,
    jsonify,
    make_response,
    request,
    send_file,
    send_from_directory,
    websocket,
)
from quart.typing import ResponseReturnValue
from quart.views import MethodView

LARGEST = 10 * 1024 * 1024
PIECE = 64 * 1024

FILES = Path(__file__).parent / "files"

app = Quart(__name__)
# The limit of /limited.
app.config["MAX_CONTENT_LENGTH"] = 2 * 1024 * 1024
app.started = {}
app.counter = 0


@app.while_serving
async def lifespan() -> AsyncIterator[None]:
    app.started = {
        "startup_called": True,
        "startup_time": time.time(),
        "custom_data": {"initialized": True},
    }
    yield
    app.started = {}


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


@app.get("/health")
async def health() -> ResponseReturnValue:
    return Response("OK", mimetype="text/plain")


@app.get("/scope")
@app.get("/scope/<path:deeper>")
async def scope(deeper: str = "") -> ResponseReturnValue:
    return as_json(request.scope)


@app.post("/echo")
async def echo() -> ResponseReturnValue:
    body = await request.get_data()
    return Response(body, content_type=request.headers.get("content-type", "application/octet-stream"))


@app.get("/headers")
async def headers() -> ResponseReturnValue:
    return {name.lower(): value for name, value in request.headers.items()}


@app.get("/status/<int:code>")
async def status(code: int) -> ResponseReturnValue:
    if not 100 <= code <= 599:
        abort(404)
    if code < 200 or code in (204, 304):
        return "", code
    return Response(f"Status {code}", status=code, mimetype="text/plain")


@app.get("/streaming")
async def streaming() -> ResponseReturnValue:
    async def lines() -> AsyncIterator[bytes]:
        for number in range(10):
            yield f"chunk-{number}\n".encode()
            await asyncio.sleep(0.01)

    return lines(), 200, {"Content-Type": "text/plain; charset=utf-8"}


@app.get("/sse")
async def sse() -> ResponseReturnValue:
    async def events() -> AsyncIterator[bytes]:
        for number in range(5):
            yield f"event: message\ndata: {json.dumps({'count': number})}\n\n".encode()
            await asyncio.sleep(0.01)
        yield b"event: done\ndata: {}\n\n"

    response = await make_response(events(), {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    response.timeout = None
    return response


@app.get("/large")
async def large() -> ResponseReturnValue:
    size = request.args.get("size", type=int)
    if size is None:
        return "size is a whole number of bytes", 400
    size = min(LARGEST, max(0, size))

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, size, PIECE):
            yield b"x" * min(PIECE, size - start)

    return pieces(), 200, {"Content-Type": "application/octet-stream", "Content-Length": str(size)}


@app.get("/delay")
async def delay() -> ResponseReturnValue:
    seconds = request.args.get("seconds", type=float)
    if seconds is None:
        return "seconds is a number", 400
    seconds = min(30.0, max(0.0, seconds))
    await asyncio.sleep(seconds)
    return Response(f"Waited {seconds} seconds", mimetype="text/plain")


@app.get("/lifespan/state")
async def lifespan_state() -> dict[str, Any]:
    return {
        "startup_called": app.started.get("startup_called", False),
        "startup_time": app.started.get("startup_time"),
        "counter": app.counter,
        "custom_data": {"initialized": app.started.get("custom_data", {}).get("initialized", False)},
    }


@app.get("/lifespan/counter")
async def lifespan_counter() -> dict[str, int]:
    app.counter += 1
    return {"counter": app.counter}


@app.websocket("/ws/echo")
@app.websocket("/ws/echo-binary")
async def ws_echo() -> None:
    # receive() gives text or bytes as they came, and send() sends them as what they are.
    await websocket.accept()
    while True:
        await websocket.send(await websocket.receive())


@app.websocket("/ws/scope")
async def ws_scope() -> None:
    await websocket.accept()
    await websocket.send_json(as_json(websocket.scope))
    await websocket.close(1000)


@app.websocket("/ws/subprotocol")
async def ws_subprotocol() -> None:
    requested = websocket.requested_subprotocols
    selected = requested[0] if requested else None
    await websocket.accept(subprotocol=selected)
    await websocket.send_json({"requested": requested, "selected": selected})
    await websocket.close(1000)


@app.websocket("/ws/close")
async def ws_close() -> None:
    await websocket.accept()
    await websocket.close(websocket.args.get("code", 1000, type=int))


@app.get("/files/<path:name>")
async def files(name: str) -> ResponseReturnValue:
    return await send_from_directory(FILES, name, conditional=True)


@app.post("/limited")
async def limited() -> ResponseReturnValue:
    return Response(str(len(await request.get_data())), mimetype="text/plain")


class View(MethodView):
    async def get(self) -> ResponseReturnValue:
        return Response("got", mimetype="text/plain")

    async def post(self) -> ResponseReturnValue:
        return Response("posted", mimetype="text/plain")


app.add_url_rule("/view", view_func=View.as_view("view"))


def shown(*words: object) -> str:
    """A line of the answer of /form."""
    return " ".join(quote(f"{word}", safe="") for word in words) + "\n"


@app.post("/form")
async def form() -> ResponseReturnValue:
    lines = [(name, shown("field", name, value)) for name, value in (await request.form).items(multi=True)]
    for name, file in (await request.files).items(multi=True):
        content = file.read()
        crc = f"{zlib.crc32(content):08x}"
        lines.append((name, shown("file", name, file.filename, file.content_type, len(content), crc)))
    text = "".join(line for _, line in sorted(lines, key=lambda pair: pair[0]))
    return Response(text, mimetype="text/plain")


@app.get("/cookies")
async def cookies() -> ResponseReturnValue:
    return dict(request.cookies)


@app.get("/set-cookies")
async def set_cookies() -> ResponseReturnValue:
    response = Response("OK", mimetype="text/plain")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


@app.get("/lines")
async def lines() -> ResponseReturnValue:
    return jsonify(request.headers.getlist("x-line"))


@app.get("/raises")
async def raises() -> ResponseReturnValue:
    raise RuntimeError("words of the handler")


@app.get("/refused")
async def refused() -> ResponseReturnValue:
    abort(403)


@app.get("/endless")
async def endless() -> ResponseReturnValue:
    async def ticks() -> AsyncIterator[bytes]:
        while True:
            yield b"tick\n"
            await asyncio.sleep(0.01)

    response = await make_response(ticks(), {"Content-Type": "text/plain; charset=utf-8"})
    response.timeout = None
    return response


@app.get("/fails")
async def fails() -> ResponseReturnValue:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"begun"
        raise RuntimeError("words of the handler")

    return pieces(), 200, {"Content-Type": "text/plain; charset=utf-8"}


passed = Blueprint("passed", __name__, url_prefix="/passed")


@passed.before_request
async def read() -> None:
    if request.path.endswith("/read"):
        await request.get_data()


@passed.after_request
async def mark(response: Response) -> Response:
    response.headers["X-Passed"] = "1"
    return response


passed.post("/echo")(echo)
passed.post("/read", endpoint="read")(echo)
passed.get("/set-cookies")(set_cookies)
passed.get("/raises")(raises)
passed.get("/refused")(refused)
passed.get("/fails")(fails)
passed.get("/endless")(endless)
app.register_blueprint(passed)


@app.route("/download", methods=["GET", "POST"])
async def download() -> ResponseReturnValue:
    return await send_file(
        FILES / "digits.txt", as_attachment=True, attachment_filename=request.args.get("name"), conditional=True
    )


@app.websocket("/ws/refused")
async def ws_refused() -> None:
    abort(403)


@app.websocket("/ws/raises")
async def ws_raises() -> None:
    raise RuntimeError("words of the handler")


@app.websocket("/ws/refused-late")
async def ws_refused_late() -> None:
    await websocket.accept()
    abort(403)


@app.websocket("/ws/raises-late")
async def ws_raises_late() -> None:
    await websocket.accept()
    raise RuntimeError("words of the handler")
