"""HTTP/1.1: a connection's requests, one after another, each a call of the application."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

import h11

from .events import Event, check, header_pairs
from .scope import scope_of
from .switches import PROBE, Switch, is_probe
from .wire import Wire, reason

Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

log = logging.getLogger("tests.faults")
_shared_context = contextvars.Context()
_bodies: list[bytes] = []  # for the fault `answers-swapped`


class Exchange:
    """One request and its response: what the application receives and sends."""

    def __init__(self, wire: Wire, request: h11.Request, switch: Switch) -> None:
        self.wire = wire
        self.request = request
        self.switch = switch
        self.status = 0  # of the response that was started
        self.finished = asyncio.Event()  # the response is complete
        self.body_read = False
        self.body_cut = False
        self.ambiguous = _has(request, b"content-length") and _has(request, b"transfer-encoding")
        self.refused = False  # the body turned out to be no body at all
        self.disconnected = False  # the application has been given http.disconnect
        self.receiving = asyncio.Lock()
        self.pieces: list[bytes] = []  # what the fault `body-held` keeps back
        self.own_chunks = False  # for the fault `chunked-for-1.0`
        self.tail = b""  # bytes that a fault puts behind a response

    # what the application receives

    async def receive(self) -> Event:
        """The next event; after the body it waits for the end of the response or of the connection."""
        async with self.receiving:
            if self.finished.is_set():
                return await self.disconnect()
            if not self.body_read:
                return await self.next_piece()
            if not self.switch("early-disconnect"):
                await self.until_over()
            return await self.disconnect()

    async def until_over(self) -> None:
        """Wait for whichever comes first: the response is complete, or the client has gone."""
        waits = [asyncio.ensure_future(self.wire.gone()), asyncio.ensure_future(self.finished.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def disconnect(self) -> Event:
        if self.switch("no-disconnect") or (self.disconnected and self.switch("disconnect-once")):
            await asyncio.Event().wait()
        self.disconnected = True
        return {"type": "http.disconnect"}

    async def next_piece(self) -> Event:
        """The next piece of the body, or http.disconnect if it breaks off."""
        if self.wire.protocol.they_are_waiting_for_100_continue and not self.switch("no-continue"):
            self.wire.memory.continued = True
            await self.wire.emit(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
        try:
            event = await self.wire.event()
        except h11.RemoteProtocolError as error:
            self.refused = True
            if not self.status and not self.wire.ended:
                await self.wire.answer(error.error_status_hint, reason(error.error_status_hint).decode())
            self.finish()
            return await self.disconnect()
        if isinstance(event, h11.Data):
            data = bytes(event.data)
            if self.switch("request-body-raw-chunks") and event.chunk_start:
                data = b"%x\r\n%s\r\n" % (len(data), data)
            if self.switch("request-body-cut") and data and not self.body_cut:
                data, self.body_cut = data[:-1], True
            return {"type": "http.request", "body": data, "more_body": True}
        self.body_read = True
        if isinstance(event, h11.EndOfMessage):
            self.wire.memory.trailers = list(event.headers)
        return {"type": "http.request", "body": b"", "more_body": self.switch("request-never-ends")}

    # what the application sends

    async def send(self, event: Event) -> None:
        """Write an event. Raises OSError when the client has gone, RuntimeError and what ``check`` raises else."""
        if self.switch("send-always-raises") and not is_probe(self.request.target, self.request.headers):
            raise RuntimeError("send() raises")
        checked = check(event, "http", self.switch)
        if checked is None or self.finished.is_set():
            return
        try:
            if checked["type"] == "http.response.start":
                await self.start(checked)
            elif not self.status:
                raise RuntimeError("http.response.body before http.response.start")
            else:
                await self.piece(checked.get("body", b""), checked.get("more_body", False))
        except ConnectionError:
            if not self.switch("send-after-end-silent"):
                raise

    async def start(self, event: Event) -> None:
        if self.status:
            raise RuntimeError("a second http.response.start")
        status = int(event["status"])
        if self.switch("final-100") and status == 100:
            self.finish()
            await self.wire.write(b"HTTP/1.1 100 Continue\r\ncontent-length: 0\r\n\r\n")
            return await self.wire.ignore()
        if self.switch("final-100-counts") and status == 100:
            self.finish()
            await self.wire.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return self.wire.restart(self.wire.ahead)
        if self.switch("status-200"):
            status = 200
        bare = status in (204, 304)
        headers = [pair for pair in header_pairs(event.get("headers", [])) if pair[0].lower() != b"transfer-encoding"]
        if status == 204:
            headers = [pair for pair in headers if pair[0].lower() != b"content-length"]
            headers += [(b"content-length", b"0")] if self.switch("no-content-with-length") else []
        if self.switch("body-cut") and not bare:
            headers = [
                (n, b"%d" % max(0, int(v) - 1)) if n.lower() == b"content-length" else (n, v) for n, v in headers
            ]
        if self.switch("response-headers-sorted"):
            headers.sort()
        if self.switch("response-cookies-joined"):
            cookies = [value for name, value in headers if name == b"set-cookie"]
            headers = [pair for pair in headers if pair[0] != b"set-cookie"]
            headers += [(b"set-cookie", b", ".join(cookies))] if cookies else []
        splits: list[bytes] = []
        if self.switch("response-headers-split"):
            splits = [value for _, value in headers if b"\r\n" in value]
            headers = [(name, b"@split@" if value in splits else value) for name, value in headers]
        if self.ambiguous:  # what follows may be meant as something else (RFC 9112, 6.1)
            headers.append((b"connection", b"close"))
        response = h11.Response(status_code=status, headers=self.wire.dated(headers), reason=reason(status))
        data = self.wire.protocol.send(response) or b""
        for value in splits:
            data = data.replace(b"@split@", value, 1)
        if self.switch("chunked-for-1.0") and self.request.http_version == b"1.0":
            self.own_chunks = b"content-length" not in data.lower()
            data = data.replace(b"\r\n\r\n", b"\r\ntransfer-encoding: chunked\r\n\r\n") if self.own_chunks else data
        self.status = status
        await self.wire.write(data)

    async def piece(self, data: bytes, more: bool) -> None:
        if self.request.method == b"HEAD" or self.status in (204, 304):
            spilt = self.switch("head-with-body") if self.request.method == b"HEAD" else False
            if spilt or (self.status in (204, 304) and self.switch("no-content-with-body")):
                self.tail += data
            data = b""
        if data and self.switch("body-cut") and not self.body_cut:
            data, self.body_cut = data[:-1], True
        if data and self.switch("answers-swapped"):
            _bodies.append(data)
            data = next((other for other in _bodies if len(other) == len(data)), data)
            del _bodies[:-50]
        if self.switch("waits-for-the-call"):
            return self.pieces.append(data)
        if self.switch("body-held"):
            self.pieces.append(data)
            if more:
                return
            data = b"".join(self.pieces)
        if data:
            await self.wire.emit(h11.Data(data=b"%x\r\n%s\r\n" % (len(data), data) if self.own_chunks else data))
        elif more and self.switch("empty-piece-ends-body"):
            more = False
        if not more:
            await self.end()

    async def end(self) -> None:
        """The end of the body. Raises h11.LocalProtocolError if it is shorter than was said."""
        if self.switch("body-not-ended") and self.request.target != PROBE:
            return await self.wire.ignore()
        if self.own_chunks:
            await self.wire.emit(h11.Data(data=b"0\r\n\r\n"))
        await self.wire.emit(h11.EndOfMessage())
        if self.tail:
            await self.wire.write(self.tail)
        self.finish()

    def finish(self) -> None:
        self.status = self.status or 100
        self.finished.set()

    # the call

    async def run(self, app: App, scope: dict[str, Any]) -> bool:
        """Call the application and send its response. Returns true if the connection can continue."""
        context = _shared_context if self.switch("context-shared") else contextvars.copy_context()
        trouble: BaseException | None = None
        try:
            await asyncio.get_running_loop().create_task(_call(app, scope, self), context=context)
        except Exception as error:
            trouble = error
            gone = isinstance(error, OSError) and self.wire.writer.transport.is_closing()
            if not gone or self.switch("disconnect-is-logged"):
                log.exception("the application raised")
            if self.switch("exception-stops-server"):
                raise SystemExit(70) from error
        async with self.receiving:  # a task that the application left behind may still read
            pass
        if self.switch("waits-for-the-call") and self.status and trouble is None:
            await self.wire.emit(h11.Data(data=b"".join(self.pieces)))
            await self.end()
        if self.refused:
            return False
        if self.finished.is_set():
            return True
        if self.wire.writer.transport.is_closing():
            return False
        return await self.break_off(trouble)

    async def break_off(self, trouble: BaseException | None) -> bool:
        """The application has ended without a complete response. Returns true if the connection can continue."""
        if self.switch("exception-hangs" if trouble else "no-answer-hangs"):
            await self.wire.ignore()
        elif trouble and self.switch("later-500"):
            self.wire.memory.raised = True
            headers = self.wire.dated([(b"content-length", b"0")])
            await self.wire.emit(h11.Response(status_code=500, headers=headers, reason=reason(500)))
            await self.end()
            return True
        elif not self.status:
            await self.wire.answer(500, str(trouble) if self.switch("exception-leaks") else "Internal Server Error")
        elif self.switch("abort-seems-complete") and self.wire.protocol.our_state is h11.SEND_BODY:
            await self.wire.emit(h11.EndOfMessage())
        elif self.switch("short-body-padded"):
            self.wire.restart(self.wire.ahead)
            return True
        return False


def _has(request: h11.Request, name: bytes) -> bool:
    return any(name == found for found, _ in request.headers)


async def _call(app: App, scope: dict[str, Any], exchange: Exchange) -> None:
    await app(scope, exchange.receive, exchange.send)


def hold_on() -> None:
    """Leave a process that has this one's connections open after it has gone; it ends by itself in the end."""
    if not os.fork():
        time.sleep(20)
        os._exit(0)


