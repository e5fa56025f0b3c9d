"""ASGI applications over FastCGI: the scope of a request, its events, and its response as one of CGI."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from .events import Event, check
from .fastcgi import Connection, Request
from .fastcgi_calls import End, Pair, head_of
from .fields import fields_of
from .scope import SPEC_VERSION, Scope
from .service import App
from .violations import Disconnected, Violation, remark_on

PREFIX = "HTTP_"
BARE = {"CONTENT_LENGTH": b"content-length", "CONTENT_TYPE": b"content-type"}


def scope_of(pairs: Sequence[Pair]) -> Scope:
    """The scope of a request with these variables. A field that came as HTTP_* is not repeated for one of CGI."""
    found = {name.decode("latin-1"): value for name, value in pairs}
    text = {name: value.decode("latin-1") for name, value in found.items()}
    headers = [
        (name.removeprefix(PREFIX).replace("_", "-").lower().encode("latin-1"), value)
        for name, value in found.items()
        if name.startswith(PREFIX)
    ]
    headers += [
        (name, found[word]) for word, name in BARE.items() if found.get(word) and f"{PREFIX}{word}" not in found
    ]
    root, path = found.get("SCRIPT_NAME", b""), found.get("PATH_INFO", b"")
    target = found.get("REQUEST_URI", b"").partition(b"?")[0]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": SPEC_VERSION},
        "http_version": text.get("SERVER_PROTOCOL", "HTTP/1.1").partition("/")[2],
        "method": text.get("REQUEST_METHOD", "GET").upper(),
        "scheme": "https" if text.get("HTTPS", "").lower() in ("on", "1") else "http",
        "path": (root + path).decode("utf-8", "replace"),
        "raw_path": target or quote(root + path).encode(),
        "query_string": found.get("QUERY_STRING", b""),
        "root_path": root.decode("utf-8", "replace"),
        "headers": headers,
        "client": _address(text.get("REMOTE_ADDR", ""), text.get("REMOTE_PORT", "")),
        "server": _address(text.get("SERVER_NAME", ""), text.get("SERVER_PORT", "")),
        "extensions": {},
    }


def _address(host: str, port: str) -> tuple[str, int] | None:
    return (host, int(port)) if host and port.isdigit() else None


class AsgiConnection(Connection):
    """One connection whose requests are calls of an ASGI application, which run on the loop."""

    app: App

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.calls: dict[Request, AsgiCall] = {}

    async def serve(self, reader: asyncio.StreamReader) -> None:
        try:
            await super().serve(reader)
        finally:
            for call in list(self.calls.values()):
                call.leave()

    def abort(self, request: Request) -> None:
        super().abort(request)
        if request in self.calls:
            self.calls[request].leave()

    def take_params(self, request: Request, content: bytes) -> None:
        """Take parameters; the application is called at their end, before the body."""
        super().take_params(request, content)
        if request.ready and self.requests.get(request.id) is request:
            self.play(request)

    def take_stdin(self, request: Request, content: bytes) -> None:
        super().take_stdin(request, content)
        if request in self.calls:
            self.calls[request].arrived()

    def dispatch(self, request: Request) -> None:
        """The body is complete."""
        if request not in self.calls and not request.ready:
            self.play(request)

    def play(self, request: Request) -> None:
        """Call the application."""
        call = self.calls[request] = AsgiCall(self, request)
        task = asyncio.ensure_future(call.run())
        task.add_done_callback(lambda done: self.calls.pop(request, None))


class AsgiCall:
    """One call of the application."""

    def __init__(self, connection: AsgiConnection, request: Request) -> None:
        self._connection = connection
        self._request = request
        self._taken = self._size = 0  # pieces of the body, and their bytes, that the application has received
        self._delivered = False  # all of the body
        self._gone = False  # the web server has left, or the response is complete
        self._left = False
        self._news = asyncio.Event()
        self._head = b""
        self._status = ""
        self._started = self._begun = self._done = False

    def leave(self) -> None:
        """The web server has aborted the request, or has ended the connection."""
        self._left = self._gone = True
        self._news.set()

    def arrived(self) -> None:
        """A part of the body has arrived, or its end."""
        self._news.set()

    async def run(self) -> None:
        """Call the application, and complete its response. Raises only CancelledError."""
        scope = scope_of(self._request.pairs)
        if self._connection.state is not None:
            scope["state"] = dict(self._connection.state)
        try:
            await self._connection.app(scope, self._receive, self._send)
        except Exception as error:
            if not isinstance(error, Disconnected):
                traceback.print_exc()
        if self._done or self._left:
            return
        if not self._begun:
            self._status = "500 Internal Server Error"
            self._head = head_of(self._status, [("Content-Type", "text/plain")])
        self._connection.done(self._request, End(self._head, self._status, broken=self._begun))

    async def _receive(self) -> Event:
        while True:
            self._news.clear()
            if self._gone:
                return {"type": "http.disconnect"}
            if not self._delivered and (self._taken < len(self._request.body) or self._request.called):
                return self._part()
            await self._news.wait()

    def _part(self) -> Event:
        """The part of the body that has arrived since the last one: no more than CONTENT_LENGTH in all (FCGI-23)."""
        data = b"".join(self._request.body[self._taken :])
        self._taken = len(self._request.body)
        length = dict(self._request.pairs).get(b"CONTENT_LENGTH", b"")
        if length.isdigit():
            data = data[: max(0, int(length) - self._size)]
        self._size += len(data)
        self._delivered = self._request.called
        return {"type": "http.request", "body": data, "more_body": not self._delivered}

    async def _send(self, event: Event) -> None:
        """Raises Violation for a forbidden event, Disconnected after the web server has left."""
        try:
            kind = check(event, "http")
            if self._left:
                raise Disconnected
            if kind == "http.response.start":
                self._start(event)
            elif kind != "http.response.body":
                raise Violation("CORE-26", f"{kind} belongs to an extension that the scope does not name")
            else:
                self._piece(event.get("body", b""), more=event.get("more_body", False))
        except Violation as violation:
            violation.report("fastcgi")
            raise
        if not self._done:
            await self._connection.writer.drain()

    def _start(self, event: Event) -> None:
        if self._started:
            raise Violation("RESP-17", "a second http.response.start")
        fields = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in fields_of(event, remark_on("fastcgi"))
        ]
        self._status = f"{event['status']} {_phrase(event['status'])}"
        self._head = head_of(self._status, fields)
        self._started = True

    def _piece(self, data: bytes, *, more: bool) -> None:
        if not self._started:
            raise Violation("RESP-18", "http.response.body before http.response.start")
        if self._done:
            return
        out, self._head = self._head + data, b""
        if more:
            self._begun = True
            self._connection.out(self._request, out)
            return
        self._done = self._gone = True
        self._connection.done(self._request, End(out, self._status))
        self._news.set()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
