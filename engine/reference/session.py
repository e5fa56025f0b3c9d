"""One WebSocket: the call of the application that serves it, from the handshake to the end of the connection."""

from __future__ import annotations

import asyncio
import contextlib
import enum

from .body import body_of
from .events import Event, check
from .fields import Fields, fields_of, has, without
from .frames import LONGEST_REASON, ClientFrames
from .head import Request
from .opening import OWN, Opening, opened
from .refused import RequestRefused
from .response import ResponseWriter, answer, refusal
from .scope import scope_of, subprotocols
from .service import ServerState, first, trouble
from .stream import ServerStream
from .violations import Disconnected, Violation, remark_on

CLOSES_WITHIN = 3.0  # seconds that the client has for its half of the closing handshake
BACKLOG = 1024 * 1024  # bytes of messages that wait for the application; beyond that the client waits
CONTENT = 64 * 1024  # bytes of content that a handshake may have, for whatever reason
GOING_AWAY, INTERNAL_ERROR = 1001, 1011


class WebSocketStage(enum.Enum):
    """The progress of a WebSocket."""

    CONNECTING = "before websocket.accept"
    OPEN = "after websocket.accept"
    DENYING = "after websocket.http.response.start"
    OVER = "after the end of the connection"


class WebSocketConversation:
    """A request for a WebSocket, and its session."""

    def __init__(self, stream: ServerStream, request: Request, service: ServerState) -> None:
        self._stream = stream
        self._request = request
        self._service = service
        self._stage = WebSocketStage.CONNECTING
        self._opening: Opening | None = None
        self._frames: ClientFrames | None = None
        self._remark = remark_on(str(self))
        self._response = ResponseWriter(request, self._remark, prefix="websocket.http")
        self._response.closing = True
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._waiting = 0  # bytes of messages in the queue
        self._room = asyncio.Event()
        self._accepted = asyncio.Event()
        self._finished = asyncio.Event()  # nothing more can be done on this connection
        self._heard = False
        self._reading: asyncio.Task[None] | None = None
        self._queue_event({"type": "websocket.connect"})

    def __str__(self) -> str:
        return f"websocket {self._request.target.path}"

    async def run(self) -> None:
        """Serve it until the connection can be closed. An invalid handshake is refused without the application."""
        try:
            self._opening = self._opened()
            await self._skip_content()
        except RequestRefused as error:
            if not self._stream.lost:
                self._stream.put(refusal(self._request, error))
            return
        stream, service = self._stream, self._service
        scope = scope_of(self._request, "websocket", stream.ends, service.state, service.options, tls=stream.tls)
        call = self._service.call(scope, self._receive, self._send)
        self._reading = asyncio.create_task(self._read())
        asking = asyncio.create_task(self._ask())
        try:
            await first(asyncio.wait([call]), self._finished.wait())
            if not call.done():
                call.add_done_callback(lambda call: trouble(call, str(self)) and None)
                return
            self._left(trouble(call, str(self)) is not None)
            if self._stage is WebSocketStage.OPEN:
                await asyncio.wait([self._reading])
        finally:
            for task in (asking, self._reading):
                task.cancel()
            await asyncio.gather(asking, self._reading, return_exceptions=True)

    def go_away(self) -> None:
        """Close with 1001, since the server stops: now, or as soon as the session is open."""
        if self._stage is WebSocketStage.OPEN:
            with contextlib.suppress(Disconnected):
                self._close(GOING_AWAY, "")

    def _opened(self) -> Opening:
        """The outcome of the handshake, if the application accepts it. Raises RequestRefused."""
        return opened(self._request, self._service.options.message_limit)

    def _agree(self, fields: Fields) -> None:
        """Send the response that opens the WebSocket. Raises Disconnected."""
        lines = b"".join(b"%s: %s\r\n" % field for field in fields)
        self._stream.put(b"HTTP/1.1 101 Switching Protocols\r\n" + lines + b"\r\n")

    async def _skip_content(self) -> None:
        """Read past a handshake's content, if it has any, after 100 (Continue) if the client expects it (SEM-41).

        Raises RequestRefused.
        """
        if self._request.expects:
            with contextlib.suppress(Disconnected):
                self._stream.put(b"HTTP/1.1 100 Continue\r\n\r\n")
        body, size = body_of(self._request.length), 0
        while True:
            size += len(body.take(self._stream.buffer))
            if size > CONTENT:
                raise RequestRefused(413, "FRAME-30", f"a handshake has at most {CONTENT} bytes of content")
            if body.done:
                return
            if not await self._stream.fill():
                raise RequestRefused(400, "FRAME-12", "the body is truncated")

    # what the application receives

    async def _receive(self) -> Event:
        event = await self._events.get()
        self._waiting -= _size(event)
        if self._waiting <= BACKLOG:
            self._room.set()
        if event["type"] == "websocket.disconnect":
            self._queue_event(dict(event))  # a further receive() gets it again
        return event

    def _queue_event(self, event: Event) -> None:
        self._waiting += _size(event)
        self._events.put_nowait(event)

    async def _read(self) -> None:
        """Deliver messages, answer control frames, and at the end notify the application and close the connection."""
        linger = True
        try:
            await first(self._accepted.wait(), self._stream.gone())
            if self._frames is None:
                return
            while not self._frames.over:
                if self._stream.buffer:
                    self._heard = True
                    self._take_in(self._frames)
                    await self._stream.drain()
                elif not await self._stream.fill():
                    break
                await self._wait_for_room()
        except Disconnected:
            pass
        except asyncio.CancelledError:
            linger = False
            raise
        finally:
            self._disconnect()
            if self._frames is not None:
                if linger:
                    await self._stream.close()
                else:
                    self._stream.reset()
            self._finished.set()

    def _take_in(self, frames: ClientFrames) -> None:
        """Turn received frames into events and answers. Raises Disconnected."""
        data = bytes(self._stream.buffer)
        self._stream.buffer.clear()
        for message in frames.feed(data):
            key = "text" if isinstance(message, str) else "bytes"
            self._queue_event({"type": "websocket.receive", key: message})
        self._stream.put(frames.out())

    async def _wait_for_room(self) -> None:
        while self._waiting > BACKLOG:
            self._room.clear()
            await self._room.wait()

    def _disconnect(self) -> None:
        """Queue ``websocket.disconnect`` with its code, behind all earlier events."""
        if self._stage is WebSocketStage.OVER:
            return
        code, why = (1006, "") if self._frames is None else self._frames.closed_with
        self._queue_event({"type": "websocket.disconnect", "code": code, "reason": why})
        if self._stage is not WebSocketStage.DENYING:
            self._stage = WebSocketStage.OVER

    async def _ask(self) -> None:
        """Send pings, and end the connection of a client that does not answer."""
        interval, patience = self._service.options.ping, self._service.options.ping_timeout
        timeout = interval if patience is None else patience
        await self._accepted.wait()
        assert self._frames is not None
        waited = 0.0
        while interval:
            await asyncio.sleep(max(interval - waited, 0.0))
            self._heard = False
            with contextlib.suppress(Disconnected):
                self._frames.ping()
                self._stream.put(self._frames.out())
            await asyncio.sleep(timeout)
            waited = timeout
            if not self._heard and not self._waiting and self._stage is WebSocketStage.OPEN:
                with contextlib.suppress(Disconnected):
                    self._close(INTERNAL_ERROR, "no answer to a ping")
                return

    # what the application sends

    async def _send(self, event: Event) -> None:
        """The application's ``send``. Raises Violation for a forbidden event, Disconnected after the end."""
        try:
            kind = check(event, "websocket")
            if kind.startswith("websocket.http."):
                self._deny(kind, event)
            elif self._stage is WebSocketStage.DENYING:
                raise Violation("EXT-05", f"{kind} {self._stage.value}")
            elif kind == "websocket.accept":
                self._accept(event)
            elif kind == "websocket.close":
                self._close_as(event)
            else:
                self._message(event)
        except Violation as violation:
            violation.report(str(self))
            raise
        await self._stream.drain()

    def _accept(self, event: Event) -> None:
        if self._stage is WebSocketStage.OPEN:
            raise Violation("WSA-23", "a second websocket.accept")
        given = fields_of(event, self._remark)
        for name in (name.lower() for name, _ in given):
            if name == b"sec-websocket-protocol":
                raise Violation("WSA-15", "a subprotocol is chosen with the key subprotocol, not with a header")
            if name in (b"content-length", b"transfer-encoding"):
                raise Violation("WS-11", f"the answer to a handshake has no body, and so no {name!r}")
            if name in OWN:
                raise Violation("WS-10", f"{name!r} of the answer to a handshake is the server's")
        chosen = event.get("subprotocol")
        if chosen is not None and chosen not in subprotocols(self._request):
            raise Violation("WSA-12", f"the client did not offer the subprotocol {chosen!r}")
        if self._stage is WebSocketStage.OVER:
            raise Disconnected
        assert self._opening is not None
        own = without(self._opening.fields, b"date") if has(given, b"date") else self._opening.fields
        self._agree([*own, *([(b"sec-websocket-protocol", chosen.encode())] if chosen else []), *given])
        self._frames = ClientFrames(self._opening.protocol)
        self._stage = WebSocketStage.OPEN
        self._accepted.set()
        if self._service.stopping:
            self.go_away()

    def _message(self, event: Event) -> None:
        if self._stage is WebSocketStage.CONNECTING:
            raise Violation("WSA-22", "websocket.send before websocket.accept")
        messages: list[str | bytes] = [event[key] for key in ("text", "bytes") if event.get(key) is not None]
        if len(messages) != 1:
            raise Violation("WSA-31", f"websocket.send has one of text and bytes, and this has {len(messages)}")
        if self._stage is WebSocketStage.OVER or self._frames is None:
            raise Disconnected
        try:
            self._frames.send(messages[0])
        except UnicodeEncodeError as error:
            raise Violation("WSA-29", f"the text cannot be written in UTF-8: {error.reason}") from None
        self._stream.put(self._frames.out())

    def _close_as(self, event: Event) -> None:
        """``websocket.close``: close, or refuse a handshake that is not complete."""
        code, why = event.get("code", 1000), event.get("reason") or ""
        try:
            size = len(why.encode())
        except UnicodeEncodeError:
            raise Violation("WSA-36", "the reason cannot be written in UTF-8") from None
        if size > LONGEST_REASON:
            raise Violation("WSA-38", f"a reason has at most {LONGEST_REASON} bytes, and this has {size}")
        if self._stage is WebSocketStage.OVER:
            raise Disconnected
        if self._stage is WebSocketStage.CONNECTING:
            self._stream.put(answer(self._request, 403, "Forbidden"))
            self._disconnect()
            self._finished.set()
            return
        try:
            self._close(code, why)
        except ValueError:
            raise Violation("WSA-37", f"{code} is no code that a close can have") from None

    def _close(self, code: int, why: str) -> None:
        """Send a close, and wait a limited time for the client's answer (WS-34). Raises as ``ClientFrames.close``."""
        assert self._frames is not None
        self._frames.close(code, why)
        with contextlib.suppress(Disconnected):
            self._stream.put(self._frames.out())
        if self._reading is not None:
            asyncio.get_running_loop().call_later(CLOSES_WITHIN, self._reading.cancel)

    def _deny(self, kind: str, event: Event) -> None:
        """The extension WebSocket Denial Response: an HTTP response in place of the handshake."""
        if self._stage is WebSocketStage.OPEN:
            raise Violation("EXT-07", f"{kind} {self._stage.value}")
        if self._stage is WebSocketStage.OVER:
            raise Disconnected
        data = self._response.take(kind, event)
        self._stage = WebSocketStage.DENYING
        self._stream.put(data)
        if self._response.done:
            self._disconnect()
            self._finished.set()

    # the end

    def _left(self, failed: bool) -> None:
        """After the application: refuse a handshake that it left open, and close a connection that it did not close."""
        with contextlib.suppress(Disconnected):
            if self._stage is WebSocketStage.CONNECTING or (
                self._stage is WebSocketStage.DENYING and not self._response.sent
            ):
                self._stream.put(answer(self._request, 500, "Internal Server Error"))
            elif self._stage is WebSocketStage.DENYING and not self._response.done and self._response.sent:
                self._stream.reset()
            elif self._stage is WebSocketStage.OPEN and self._frames is not None and self._frames.open:
                self._close(INTERNAL_ERROR if failed else 1000, "")


def _size(event: Event) -> int:
    """The share of the backlog that an event takes, in bytes."""
    return len(event.get("text") or event.get("bytes") or "") + 64