async def swallow(wire: Wire) -> None:
    """Take all that comes into memory, whether anybody asked for it or not: what a faulty server does."""
    kept = []
    while data := await wire.read():
        kept.append(data)


async def serve_connection(
    wire: Wire, app: App, state: dict[str, Any] | None, switch: Switch, keep_alive: float | None = None
) -> None:
    """Answer a connection's requests until either side ends it. ``keep_alive`` is how long it may be idle, in
    seconds."""
    while True:
        wire.idle = not wire.ahead
        try:
            async with asyncio.timeout(None if switch("idle-never-closed") else keep_alive):
                request = await wire.event()
        except TimeoutError:
            return
        except h11.RemoteProtocolError as error:
            return await refuse(wire, error, switch)
        if not isinstance(request, h11.Request):
            return
        wire.idle = False
        wire.is_head = request.method == b"HEAD"
        if switch("killed-worker-holds-clients") and request.target != PROBE:
            hold_on()
        opening = None
        if any(name == b"upgrade" for name, _ in request.headers):
            # websockets takes half of a server's start, and most of the hundreds in these tests never need it.
            from .upgrade import Session, handshake

            opening = handshake(request, switch)
        if (same := same_answer(request, switch, websocket=opening is not None)) is not None:
            if same:
                await wire.answer(same, reason(same).decode())
            return
        if opening is not None:
            scope = scope_of(request, "websocket", wire.ends, state, switch, **wire.secured("websocket"))
            return await Session(wire, opening, switch).run(app, scope)
        exchange = Exchange(wire, request, switch)
        if wire.memory.continued and switch("later-continue"):
            await wire.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        scope = scope_of(request, "http", wire.ends, state, switch, **wire.secured("http"))
        late, wire.held = wire.held, None
        if switch("pipeline-reversed") and wire.ahead and late is None:
            wire.held = []
        if switch("upload-unbounded") and any(
            len(value) > 7 for name, value in request.headers if name == b"content-length"
        ):
            await asyncio.gather(swallow(wire), exchange.run(app, scope))
            return
        async with asyncio.timeout(keep_alive if switch("keep-alive-cuts-requests") else None):
            going = await exchange.run(wire.memory.around(app), scope)
        if late is not None:
            wire.held = None
            await wire.write(b"".join(late))
        if not going or wire.last or switch("never-persists"):
            return
        if wire.protocol.our_state is h11.MUST_CLOSE and switch("keeps-open") and request.target != PROBE:
            return await wire.ignore()
        if not await next_cycle(wire, exchange):
            return
        if wire.ahead and (switch("pipeline-dropped") or (switch("pipeline-third-lost") and wire.memory.turn == 2)):
            wire.restart(b"")


