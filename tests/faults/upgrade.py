"""WebSocket: the handshake, and a session of an application on the frames of websockets' sans-IO core."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import h11
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from .events import Event, check, header_pairs
from .frames import closing_last, outgoing, rewritten
from .switches import Switch
from .wire import Wire

App = Callable[[dict[str, Any], Callable[[], Awaitable[Event]], Callable[[Event], Awaitable[None]]], Awaitable[None]]
log = logging.getLogger("tests.faults")
LARGEST_MESSAGE = 16 * 1024 * 1024
_kept: list[bytes] = []  # for the fault `ws-claim-allocates`


def handshake(request: h11.Request, switch: Switch) -> Response | None:
    """The response to a request for a WebSocket if the application accepts it: 101, or the reason for a refusal.

    None for a request that asks for no WebSocket: a GET of HTTP/1.1 with both headers does (RFC 6455, 4.2.1).
    """
    tokens: dict[bytes, str] = {b"connection": "", b"upgrade": ""}
    for name, value in request.headers:
        if name in tokens:
            tokens[name] += "," + value.decode("latin-1").lower()
    is_upgrade = "upgrade" in _words(tokens[b"connection"]) and "websocket" in _words(tokens[b"upgrade"])
    if not is_upgrade or request.method != b"GET" or request.http_version != b"1.1":
        return None
    headers = Headers((name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers)
    if switch("ws-missing-key-accepted") and "Sec-WebSocket-Key" not in headers:
        headers["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    return ServerProtocol().accept(Request(request.target.decode("ascii"), headers))


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",")]


class Session:
    """One WebSocket: from the request to the end of its connection."""

    def __init__(self, wire: Wire, opening: Response, switch: Switch) -> None:
        self.wire = wire
        self.opening = opening
        self.switch = switch
        self.protocol = ServerProtocol(state=OPEN, max_size=LARGEST_MESSAGE)
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.events.put_nowait({"type": "websocket.connect"})
        self.accepted = False
        self.rejected = False
        self.idle = asyncio.Event()  # no task waits in receive()
        self.idle.set()
        self.over: Event | None = None  # the disconnect that was delivered
        self.parts: list[bytes] = []  # of a fragmented message
        self.opcode = Opcode.TEXT
        self.pump: asyncio.Task[None] | None = None

    async def receive(self) -> Event:
        """The next event; websocket.disconnect again and again once the connection is over."""
        if self.over is not None:
            return self.over
        self.idle.clear()
        try:
            event = await self.events.get()
        finally:
            self.idle.set()
        if event["type"] == "websocket.disconnect":
            self.over = event
        return event

    async def send(self, event: Event) -> None:
        """Act on an event. Raises OSError when the connection is over, else as ``check``."""
        if self.switch("send-always-raises"):
            raise RuntimeError("send() raises")
        checked = check(event, "websocket", self.switch)
        if checked is None:
            return
        if self.rejected:
            raise RuntimeError("the handshake was rejected")
        kind = checked["type"]
        if kind == "websocket.accept":
            if self.accepted and not self.switch("ws-accepts-early"):
                raise RuntimeError("a second websocket.accept")
            await self.accept(checked)
        elif not self.accepted:
            if kind != "websocket.close":
                raise RuntimeError(f"{kind} before websocket.accept")
            await self.reject(checked)
        else:
            try:
                await (self.message(checked) if kind == "websocket.send" else self.close(checked))
            except (ConnectionClosed, ProtocolError) as error:
                raise ConnectionResetError("the WebSocket is closed") from error

    async def accept(self, event: Event) -> None:
        chosen = event.get("subprotocol")
        lines = [(name.encode(), value.encode()) for name, value in self.opening.headers.raw_items()]
        if self.switch("ws-wrong-accept"):
            lines = [(n, b"x" * len(v)) if n.lower() == b"sec-websocket-accept" else (n, v) for n, v in lines]
        if chosen and not self.switch("ws-no-subprotocol"):
            lines.append((b"Sec-WebSocket-Protocol", chosen.encode()))
        own = header_pairs(event.get("headers", []))
        lines += [pair for pair in own if pair[0].lower() != b"sec-websocket-protocol"]
        if self.switch("ws-no-101"):
            await self.wire.answer(200, "accepted")
        elif not self.accepted:
            response = h11.InformationalResponse(status_code=101, headers=lines, reason=b"Switching Protocols")
            await self.wire.emit(response)
        self.accepted = True
        if self.switch("ws-always-1011"):
            self.protocol.send_close(1011)
            await self.flush()
        self.wire.leave = self.leave
        if self.pump is None:
            self.pump = asyncio.create_task(self.read_frames())

    async def reject(self, event: Event) -> None:
        if self.switch("ws-rejects-with-close-frame"):
            await self.accept({})
            return await self.close(event)
        self.rejected = True
        await self.wire.answer(403)
        self.events.put_nowait({"type": "websocket.disconnect", "code": 1006, "reason": ""})

    async def message(self, event: Event) -> None:
        text = event.get("text")
        data = text.encode() if text is not None else event["bytes"]
        if self.switch("ws-truncates"):
            data = data[:125]
        if not data and self.switch("ws-drops-empty"):
            return
        if text is not None and not self.switch("ws-text-as-binary"):
            self.protocol.send_text(data)
        else:
            self.protocol.send_binary(data)
        await self.flush()

    async def close(self, event: Event) -> None:
        if self.switch("ws-close-refused") and event.get("code", 1000) != 1000:
            raise ValueError("a close code that cannot be sent")
        if self.switch("ws-close-waits-for-receive"):
            await self.idle.wait()
        self.protocol.send_close(event.get("code", 1000), event.get("reason") or "")
        await self.flush()

    async def leave(self) -> None:
        """The server stops: say so, and let the application hear of the end (RFC 6455, 7.4.1: 1001 is going away)."""
        if self.switch("ws-dropped-at-stop"):
            return self.wire.writer.transport.abort()
        if self.protocol.state is OPEN:
            self.protocol.send_close(1001)
            await self.flush()

    async def flush(self) -> None:
        """Write what the protocol has to say; b"" is its word for the end of this side."""
        for data in self.protocol.data_to_send():
            if frame := outgoing(data, self.switch):
                await self.wire.write(frame)

    # what the client sends

    async def read_frames(self) -> None:
        """Deliver messages, answer control frames, and report the end to the application, once."""
        early, _ = self.wire.protocol.trailing_data
        data = bytes(early)
        try:
            while True:
                if data:
                    self.feed(data)
                    await self.flush()
                if self.protocol.close_rcvd or self.protocol.parser_exc or self.protocol.eof_sent:
                    break
                data = await self.wire.read()
                if not data:
                    break
        except ConnectionError:
            pass
        received = self.protocol.close_rcvd
        code, why = (received.code, received.reason) if received else (1006, "")
        if self.switch("ws-disconnect-1006"):
            code = 1006
        if (code == 1006 and self.switch("ws-lost-is-1000")) or (code == 1005 and self.switch("ws-no-code-is-1000")):
            code = 1000
        self.events.put_nowait({"type": "websocket.disconnect", "code": int(code), "reason": why})

    def feed(self, data: bytes) -> None:
        """Take bytes of the client in: its messages become events."""
        if self.switch("ws-claim-allocates") and len(data) > 9 and data[1] & 0x7F == 127:
            _kept.append(b"x" * min(int.from_bytes(data[2:10], "big"), 256 * 1024 * 1024))
        if self.switch("ws-always-1002"):
            return self.protocol.fail(1002, "")
        if self.switch("ws-reads-after-close"):
            data = closing_last(data)
        if self.switch.name:
            data = rewritten(data, self.switch, within_message=bool(self.parts))
        self.protocol.receive_data(data)
        for frame in self.protocol.events_received():
            if isinstance(frame, Frame) and not self.deliver(frame):
                return
        if self.protocol.close_rcvd and self.switch("ws-close-loses-messages"):
            while not self.events.empty():
                self.events.get_nowait()

    def deliver(self, frame: Frame) -> bool:
        """Take one frame in. False where it failed the connection, so that none after it counts."""
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return True
        if frame.opcode is not Opcode.CONT:
            self.parts, self.opcode = [], frame.opcode
        self.parts.append(bytes(frame.data))
        if not frame.fin and not self.switch("ws-fragments-apart"):
            return True
        whole, self.parts = b"".join(self.parts), []
        if self.opcode is Opcode.BINARY:
            self.events.put_nowait({"type": "websocket.receive", "bytes": whole})
            return True
        try:
            text = whole.decode(errors="replace" if self.switch("ws-invalid-utf8") else "strict")
        except UnicodeDecodeError:
            self.protocol.fail(1007, "text that is not UTF-8")
            return False
        self.events.put_nowait({"type": "websocket.receive", "text": text})
        return True

    # the call

    async def run(self, app: App, scope: dict[str, Any]) -> None:
        """Call the application, and end the connection after it. A handshake that is wrong is never its business."""
        while not isinstance(await self.wire.event(), (h11.EndOfMessage, h11.ConnectionClosed)):
            pass
        if self.opening.status_code != 101:
            body = (self.opening.body or b"").decode()
            extra = [(b"upgrade", b"websocket")] if self.opening.status_code == 426 else []
            if "version" in body.lower():
                extra.append((b"sec-websocket-version", b"13"))
            return await self.wire.answer(self.opening.status_code, body, extra)
        if self.switch("ws-accepts-early"):
            await self.accept({})
        raised = False
        try:
            await asyncio.create_task(self.call(app, scope))
        except Exception as error:
            raised = True
            if not (isinstance(error, OSError) and self.over is not None):
                log.exception("the application raised")
        if not self.accepted and not self.rejected:
            await self.wire.answer(500, "Internal Server Error")
        if self.pump is None:
            return
        if self.protocol.state is OPEN and not (raised and self.switch("ws-open-after-raise")):
            self.protocol.send_close(1011 if raised else 1000)
            await self.flush()
        if raised and self.switch("ws-open-after-raise"):
            await self.pump
        await self.end()

    async def call(self, app: App, scope: dict[str, Any]) -> None:
        await app(scope, self.receive, self.send)

    async def end(self) -> None:
        """See the closing handshake through: the client has a second to answer, then the connection closes."""
        assert self.pump is not None
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.pump, 1)
        if self.switch("ws-close-dropped"):
            self.wire.writer.transport.abort()
