"""The reference server for WSGI: a strict adapter (PEP 3333) that makes an ASGI application of a WSGI one.

Each call has a thread of its own. The request's body is read when the application asks for it, and a piece of the
response has been taken by the connection before the next one is asked for.
"""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from . import log
from .events import Event
from .service import App, Receive, Send
from .violations import Disconnected

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Any]
Fields = list[tuple[str, str]]

_status = re.compile(r"[2-5][0-9]{2} [\t\x20-\x7e\x80-\xff]*")
_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_value = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    }
)


class StatusLine(int):
    """A status with the reason of the application."""

    phrase: bytes

    @staticmethod
    def of(line: str) -> StatusLine:
        number, _, phrase = line.partition(" ")
        status = StatusLine(number)
        status.phrase = phrase.encode("latin-1")
        return status


class FileWrapper:
    """``wsgi.file_wrapper``: the rest of an object with ``read``, in pieces."""

    def __init__(self, source: Any, size: int = 65536) -> None:
        self._source = source
        self._size = size
        if hasattr(source, "close"):
            self.close = source.close

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self._source.read(self._size), b"")


class Input:
    """``wsgi.input``: the body as it arrives. ``more`` returns its next bytes, b"" at its end."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._held = bytearray()
        self._ended = False

    def _fill(self) -> bool:
        if not self._ended:
            data = self._more()
            self._held += data
            self._ended = not data
        return not self._ended

    def _take(self, size: int) -> bytes:
        data = bytes(self._held[:size])
        del self._held[:size]
        return data

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes of the body, or all that is left of it."""
        wanted = sys.maxsize if size is None or size < 0 else size
        while len(self._held) < wanted and self._fill():
            pass
        return self._take(wanted)

    def readline(self, size: int | None = -1) -> bytes:
        """A line, with at most ``size`` bytes of it."""
        wanted = sys.maxsize if size is None or size < 0 else size
        searched = 0
        while (at := self._held.find(b"\n", searched, wanted)) < 0:
            searched = len(self._held)
            if searched >= wanted or not self._fill():
                return self._take(wanted)
        return self._take(at + 1)

    def readlines(self, hint: int | None = -1) -> list[bytes]:
        """Whole lines, until they have ``hint`` bytes."""
        lines: list[bytes] = []
        size = 0
        for line in self:
            lines.append(line)
            size += len(line)
            if hint is not None and 0 < hint <= size:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")


def asgi(app: Application, *, processes: int = 1) -> App:
    """The ASGI application that calls a WSGI one. ``processes`` is the number of processes that do so."""

    async def adapter(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[BaseException | None] = loop.create_future()

        def wait(coroutine: Coroutine[Any, Any, Any]) -> Any:
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

        def work() -> None:
            failed: BaseException | None = None
            try:
                environ = environ_of(scope, body_from(lambda: wait(receive())), processes)
                play(app, environ, lambda event: wait(send(event)))
            except BaseException as error:
                failed = error
            if not loop.is_closed():
                loop.call_soon_threadsafe(lambda: None if done.done() else done.set_result(failed))

        threading.Thread(target=work, daemon=True).start()
        failed = await done
        if failed is not None:
            raise failed

    return adapter


def body_from(next_event: Callable[[], Event]) -> Callable[[], bytes]:
    """A function that returns the next bytes of the body, b"" at its end. It raises OSError if the client has left."""
    ended = False

    def more() -> bytes:
        nonlocal ended
        data = b""
        while not data and not ended:
            event = next_event()
            if event["type"] == "http.disconnect":
                raise OSError("the client has left")
            data, ended = event["body"], not event["more_body"]
        return data

    return more


def environ_of(scope: dict[str, Any], more: Callable[[], bytes], processes: int = 1) -> Environ:
    """The environ of a request. ``more`` returns the next bytes of the body."""
    root, raw = scope["root_path"], unquote_to_bytes(scope["raw_path"]).decode("latin-1")
    below = raw == root or raw.startswith(f"{root}/")
    server, client = scope["server"] or ("localhost", None), scope["client"]
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root,
        "PATH_INFO": raw[len(root) :] if below else raw,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_SOFTWARE": "engine",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": Input(more),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": processes > 1,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FileWrapper,
    }
    if client is not None:
        environ |= {"REMOTE_ADDR": client[0], "REMOTE_PORT": str(client[1])}
    if scope["scheme"] == "https":
        environ["HTTPS"] = "on"
    return environ | variables_of(scope["headers"])


