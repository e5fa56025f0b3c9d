"""Calls of a WSGI application by the small FastCGI server: its input, and its output."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import fastcgi_wrong as wrong

Application = Callable[[dict[str, Any], Any], Any]
Pair = tuple[bytes, bytes]
KIB = 1024


@dataclass(frozen=True)
class End:
    """The end of a call: the bytes left to send, the response's status, and whether it was cut off."""

    rest: bytes
    status: str
    broken: bool = False


def environ_of(pairs: list[Pair], body: bytes, fault: str) -> dict[str, Any]:
    """The input of the application for a request."""
    environ: dict[str, Any] = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
    if fault == "stdin-is-the-length" and body:
        environ["CONTENT_LENGTH"] = str(len(body))
    elif environ.get("CONTENT_LENGTH", "").isdigit():
        body = body[: int(environ["CONTENT_LENGTH"])]
    if fault == "stdin-cut" and len(body) > 64 * KIB:
        body = body[:-1]
    if fault == "body-lost":
        body = b""
    if fault in wrong.ENVIRON:
        wrong.ENVIRON[fault](environ)
    more = {
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(), "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    return {"SCRIPT_NAME": "", "PATH_INFO": "", **environ, **more}


def head_of(status: str, fields: list[tuple[str, str]], fault: str) -> bytes:
    """The head of a CGI response."""
    first, fields = wrong.head(fault, status, fields)
    lines = [first, *(f"{name}: {value}" for name, value in fields)]
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")


def play(app: Application, environ: dict[str, Any], out: Callable[[bytes], object], fault: str) -> End:
    """Call the application, and put out what it gives piece by piece: the head goes with the first piece."""
    head: list[bytes] = []
    said = [""]
    begun = broken = False
    body: io.BytesIO = environ["wsgi.input"]

    def unread() -> bool:
        return fault == "unread-breaks-off" and body.tell() < body.getbuffer().nbytes

    def put(piece: bytes) -> None:
        nonlocal begun
        if piece and not unread():
            out(b"".join(head) + piece)
            head.clear()
            begun = True

    def start_response(status: str, fields: list[tuple[str, str]], exc_info: object = None) -> Callable[..., Any]:
        said[0] = status
        head[:] = [head_of(status, fields, fault)]
        return put

    pieces: Any = ()
    try:
        pieces = app(environ, start_response)
        # A gateway that is given a whole response at once knows that it may use the connection again.
        alone = hasattr(type(pieces), "__len__") and len(pieces) == 1
        for piece in [b"".join(pieces)] if fault == "buffered" else pieces:
            if alone and piece:
                head.append(piece)
            else:
                put(piece)
    except Exception:
        broken = begun
        said[0] = "200 OK" if fault == "exception-is-200" else "500 Internal Server Error"
        head[:] = [] if begun else [head_of(said[0], [("Content-Type", "text/plain")], fault)]
    finally:
        if hasattr(pieces, "close") and fault != "body-not-closed":
            pieces.close()
    if fault == "head-with-a-body" and len(head) == 1:
        head.clear()
    return End(b"".join(head), said[0], broken or unread())
