"""Calls of a WSGI application by the FastCGI server: the application's input, and its output."""

from __future__ import annotations

import io
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Application = Callable[[dict[str, Any], Any], Any]
Pair = tuple[bytes, bytes]
Fields = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class End:
    """The end of a call: the bytes left to send, the status of the response, and whether the response was cut off."""

    rest: bytes
    status: str
    broken: bool = False


def environ_of(pairs: list[Pair], body: bytes) -> dict[str, Any]:
    """The input of the application for a request."""
    environ: dict[str, Any] = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
    if environ.get("CONTENT_LENGTH", "").isdigit():
        body = body[: int(environ["CONTENT_LENGTH"])]
    more = {
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(), "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    return {"SCRIPT_NAME": "", "PATH_INFO": "", **environ, **more}


def head_of(status: str, fields: Fields) -> bytes:
    """The head of a CGI response. Raises ValueError for a line break in it, which would begin another field."""
    if any(sign in text for text in (status, *(text for pair in fields for text in pair)) for sign in "\r\n\0"):
        raise ValueError("a line break in the status or in a header")
    lines = [f"Status: {status}", *(f"{name}: {value}" for name, value in fields)]
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")


def play(app: Application, environ: dict[str, Any], out: Callable[[bytes], object]) -> End:
    """Call the application, and put out what it returns piece by piece: the head goes with the first piece."""
    head: list[bytes] = []
    status_line = [""]
    begun = broken = False

    def put(piece: bytes) -> None:
        nonlocal begun
        if piece:
            out(b"".join(head) + piece)
            head.clear()
            begun = True

    def start_response(status: str, fields: Fields, exc_info: Any = None) -> Callable[..., Any]:
        if exc_info is not None and begun:
            raise exc_info[1]
        if exc_info is None and (begun or head):
            raise RuntimeError("start_response was called a second time without exc_info")
        head[:] = [head_of(status, fields)]
        status_line[0] = status
        return put

    pieces: Any = ()
    try:
        pieces = app(environ, start_response)
        # A gateway that is given a complete response at once knows that it may use the connection again.
        single = hasattr(type(pieces), "__len__") and len(pieces) == 1
        for piece in pieces:
            if single and piece:
                head.append(piece)
            else:
                put(piece)
    except Exception:
        traceback.print_exc()
        broken = begun
        status_line[0] = "500 Internal Server Error"
        head[:] = [] if begun else [head_of(status_line[0], [("Content-Type", "text/plain")])]
    finally:
        if hasattr(pieces, "close"):
            try:
                pieces.close()
            except Exception:
                traceback.print_exc()  # the response has been made, so this is for the log alone
    return End(b"".join(head), status_line[0], broken)