def variables_of(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """The variables of the header fields. A name with an underscore could be taken for another one, and HTTP_PROXY for
    a variable of the process, so there is none of either."""
    found: dict[str, str] = {}
    for raw, value in headers:
        name = raw.decode("latin-1").upper()
        if "_" in name or name == "PROXY":
            continue
        name = name.replace("-", "_")
        name = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
        text = value.decode("latin-1")
        between = "; " if name == "HTTP_COOKIE" else ", "
        found[name] = text if name not in found else found[name] + between + text
    return found


def checked(status: Any, fields: Any) -> tuple[StatusLine, Fields]:
    """The arguments of ``start_response``. Raises TypeError or ValueError for wrong ones."""
    if type(status) is not str:
        raise TypeError("the status is a str")
    if not _status.fullmatch(status):
        raise ValueError(f"{status!r} is no final status with a reason")
    if type(fields) is not list:
        raise TypeError("the headers are a list")
    for field in fields:
        if type(field) is not tuple or len(field) != 2 or not all(type(text) is str for text in field):
            raise TypeError("a header is a tuple of two str")
        name, value = field
        if not _token.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a field")
        if name.lower() in HOP_BY_HOP:
            raise ValueError(f"{name!r} is a hop-by-hop field")
        if not _value.fullmatch(value):
            raise ValueError(f"{value!r} is no value of a field")
    return StatusLine.of(status), list(fields)


class Response:
    """The response of one call; ``send`` sends an event, and returns when the connection has taken it."""

    def __init__(self, send: Callable[[Event], Any]) -> None:
        self._send = send
        self._head: tuple[StatusLine, Fields] | None = None
        self._left: int | None = None
        self.sent = False

    def start(self, status: str, fields: Fields, exc_info: Any = None) -> Callable[[bytes], None]:
        """``start_response``."""
        try:
            if exc_info and self.sent:
                raise exc_info[1].with_traceback(exc_info[2])
            if not exc_info and self._head is not None:
                raise AssertionError("start_response was called a second time without exc_info")
        finally:
            exc_info = None  # which refers to this frame
        self._head = checked(status, fields)
        return self.write

    def write(self, piece: bytes, *, more: bool = True) -> None:
        """Send a piece of the body. Raises TypeError, RuntimeError before ``start``, Disconnected."""
        if type(piece) is not bytes:
            raise TypeError("a piece of the body is bytes")
        if self._head is None:
            raise RuntimeError("start_response was not called")
        if not self.sent:
            self._begin()
        if self._left is not None:
            if len(piece) > self._left:
                log.say("the body is longer than its Content-Length")
            piece = piece[: self._left]
            self._left -= len(piece)
        self._send({"type": "http.response.body", "body": piece, "more_body": more})

    def add_length(self, size: int) -> None:
        """Add the length of a body of one piece, unless the application has given it."""
        if (
            self._head is not None
            and not self.sent
            and not any(n.lower() == "content-length" for n, _ in self._head[1])
        ):
            self._head[1].append(("Content-Length", str(size)))

    def _begin(self) -> None:
        assert self._head is not None
        status, fields = self._head
        lengths = [value for name, value in fields if name.lower() == "content-length"]
        self._left = int(lengths[0]) if len(lengths) == 1 and lengths[0].isdigit() else None
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
        self.sent = True
        self._send({"type": "http.response.start", "status": status, "headers": headers})


def play(app: Application, environ: Environ, send: Callable[[Event], Any]) -> None:
    """Call the application, and send what it returns. Raises what the application raises, and Disconnected."""
    response = Response(send)
    bare = environ["REQUEST_METHOD"] == "HEAD"
    result = app(environ, response.start)
    try:
        single = hasattr(type(result), "__len__") and len(result) == 1 and not bare
        for piece in result:
            if single and type(piece) is bytes:
                response.add_length(len(piece))
            if piece or type(piece) is not bytes:
                response.write(piece)
        response.write(b"", more=False)
    except Disconnected:
        pass
    finally:
        if hasattr(result, "close"):
            result.close()
