"""The endpoints of the bare WSGI app about PEP 3333 itself, which no framework lets an application reach.

Each reports what the server did at the boundary, or does what a server must handle. They are below ``/boundary`` and
belong to the bare app alone: ``bare`` in ``contract-wsgi.yaml``.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Body = Iterable[bytes]

PLAIN = [("Content-Type", "text/plain")]
BEYOND = 10
FILE = b"0123456789" * 5000
POSITION = 10
# How often close() was called on the body of a request, by the word in its path.
_closed: dict[str, int] = {}


def environ_of(environ: Environ, start_response: StartResponse) -> Body:
    """The types and some values of environ, as JSON."""
    cgi = {name: value for name, value in environ.items() if name == name.upper() and "." not in name}
    version = environ.get("wsgi.version")
    found = {
        "type": type(environ).__name__,
        "not_str": sorted(name for name, value in cgi.items() if type(value) is not str),
        "empty": [name for name in ("REQUEST_METHOD", "SERVER_NAME", "SERVER_PORT") if not environ.get(name)],
        "version": [type(version).__name__, *(version if isinstance(version, (tuple, list)) else ())],
        "url_scheme": environ.get("wsgi.url_scheme"),
        "run_once": bool(environ.get("wsgi.run_once", True)),
        "errors": _errors(environ.get("wsgi.errors")),
        "remote_user": "REMOTE_USER" in environ,
    }
    return _json(start_response, found)


def _errors(stream: Any) -> list[str]:
    """The methods of the stream of errors that fail for text, with the exception of each."""
    tried: list[tuple[str, list[Any]]] = [
        ("write", ["noted by the bare app\n"]),
        ("writelines", [["noted ", "by the bare app\n"]]),
        ("flush", []),
    ]
    raised = [(name, _raised(partial(_call, stream, name, given))) for name, given in tried]
    return [f"{name}: {problem}" for name, problem in raised if problem]


def _call(stream: Any, name: str, given: list[Any]) -> None:
    getattr(stream, name)(*given)


def read_input(environ: Environ, start_response: StartResponse, how: str) -> Body:
    """The body as one way of reading returns it, as JSON: the pieces as texts, and the types of the pieces."""
    stream = environ["wsgi.input"]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    ways: dict[str, Callable[[], list[Any]]] = {
        "read": lambda: [stream.read()],
        "read-size": lambda: [stream.read(3), stream.read(length - 3)],
        "readline": lambda: [stream.readline(), stream.readline(), stream.readline()],
        "readline-size": lambda: [stream.readline(2), stream.readline()],
        "readlines": lambda: list(stream.readlines()),
        "readlines-hint": lambda: list(stream.readlines(length)),
        "iteration": lambda: list(stream),
        # One reading more than the length: there is nothing to wait for.
        "beyond": lambda: [stream.read(length), stream.read(BEYOND)],
    }
    try:
        pieces = ways[how]()
    except Exception as error:
        return _json(start_response, {"raised": type(error).__name__})
    texts = [piece.decode("latin-1") if isinstance(piece, bytes) else repr(piece) for piece in pieces]
    return _json(start_response, {"pieces": texts, "types": sorted({type(piece).__name__ for piece in pieces})})


def start(environ: Environ, start_response: StartResponse, how: str) -> Body:
    """A response that begins in one of the ways that start_response allows, or does not."""
    if how == "twice":
        start_response("200 OK", PLAIN)
        raised = _raised(lambda: start_response("201 Created", PLAIN))
        return [raised.encode() or b"nothing was raised"]
    if how == "replaced":
        start_response("200 OK", [*PLAIN, ("X-First", "1")])
        try:
            raise ValueError("the application failed")
        except ValueError:
            start_response("503 Service Unavailable", [*PLAIN, ("X-Second", "2")], sys.exc_info())
        return [b"replaced"]
    return _started_late(start_response) if how == "late" else _replaced_late(start_response)


def _started_late(start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", [*PLAIN, ("X-Late", "1")])
    yield b"late"


def _replaced_late(start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", PLAIN)
    yield b"begun\n"
    try:
        raise ValueError("the application failed")
    except ValueError:
        given = sys.exc_info()
        yield (_raised(lambda: start_response("503 Service Unavailable", PLAIN, given)) or "nothing").encode()


def write(environ: Environ, start_response: StartResponse, how: str) -> Body:
    """A response of write(), with a body after it or ``alone``."""
    send = start_response("200 OK", PLAIN)
    send(b"one,")
    send(b"two,")
    return [] if how == "alone" else [b"three"]


def length(environ: Environ, start_response: StartResponse, how: str) -> Body:
    """A body that is ``longer`` or shorter than the Content-Length of ten bytes."""
    start_response("200 OK", [*PLAIN, ("Content-Length", "10")])
    return [b"0123456789", b"more"] if how == "longer" else [b"01234"]


def header(environ: Environ, start_response: StartResponse, how: str) -> Body:
    """A status or a header that HTTP does not allow."""
    status, value = "200 OK", "x"
    if how == "break-in-status":
        status = "200 OK\r\nX-Injected: 1"
    elif how == "break-in-value":
        value = "x\r\nX-Injected: 1"
    else:
        value = "x\nX-Injected: 1"
    start_response(status, [*PLAIN, ("X-Own", value)])
    return [b"sent"]


class Closing:
    """A body of three pieces that counts the calls of its close(), and may raise after the first piece."""

    def __init__(self, token: str, raises: bool) -> None:
        self._token = token
        self._raises = raises

    def __iter__(self) -> Iterator[bytes]:
        yield b"one,"
        if self._raises:
            raise RuntimeError("raised after the first piece")
        yield b"two,"
        yield b"three"

    def close(self) -> None:
        _closed[self._token] = _closed.get(self._token, 0) + 1


def closing(environ: Environ, start_response: StartResponse, token: str, how: str) -> Body:
    """A body with a close(); with ``raises`` it raises."""
    start_response("200 OK", PLAIN)
    return Closing(token, how == "raises")


def closed(environ: Environ, start_response: StartResponse, token: str) -> Body:
    """The number of calls of close() on the body of that request, as JSON."""
    return _json(start_response, {"calls": _closed.get(token, 0)})


def file(environ: Environ, start_response: StartResponse) -> Body:
    """An object with read(), from its position on, by the server's wrapper of files if it has one."""
    source = io.BytesIO(FILE)
    source.seek(POSITION)
    start_response("200 OK", PLAIN)
    wrapper = environ.get("wsgi.file_wrapper")
    return [source.read()] if wrapper is None else wrapper(source, 8192)  # type: ignore[no-any-return]


def _raised(call: Callable[[], Any]) -> str:
    """The class of the exception that a call raises, "" if it raises none."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return ""


def _json(start_response: StartResponse, value: object) -> Body:
    body = json.dumps(value).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


# By the second word of the path, and how many come after it.
HANDLERS: dict[tuple[str, int], dict[str, Callable[..., Body]]] = {
    ("environ", 0): {"GET": environ_of},
    ("input", 1): {"POST": read_input},
    ("start", 1): {"GET": start},
    ("write", 1): {"GET": write},
    ("length", 1): {"GET": length},
    ("header", 1): {"GET": header},
    ("closing", 2): {"GET": closing},
    ("closed", 1): {"GET": closed},
    ("file", 0): {"GET": file},
}
