"""Faults in the closes and ends of a WebSocket, in its waiting messages, and while the application is busy."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Mapping
from typing import Any

from .. import session
from ..events import EVENTS
from ..events import Event as Sent
from ..frames import ClientFrames
from ..session import WebSocketConversation, WebSocketStage
from .base import Event, Install, Mutant, replaced, sent_by_websockets, together


def _unknown_dropped(call: Any, event: Event) -> Event | None:
    return event if str(event.get("type")).startswith("websocket.") and event.get("type") in EVENTS else None


def _early_dropped(call: Any, event: Event) -> Event | None:
    early = call._stage is WebSocketStage.CONNECTING and event.get("type") == "websocket.send"
    return None if early else event


def _taking_on(right: Any) -> Any:
    """Go on to wait for a message after the application has given it up."""

    async def receive(self: Any) -> Event:
        event: Event = await asyncio.shield(asyncio.ensure_future(right(self)))
        return event

    return receive


def _early_event(right: Any) -> Any:
    """Return an empty message before the accept, after the first event."""

    async def receive(self: Any) -> Event:
        begun, self.begun = getattr(self, "begun", False), True
        if begun and self._frames is None and self._stage is WebSocketStage.CONNECTING:
            return {"type": "websocket.receive", "text": ""}
        event: Event = await right(self)
        return event

    return receive


def _closing_frame(change: Callable[[int, str], bytes | None]) -> Install:
    """Write the close frame of the application without the protocol. ``change`` makes the payload, if not None."""

    def wrong(right: Any) -> Any:
        def close_as(self: WebSocketConversation, event: Sent) -> None:
            code, reason = event.get("code", 1000), event.get("reason") or ""
            payload = change(code, reason) if self._stage is WebSocketStage.OPEN else None
            if payload is None:
                right(self, event)
                return
            size = len(payload)
            length = bytes([size]) if size < 126 else bytes([126]) + struct.pack("!H", size)
            self._stream.put(b"\x88" + length + payload)
            assert self._frames is not None
            self._frames.close(1000)
            self._frames.out()

        return close_as

    return replaced(WebSocketConversation, "_close_as", wrong)


def _any_code(code: int, reason: str) -> bytes | None:
    valid = (1000 <= code <= 1014 and code not in (1004, 1005, 1006)) or 3000 <= code <= 4999
    return None if valid or not 0 <= code <= 0xFFFF else struct.pack("!H", code) + reason.encode()


def _long_reason(code: int, reason: str) -> bytes | None:
    data = reason.encode()
    return struct.pack("!H", code) + data if len(data) > 123 else None


def _cut_reason(code: int, reason: str) -> bytes | None:
    data = reason.encode()
    return struct.pack("!H", code) + data[:123] if len(data) > 123 else None


def _no_code_as_1005(right: Any) -> Any:
    def out(self: ClientFrames) -> bytes:
        data: bytes = right(self)
        return data.replace(b"\x88\x00", b"\x88\x02\x03\xed")

    return out


def _closing_then(end: Callable[[WebSocketConversation], None]) -> Install:
    def wrong(right: Any) -> Any:
        def close(self: WebSocketConversation, code: int, why: str) -> None:
            right(self, code, why)
            end(self)

        return close

    return replaced(WebSocketConversation, "_close", wrong)


def _hang_up(self: WebSocketConversation) -> None:
    self._stream._writer.close()


def _cut_off(self: WebSocketConversation) -> None:
    self._stream.reset()


def _raising_after_close(right: Any) -> Any:
    async def receive(self: Any) -> Event:
        if self._frames is not None and not self._frames.open and self._events.empty():
            raise RuntimeError("the WebSocket is closed")
        event: Event = await right(self)
        return event

    return receive


def _deaf_before_accept(right: Any) -> Any:
    async def receive(self: Any) -> Event:
        event: Event = await right(self)
        if event["type"] == "websocket.disconnect" and self._frames is None:
            await asyncio.Event().wait()
        return event

    return receive


def _never_waiting(right: Any) -> Any:
    async def send(self: Any, event: Event) -> None:
        drain = self._stream.drain
        self._stream.drain = _at_once
        try:
            await right(self, event)
        finally:
            self._stream.drain = drain

    return send


async def _at_once() -> None:
    return None


def _no_limit(right: Any) -> Any:
    async def wait_for_room(self: Any) -> None:
        return None

    return wait_for_room


def _held_up_once(right: Any) -> Any:
    async def wait_for_room(self: Any) -> None:
        if not vars(self).get("held up"):
            full = self._waiting > session.BACKLOG
            await right(self)
            vars(self)["held up"] = full

    return wait_for_room


def _hungry(right: Any) -> Any:
    """Read only while the application waits in receive()."""

    async def wait_for_room(self: Any) -> None:
        if not getattr(self, "receiving", 0):
            self.fed = asyncio.Event()
            await self.fed.wait()

    return wait_for_room


def _counted(right: Any) -> Any:
    async def receive(self: Any) -> Event:
        self.receiving = getattr(self, "receiving", 0) + 1
        if hasattr(self, "fed"):
            self.fed.set()
        try:
            event: Event = await right(self)
        finally:
            self.receiving -= 1
        return event

    return receive


def _shared_fragments(right: Any) -> Any:
    """The first fragments of all connections are in one list."""
    left: list[str] = []

    def begin(self: Any, *given: Any) -> None:
        right(self, *given)
        self._text = left

    return begin


def _both_answers(right: Any) -> Any:
    def left(self: WebSocketConversation, failed: bool) -> None:
        unanswered = self._stage is WebSocketStage.CONNECTING and not self._stream.lost
        right(self, failed)
        if unanswered and not failed:
            self._stream.put(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")

    return left


def _in_halves(right: Any) -> Any:
    """Write a message in two pieces, and let others write between them."""

    async def send(self: Any, event: Event) -> None:
        data = event.get("bytes") or b""
        if self._stage is not WebSocketStage.OPEN or event.get("type") != "websocket.send" or len(data) < 65536:
            await right(self, event)
            return
        self._frames.send(data)
        wire = self._frames.out()
        self._stream.put(wire[: len(wire) // 2])
        await asyncio.sleep(0)
        self._stream.put(wire[len(wire) // 2 :])
        await self._stream.drain()

    return send


def _unheard(right: Any) -> Any:
    """Take no answer of a client for one."""

    def take_in(self: Any, frames: ClientFrames) -> None:
        right(self, frames)
        self._heard = False

    return take_in


def _silent_end(right: Any) -> Any:
    """Do not report the end of a WebSocket whose client has answered a ping."""

    def disconnect(self: Any) -> None:
        if self._service.options.ping and self._frames is not None:
            self._stage = WebSocketStage.OVER
            return
        right(self)

    return disconnect


def _runtime_errors(right: Any) -> Any:
    async def send(self: Any, event: Event) -> None:
        try:
            await right(self, event)
        except OSError as error:
            raise RuntimeError("unexpected ASGI message after the end of the connection") from error

    return send


MUTANTS: Mapping[str, Mutant] = {
    "ws-unknown-events-ignored": Mutant(
        "an event that a WebSocket does not have is ignored", sent_by_websockets(_unknown_dropped)
    ),
    "ws-early-send-ignored": Mutant(
        "a websocket.send before websocket.accept is ignored", sent_by_websockets(_early_dropped)
    ),
    "ws-given-up-receive": Mutant(
        "a receive() that was cancelled takes the next message", replaced(WebSocketConversation, "_receive", _taking_on)
    ),
    "ws-message-before-accept": Mutant(
        "receive() returns an empty message before the accept",
        replaced(WebSocketConversation, "_receive", _early_event),
    ),
    "ws-close-code-unchecked": Mutant("the application's close goes out with any code", _closing_frame(_any_code)),
    "ws-close-reason-unchecked": Mutant(
        "the application's close goes out with a reason of any length", _closing_frame(_long_reason)
    ),
    "ws-close-reason-cut-in-a-letter": Mutant(
        "a reason that is too long is cut inside a letter", _closing_frame(_cut_reason)
    ),
    "ws-no-code-answered-with-1005": Mutant(
        "a close without a code is answered with 1005", replaced(ClientFrames, "out", _no_code_as_1005)
    ),
    "ws-closes-without-waiting": Mutant(
        "the connection ends with the server's close frame, before that of the client", _closing_then(_hang_up)
    ),
    "ws-close-resets": Mutant("the connection is reset after the server's close frame", _closing_then(_cut_off)),
    "ws-receive-raises-after-close": Mutant(
        "receive() raises after the application's close",
        replaced(WebSocketConversation, "_receive", _raising_after_close),
    ),
    "ws-lost-before-accept": Mutant(
        "the application never hears of a client that leaves before the accept",
        replaced(WebSocketConversation, "_receive", _deaf_before_accept),
    ),
    "ws-send-never-waits": Mutant(
        "send() does not wait for a client that does not read", replaced(WebSocketConversation, "_send", _never_waiting)
    ),
    "ws-no-backlog": Mutant(
        "any number of messages waits for the application",
        replaced(WebSocketConversation, "_wait_for_room", _no_limit),
    ),
    "ws-held-up-once": Mutant(
        "any number of messages waits for the application, once it has received what waited",
        replaced(WebSocketConversation, "_wait_for_room", _held_up_once),
    ),
    "ws-reads-in-receive": Mutant(
        "frames are read only while the application waits in receive()",
        together(
            replaced(WebSocketConversation, "_wait_for_room", _hungry),
            replaced(WebSocketConversation, "_receive", _counted),
        ),
    ),
    "ws-fragments-shared": Mutant(
        "the fragments of a message that was never finished precede the next connection's",
        replaced(ClientFrames, "__init__", _shared_fragments),
    ),
    "ws-end-refused-and-accepted": Mutant(
        "a handshake that the application left unanswered gets a 500, and then a 101",
        replaced(WebSocketConversation, "_left", _both_answers),
    ),
    "ws-messages-mix": Mutant(
        "the bytes of two messages that are sent at once mix", replaced(WebSocketConversation, "_send", _in_halves)
    ),
    "ws-pongs-unheard": Mutant(
        "a client that answers pings is taken for gone", replaced(WebSocketConversation, "_take_in", _unheard)
    ),
    "ws-end-lost-after-pings": Mutant(
        "the end of a WebSocket whose client was sent pings is not reported",
        replaced(WebSocketConversation, "_disconnect", _silent_end),
    ),
    "ws-close-waits-for-ever": Mutant(
        "the server waits for the answer to its close as long as the client likes",
        replaced(session, "CLOSES_WITHIN", lambda right: 600.0),
    ),
    "ws-late-send-runtime-error": Mutant(
        "send() raises RuntimeError after the end of the connection",
        replaced(WebSocketConversation, "_send", _runtime_errors),
    ),
}