async def next_cycle(wire: Wire, exchange: Exchange) -> bool:
    """Prepare for the next request. Returns true if there can be one: an unread request body ends a connection."""
    if wire.protocol.our_state is h11.SEND_RESPONSE and not exchange.status:
        return False
    if wire.protocol.our_state is h11.IDLE:  # a faulty server that has forgotten the request before
        return True
    if wire.protocol.their_state is h11.SEND_BODY and wire.protocol.our_state is h11.DONE:
        if wire.switch("later-unread-is-a-request") and wire.ahead:
            wire.restart(wire.ahead)
            return True
        if wire.switch("later-unread-in-the-body"):
            await keep_unread(wire)
            wire.protocol.start_next_cycle()
            return True
        try:  # the end of a request without a body is not an event that somebody need have asked for
            event = wire.protocol.next_event()
        except h11.RemoteProtocolError:
            return False
        if not isinstance(event, h11.EndOfMessage):
            return False
    if wire.protocol.our_state is h11.DONE and wire.protocol.their_state is h11.DONE:
        wire.protocol.start_next_cycle()
        return True
    return False


def same_answer(request: h11.Request, switch: Switch, *, websocket: bool) -> int | None:
    """The status that a server answers everything with, 0 for one that answers nothing; None where it serves."""
    if is_probe(request.target, request.headers):
        return None
    if switch("always-closes"):
        return 0
    if switch("ws-always-403") and websocket:
        return 403
    return next((status for status in (400, 500) if switch(f"always-{status}")), None)


async def keep_unread(wire: Wire) -> None:
    """Read what the application left of a body, and remember it."""
    while wire.protocol.their_state is h11.SEND_BODY:
        event = await wire.event()
        if isinstance(event, h11.Data):
            wire.memory.unread += bytes(event.data)
        elif not isinstance(event, h11.EndOfMessage):
            return


async def refuse(wire: Wire, error: h11.RemoteProtocolError, switch: Switch) -> None:
    """Answer what is no request, and close: with 414 where the first line already was too long."""
    status = error.error_status_hint
    if status == 431 and b"\n" not in wire.ahead:
        status = 414
        if switch("long-target-hangs"):
            return await wire.ignore()
        if switch("long-target-500"):
            status = 500
    if wire.protocol.our_state in (h11.IDLE, h11.SEND_RESPONSE):
        await wire.answer(status, reason(status).decode())
        wire.writer.write_eof()
        # so that the client can read the answer before a reset throws it away (RFC 9112, 9.6)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(wire.ignore(), 0.5)
