"""One stream, and the call of the application that answers it."""

from __future__ import annotations

import asyncio
from typing import Protocol

import h11

from ..events import Event, check
from ..files import pieces, pieces_of_descriptor
from ..refused import RequestRefused
from ..scope import scope_of
from ..service import ServerState, first, trouble
from ..stream import ServerStream
from ..violations import Disconnected, Violation, remark_on
from .faults import ErrorCode
from .request import Http2Request
from .response import Http2Response, Part, fields_of, plain
from .tables import Field

BODY = "http.response.body"


class Wire(Protocol):
    """The connection of a stream, as an exchange needs it. Each function does nothing for a stream that is gone."""

    def head(self, number: int, fields: list[Field], *, ends: bool) -> None:
        """Send a field section."""

    def room(self, number: int) -> int:
        """The bytes of content that can be sent now."""

    def data(self, number: int, data: bytes, *, ends: bool) -> None:
        """Send content."""

    def reset(self, number: int, code: ErrorCode) -> None:
        """End the stream at once."""

    def credit(self, number: int, size: int) -> None:
        """Give back the window of content that was read."""


class Http2Exchange:
    """A request and its response: the ``receive`` and ``send`` of the application. ``grown`` is set when a window has
    grown, and when the stream is gone."""

    def __init__(
        self, wire: Wire, stream: ServerStream, number: int, request: Http2Request, service: ServerState, *, ended: bool
    ) -> None:
        self._wire = wire
        self._stream = stream
        self._number = number
        self._request = request
        self._service = service
        self._response = Http2Response(request, remark_on(f"http {request}"))
        self._expected = request.expects and not ended
        self._content: list[bytes] = []
        self._received = 0  # bytes of the body
        self._ended = ended
        self._delivered = False  # the last piece of the body has been delivered
        self._refused = False
        self._over = asyncio.Event()  # the response is complete
        self._news = asyncio.Event()
        self._receiving, self._sending = asyncio.Lock(), asyncio.Lock()
        self.gone = asyncio.Event()
        self.grown = asyncio.Event()

    async def run(self) -> None:
        """Call the application, and complete its response."""
        stream, service = self._stream, self._service
        scope = scope_of(self._request, "http", stream.ends, service.state, service.options, tls=stream.tls)
        call = service.call(scope, self._receive, self._send)
        await first(self._over.wait(), asyncio.wait([call]))
        if not call.done():
            call.add_done_callback(lambda call: trouble(call, str(self)) and None)
        else:
            trouble(call, str(self))
            if not self._over.is_set() and not self.gone.is_set():
                await self._break_off()
        if not self.gone.is_set() and not self._ended:
            # The client need not send the rest (RFC 9113, section 8.1).
            self._wire.reset(self._number, ErrorCode.NO_ERROR)

    @property
    def size(self) -> int:
        """The size of the response's content so far, in bytes."""
        return self._response.size

    @property
    def status(self) -> int:
        """The status of the response, 0 before it began."""
        return self._response.status

    def __str__(self) -> str:
        return f"http {self._request}"

    # what the connection says

    def take(self, data: bytes, *, ended: bool) -> None:
        """A piece of the body."""
        if data:
            self._content.append(data)
        self._ended = ended
        self._news.set()

    def grow(self) -> None:
        """A window may have grown."""
        self.grown.set()

    def go_away(self) -> None:
        """The server stops; a response goes on to its end."""

    def leave(self) -> None:
        """The stream was reset, or the connection has ended."""
        self.gone.set()
        self._news.set()
        self.grown.set()

    # what the application receives

    async def _receive(self) -> Event:
        """The body in pieces, then http.disconnect, when the response is complete or the stream is gone."""
        async with self._receiving:
            if self._delivered:
                await first(self._over.wait(), self.gone.wait())
                return {"type": "http.disconnect"}
            try:
                return await self._next_piece() or {"type": "http.disconnect"}
            except RequestRefused as error:
                await self._refuse(error)
                return {"type": "http.disconnect"}

    async def _next_piece(self) -> Event | None:
        """A piece of the body, or None if the body is cut. Raises RequestRefused."""
        limits = self._service.options.limits
        limits.check_body(self._request.length)
        while not self._over.is_set() and not self.gone.is_set():
            if self._content or self._ended:
                data = b"".join(self._content)
                self._content.clear()
                self._received += len(data)
                limits.check_body(self._received)
                self._wire.credit(self._number, len(data))
                self._expected = False
                self._delivered = self._ended
                return {"type": "http.request", "body": data, "more_body": not self._ended}
            if self._expected and not self._response.sent:
                self._expected = False
                self._wire.head(self._number, [(b":status", b"100")], ends=False)
            self._news.clear()
            await first(self._over.wait(), self._news.wait())
        return None

    async def _refuse(self, error: RequestRefused) -> None:
        """Answer an invalid body, if there is no answer yet."""
        self._refused = True
        if not self._response.sent and not self.gone.is_set():
            await self._emit(plain(error.status, f"{error.clause}: {error.why}"))
        self._over.set()

    # what the application sends

    async def _send(self, event: Event) -> None:
        """The application's ``send``. Raises Violation for a forbidden event, Disconnected after the stream is
        gone."""
        try:
            kind = check(event, "http")
            if self._refused:
                raise Disconnected
            if kind == "http.response.pathsend":
                return await self._send_path(event["path"])
            if kind == "http.response.zerocopysend":
                return await self._send_file(event)
            self._response.take(kind, event)
        except Violation as violation:
            violation.report(str(self))
            raise
        await self._flush()

    async def _send_path(self, path: str) -> None:
        """The extension Path Send: a file as the complete body. Raises as ``_send``."""
        self._response.begin_file()
        content = pieces(path)
        while data := await asyncio.to_thread(next, content, b""):
            self._response.piece(data, more=True)
            await self._flush()
        self._response.piece(b"", more=False)
        await self._flush()

    async def _send_file(self, event: Event) -> None:
        """The extension Zero Copy Send: a part of an open file, as a piece of the body. Raises as ``_send``."""
        content = pieces_of_descriptor(event)
        while data := await asyncio.to_thread(next, content, b""):
            self._response.take(BODY, {"body": data, "more_body": True})
            await self._flush()
        self._response.take(BODY, {"more_body": event.get("more_body", False)})
        await self._flush()

    async def _flush(self) -> None:
        """Send what the response has produced. Raises Disconnected."""
        done, parts = self._response.done, self._request.protocol.taken()
        if self.gone.is_set():
            raise Disconnected
        await self._emit(parts)
        if done:
            self._over.set()

    async def _emit(self, parts: list[Part]) -> None:
        """Send parts, content as the windows permit. Raises Disconnected."""
        async with self._sending:
            ended = False
            for part, after in zip(parts, [*parts, None][1:], strict=True):
                ends = isinstance(after, h11.EndOfMessage) and not after.headers
                if isinstance(part, (h11.Response, h11.InformationalResponse)):
                    self._wire.head(self._number, fields_of(part), ends=ends)
                elif isinstance(part, h11.Data):
                    await self._write(bytes(part.data), ends=ends)
                elif part.headers:
                    trailers = [(bytes(name).lower(), bytes(value)) for name, value in part.headers]
                    self._wire.head(self._number, trailers, ends=True)
                elif not ended:
                    self._wire.data(self._number, b"", ends=True)
                ended = ends
            await self._stream.drain()

    async def _write(self, data: bytes, *, ends: bool) -> None:
        """Send content within the windows; waits for them to grow. Raises Disconnected."""
        while data:
            if self.gone.is_set():
                raise Disconnected
            room = min(self._wire.room(self._number), len(data))
            if not room:
                self.grown.clear()
                await self.grown.wait()
                continue
            piece, data = data[:room], data[room:]
            self._wire.data(self._number, piece, ends=ends and not data)
            await self._stream.drain()

    # the end

    async def _break_off(self) -> None:
        """Handle the end of a call without a complete response: a 500, or a reset after its head."""
        if self._response.done:  # its last piece waits for the window, in a task of the application
            await first(self._over.wait(), self.gone.wait())
        elif self._response.sent:
            self._wire.reset(self._number, ErrorCode.INTERNAL_ERROR)
            self.leave()
        else:
            try:
                await self._emit(plain(500, "Internal Server Error", bare=self._request.method == "HEAD"))
            except Disconnected:
                self.leave()
