"""The contract for WSGI as Flask's own documentation would have it: routes with converters, the context's request."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

from flask import Flask, Response, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

PIECE = 64 * 1024
LARGE = 1024 * 1024
PAUSE = 0.1
PLAIN = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"

app = Flask(__name__)


def plain(words: str, status: int | str = 200) -> Response:
    """A response of plain text."""
    return Response(words, status=status, content_type=PLAIN)


def pieces(size: int) -> Iterator[bytes]:
    """So many bytes ``x``."""
    for start in range(0, size, PIECE):
        yield b"x" * min(PIECE, size - start)


@app.errorhandler(HTTPException)
def as_json(error: HTTPException) -> ResponseReturnValue:
    """Errors are JSON, as Flask's documentation shows; the rest of what the exception says stays."""
    response = error.get_response()
    response.data = app.json.dumps({"error": error.name, "code": error.code})
    response.content_type = "application/json"
    return response


@app.get("/")
def index() -> ResponseReturnValue:
    return plain("OK")


@app.post("/echo")
def echo() -> ResponseReturnValue:
    return Response(request.get_data(), content_type=request.headers.get("Content-Type") or BINARY)


@app.get("/headers")
def headers() -> ResponseReturnValue:
    return {name: value for name, value in request.headers.items() if value}


@app.route("/environ", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@app.route("/environ/<path:deeper>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def environ(deeper: str = "") -> ResponseReturnValue:
    return {name: value for name, value in request.environ.items() if isinstance(value, str)}


@app.get("/error/<int(min=400, max=599):code>")
def error(code: int) -> ResponseReturnValue:
    return jsonify(error=HTTP_STATUS_CODES.get(code, f"Status {code}"), code=code), code


@app.get("/large")
def large() -> ResponseReturnValue:
    return Response(pieces(LARGE), content_type=BINARY)


@app.post("/json")
def received() -> ResponseReturnValue:
    return jsonify(received=request.get_json(force=True), status="ok")


@app.get("/query")
def query() -> ResponseReturnValue:
    return request.args.to_dict()


@app.get("/status/<int(min=200, max=599):code>")
def status(code: int) -> ResponseReturnValue:
    if code in (204, 304):
        return "", code
    return plain(f"Status {code}", code)


@app.get("/reason")
def reason() -> ResponseReturnValue:
    return plain("special", "299 Quite Special")


@app.get("/cookies")
def cookies() -> ResponseReturnValue:
    response = make_response("two")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


@app.get("/response-headers/<int(max=1000):count>/<int(max=65536):size>")
def response_headers(count: int, size: int) -> ResponseReturnValue:
    response = plain("headers")
    for each in range(count):
        response.headers[f"X-N-{each}"] = "x" * size
    return response


@app.get("/size/<int(max=67108864):size>")
def sized(size: int) -> ResponseReturnValue:
    return Response(pieces(size), content_type=BINARY, headers={"Content-Length": str(size)})


@app.post("/count")
def count() -> ResponseReturnValue:
    size, digest = 0, hashlib.sha256()
    while piece := request.stream.read(PIECE):
        size += len(piece)
        digest.update(piece)
    return jsonify(size=size, sha256=digest.hexdigest())


@app.post("/unread")
def unread() -> ResponseReturnValue:
    return plain("unread")


@app.get("/stream")
def stream() -> ResponseReturnValue:
    def lines() -> Iterator[str]:
        for number in range(5):
            if number:
                time.sleep(PAUSE)
            yield f"chunk-{number}\n"

    return Response(lines(), content_type=PLAIN)


@app.get("/slow/<int(max=30000):milliseconds>")
def slow(milliseconds: int) -> ResponseReturnValue:
    time.sleep(milliseconds / 1000)
    return plain(f"Waited {milliseconds} ms")


@app.get("/raise/<any(before, after):when>")
def raises(when: str) -> ResponseReturnValue:
    def begun() -> Iterator[str]:
        yield "begun\n"
        raise RuntimeError("raised after the first piece")

    if when == "before":
        raise RuntimeError("raised before the response")
    return Response(begun(), content_type=PLAIN)
