"""One HTTP request, and the call of the application that answers it."""

from __future__ import annotations

import asyncio

import h11

from .body import body_of
from .events import Event, check
from .files import pieces, pieces_of_descriptor
from .head import Request
from .refused import RequestRefused
from .response import ResponseWriter, answer, refusal
from .scope import scope_of
from .service import ServerState, first, trouble
from .stream import ServerStream
from .violations import Disconnected, Violation, remark_on

BODY = "http.response.body"
UNREAD = 1024 * 1024  # bytes of a body that nobody read, and that are read to keep the connection
UNREAD_WITHIN = 2.0  # seconds


class Exchange:
    """A request and its response: the ``receive`` and ``send`` of the application."""

    def __init__(self, stream: ServerStream, request: Request, service: ServerState) -> None:
        self._stream = stream
        self._request = request
        self._service = service
        self._body = body_of(request.length)
        self._response = ResponseWriter(request, remark_on(f"http {request}"))
        self._expected = request.expects
        self._received = 0  # bytes of the body
        self._delivered = False  # the last piece of the body has been delivered
        self._refused = False  # the body was no body, and the server has answered
        self._over = asyncio.Event()  # the response is complete
        self._receiving = asyncio.Lock()

    async def run(self) -> bool:
        """Call the application, and complete its response. Returns True if the connection can continue after it.

        It can as soon as the response is complete, whatever the application does afterwards.
        """
        stream, service = self._stream, self._service
        scope = scope_of(self._request, "http", stream.ends, service.state, service.options, tls=stream.tls)
        call = self._service.call(scope, self._receive, self._send)
        await first(self._over.wait(), asyncio.wait([call]))
        if call.done():
            self._end(call)
        else:
            call.add_done_callback(self._end)
        if self._response.done:
            return await self._read_out()
        if not self._refused:
            await self._break_off()
        return False

    @property
    def size(self) -> int:
        """The size of the response's content so far, in bytes."""
        return self._response.size

    def _end(self, call: asyncio.Task[None]) -> None:
        trouble(call, str(self))

    def __str__(self) -> str:
        return f"http {self._request}"

    # what the application receives

    async def _receive(self) -> Event:
        """The body in pieces, then http.disconnect, when the response is complete or the client has left."""
        async with self._receiving:
            if self._delivered:
                await first(self._over.wait(), self._stream.gone())
            elif not self._over.is_set():
                try:
                    event = await self._next_piece()
                except RequestRefused as error:
                    event = None
                    self._refuse(error)
                if event is not None:
                    return event
            return {"type": "http.disconnect"}

    async def _next_piece(self) -> Event | None:
        """A piece of the body, or None if the body is cut. Raises RequestRefused."""
        limits = self._service.options.limits
        limits.check_body(self._request.length)
        while True:
            data = self._body.take(self._stream.buffer)
            self._received += len(data)
            limits.check_body(self._received)
            if data or self._body.done:
                self._expected = False  # the body comes anyway (RFC 9110, section 10.1.1)
                self._delivered = self._body.done
                return {"type": "http.request", "body": data, "more_body": not self._body.done}
            if self._expected and not self._response.sent:
                await self._go_on()
            if self._stream.ended or self._over.is_set():
                return None
            await first(self._over.wait(), self._stream.fill())

    async def _go_on(self) -> None:
        """Send 100 (Continue), since the application reads the body."""
        self._expected = False
        event = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
        try:
            await self._stream.write(self._request.protocol.send(event))
        except Disconnected:
            self._stream.ended = True

    def _refuse(self, error: RequestRefused) -> None:
        """Answer an invalid body, if there is no answer yet. Nothing more can be read from this connection."""
        self._refused = True
        if not self._response.sent and not self._stream.lost:
            self._stream.put(refusal(self._request, error))
        self._over.set()

    # what the application sends

    async def _send(self, event: Event) -> None:
        """The application's ``send``. Raises Violation for a forbidden event, Disconnected after the client has
        left."""
        try:
            kind = check(event, "http")
            if self._refused:
                raise Disconnected
            # A client that was not asked for its body may send it or not, so the next request has no certain beginning.
            unasked = self._expected and not self._body.done
            self._response.closing = self._service.stopping or unasked or not self._service.options.keep_alive
            if kind == "http.response.pathsend":
                return await self._send_path(event["path"])
            if kind == "http.response.zerocopysend":
                return await self._send_file(event)
            data = self._response.take(kind, event)
        except Violation as violation:
            violation.report(str(self))
            raise
        self._stream.put(data)
        self._check_end()
        await self._stream.drain()

    def _check_end(self) -> None:
        if self._response.done:
            self._over.set()

    async def _send_path(self, path: str) -> None:
        """The extension Path Send: a file as the complete body. Raises as ``_send``."""
        self._response.begin_file()
        content = pieces(path)
        while data := await asyncio.to_thread(next, content, b""):
            await self._stream.write(self._response.piece(data, more=True))
        self._stream.put(self._response.piece(b"", more=False))
        self._check_end()
        await self._stream.drain()

    async def _send_file(self, event: Event) -> None:
        """The extension Zero Copy Send: a part of an open file, as a piece of the body. Raises as ``_send``."""
        content = pieces_of_descriptor(event)
        while data := await asyncio.to_thread(next, content, b""):
            await self._stream.write(self._response.take(BODY, {"body": data, "more_body": True}))
        self._stream.put(self._response.take(BODY, {"more_body": event.get("more_body", False)}))
        self._check_end()
        await self._stream.drain()

    # the end

    async def _read_out(self) -> bool:
        """Read the rest of a short body. Returns True if the next request can be read."""
        if not self._response.persists or self._service.stopping or self._refused:
            return False
        async with self._receiving:
            if self._expected and not self._body.done:
                return False
            left = UNREAD
            try:
                async with asyncio.timeout(UNREAD_WITHIN):
                    while not self._body.done:
                        left -= len(self._body.take(self._stream.buffer))
                        if left < 0 or not (self._body.done or await self._stream.fill()):
                            return False
            except (RequestRefused, TimeoutError):
                return False
        return True

    async def _break_off(self) -> None:
        """Handle the end of a call without a complete response: send a 500, or end so that the client notices the
        cut."""
        if self._stream.lost:
            return
        if not self._response.sent:
            cut = self._stream.ended and not self._body.done
            status, text = (400, "FRAME-12: the body is truncated") if cut else (500, "Internal Server Error")
            self._stream.put(answer(self._request, status, text))
        elif not self._response.framed:
            self._stream.reset()
