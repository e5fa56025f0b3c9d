"""Faults in a WebSocket's messages and closes, between the application and the frames."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from .. import session
from ..events import Event as Sent
from ..frames import ClientFrames
from ..session import WebSocketConversation, WebSocketStage
from ..violations import Disconnected
from .base import Event, Install, Mutant, received_by_websockets, replaced, sent_by_websockets, together


def _is_message(event: Event) -> bool:
    return event.get("type") == "websocket.send"


def _data(event: Event) -> str | bytes:
    found: str | bytes = event["text"] if event.get("text") is not None else event.get("bytes") or b""
    return found


def _messages(change: Callable[[str | bytes], str | bytes | None]) -> Install:
    """Change each message of the application; None drops it."""

    def wrong(right: Any) -> Any:
        def send(self: ClientFrames, message: str | bytes) -> None:
            other = change(message)
            if other is not None:
                right(self, other)

        return send

    return replaced(ClientFrames, "send", wrong)


def _received(change: Callable[[Event], Event], kind: str = "websocket.receive") -> Install:
    """Change each event of a type that an application receives."""
    return received_by_websockets(lambda call, event: change(event) if event["type"] == kind else event)


def _as_binary(message: str | bytes) -> bytes:
    return message.encode() if isinstance(message, str) else message


def _as_text(message: str | bytes) -> str:
    return message if isinstance(message, str) else message.decode("latin-1")


def _cut(message: str | bytes) -> str | bytes:
    return message[:125]


def _both_keys(event: Event) -> Event:
    data = _data(event)
    return {**event, "text": _as_text(data), "bytes": _as_binary(data)}


def _swapped_keys(event: Event) -> Event:
    data = _data(event)
    name = "bytes" if isinstance(data, str) else "text"
    return {"type": event["type"], name: _as_binary(data) if isinstance(data, str) else _as_text(data)}


def _one_key(event: Event) -> Event:
    data = _data(event)
    return {"type": event["type"], "bytes": _as_binary(data)}


def _no_keys(event: Event) -> Event:
    return event if _data(event) else {"type": event["type"]}


def _codes(change: Callable[[int], int]) -> Install:
    """Change the code of each websocket.disconnect."""

    def wrong(right: Any) -> Any:
        def closed_with(self: ClientFrames) -> tuple[int, str]:
            code, why = right.fget(self)
            return change(code), why

        return property(closed_with)

    return replaced(ClientFrames, "closed_with", wrong)


def _reasons_lost(right: Any) -> Any:
    return property(lambda self: (right.fget(self)[0], ""))


def _without_code(event: Event) -> Event:
    return {name: value for name, value in event.items() if name != "code"}


def _without_reason(event: Event) -> Event:
    return {name: value for name, value in event.items() if name != "reason"}


def _closes(change: Callable[[int, str], tuple[int, str]]) -> Install:
    """Change the code and the reason of each close that goes out."""

    def wrong(right: Any) -> Any:
        def close(self: ClientFrames, code: int, reason: str = "") -> None:
            right(self, *change(code, reason))

        return close

    return replaced(ClientFrames, "close", wrong)


def _dropped(right: Any) -> Any:
    """End the connection without a close frame."""

    def close(self: WebSocketConversation, code: int, why: str) -> None:
        if self._reading is not None:
            self._stream.reset()

    return close


def _refused(right: Any) -> Any:
    def close_as(self: WebSocketConversation, event: Sent) -> None:
        if event.get("code", 1000) != 1000:
            raise ValueError("a close code that cannot be sent")
        right(self, event)

    return close_as


def _any_code(right: Any) -> Any:
    def close_as(self: WebSocketConversation, event: Sent) -> None:
        code = event.get("code", 1000)
        odd = isinstance(code, int) and not (
            (1000 <= code <= 1014 and code not in (1004, 1005, 1006)) or 3000 <= code < 5000
        )
        right(self, {**event, "code": 1011} if odd else event)

    return close_as


def _long_reason_cut(right: Any) -> Any:
    def close_as(self: WebSocketConversation, event: Sent) -> None:
        reason = event.get("reason") or ""
        right(self, {**event, "reason": reason.encode()[:123].decode("utf-8", "ignore")})

    return close_as


def _waiting(right: Any) -> Any:
    """Count the tasks that wait in receive()."""

    async def receive(self: Any) -> Event:
        idle: asyncio.Event = self.__dict__.setdefault("no_receiver", asyncio.Event())
        idle.clear()
        try:
            event: Event = await right(self)
        finally:
            idle.set()
        return event

    return receive


def _after_receive(right: Any) -> Any:
    async def send(self: Any, event: Event) -> None:
        idle = getattr(self, "no_receiver", None)
        if event.get("type") == "websocket.close" and idle is not None:
            await idle.wait()
        await right(self, event)

    return send


def _overtaking(right: Any) -> Any:
    """Let the disconnect overtake the messages that wait."""

    def disconnect(self: WebSocketConversation) -> None:
        if self._stage is not WebSocketStage.OVER:
            while not self._events.empty():
                self._events.get_nowait()
        right(self)

    return disconnect


def _left_open(right: Any) -> Any:
    def left(self: WebSocketConversation, failed: bool) -> None:
        if not (failed and self._stage is WebSocketStage.OPEN):
            right(self, failed)

    return left


def _left_normally(right: Any) -> Any:
    return lambda self, failed: right(self, False)


def _left_failed(right: Any) -> Any:
    return lambda self, failed: right(self, True)


def _left_open_always(right: Any) -> Any:
    def left(self: WebSocketConversation, failed: bool) -> None:
        if self._stage is not WebSocketStage.OPEN:
            right(self, failed)

    return left


def _once(right: Any) -> Any:
    async def receive(self: Any) -> Event:
        if getattr(self, "told", False):
            await asyncio.Event().wait()
        event: Event = await right(self)
        self.told = event["type"] == "websocket.disconnect"
        return event

    return receive


def _raising(right: Any) -> Any:
    async def receive(self: Any) -> Event:
        event: Event = await right(self)
        if event["type"] == "websocket.disconnect":
            raise ConnectionResetError("the client has gone")
        return event

    return receive


def _never(right: Any) -> Any:
    async def receive(self: Any) -> Event:
        event: Event = await right(self)
        if event["type"] == "websocket.disconnect":
            await asyncio.Event().wait()
        return event

    return receive


def _late_ignored(call: Any, event: Event) -> Event | None:
    over = call._stage is WebSocketStage.OVER or (call._frames is not None and not call._frames.open)
    return None if over and event.get("type") in ("websocket.send", "websocket.close") else event


def _any_message(call: Any, event: Event) -> Event:
    """Send a message that has both keys, or none."""
    if _is_message(event) and (event.get("text") is None) == (event.get("bytes") is None):
        return {"type": "websocket.send", "text": event.get("text") or ""}
    return event


def _exclusive(call: Any, event: Event) -> Event:
    if _is_message(event) and {"text", "bytes"} <= set(event):
        raise ValueError("websocket.send has text and bytes")
    return event


def _doubled(right: Any) -> Any:
    def queue_event(self: WebSocketConversation, event: Event) -> None:
        right(self, event)
        if event["type"] == "websocket.receive":
            right(self, dict(event))

    return queue_event


def _latest_only(right: Any) -> Any:
    """Keep one message that waits, and lose the others."""

    def queue_event(self: WebSocketConversation, event: Event) -> None:
        if event["type"] == "websocket.receive":
            while not self._events.empty():
                self._waiting -= session._size(self._events.get_nowait())
        right(self, event)

    return queue_event


def _silent(right: Any) -> Any:
    async def ask(self: WebSocketConversation) -> None:
        await asyncio.Event().wait()

    return ask


def _asking_once(right: Any) -> Any:
    """Send one ping, and then no more."""

    async def ask(self: WebSocketConversation) -> None:
        await self._accepted.wait()
        assert self._frames is not None
        await asyncio.sleep(self._service.options.ping or 3600)
        with contextlib.suppress(Disconnected):
            self._frames.ping()
            self._stream.put(self._frames.out())
        await asyncio.Event().wait()

    return ask


MUTANTS: Mapping[str, Mutant] = {
    "ws-text-as-binary": Mutant("text messages go out as binary ones", _messages(_as_binary)),
    "ws-binary-as-text": Mutant("binary messages go out as text", _messages(_as_text)),
    "ws-truncates": Mutant("messages are cut at 125 bytes", _messages(_cut)),
    "ws-drops-empty": Mutant("empty messages are dropped", _messages(lambda message: message or None)),
    "ws-strips-text": Mutant(
        "line ends of a text are removed",
        _messages(lambda message: message.strip() if isinstance(message, str) else message),
    ),
    "ws-receives-both-keys": Mutant("websocket.receive has text and bytes", _received(_both_keys)),
    "ws-receives-other-key": Mutant(
        "websocket.receive has text for bytes, and bytes for text", _received(_swapped_keys)
    ),
    "ws-receives-bytes": Mutant("websocket.receive always has bytes", _received(_one_key)),
    "ws-receives-no-empty": Mutant("websocket.receive of an empty message has no data", _received(_no_keys)),
    "ws-message-twice": Mutant(
        "each message is delivered twice", replaced(WebSocketConversation, "_queue_event", _doubled)
    ),
    "ws-latest-message": Mutant(
        "a message replaces those that wait", replaced(WebSocketConversation, "_queue_event", _latest_only)
    ),
    "ws-both-keys-accepted": Mutant("websocket.send may have both keys or none", sent_by_websockets(_any_message)),
    "ws-none-refused": Mutant("websocket.send may not have the other key with None", sent_by_websockets(_exclusive)),
    "disconnect-1006": Mutant("every WebSocket ends with 1006", _codes(lambda code: 1006)),
    "ws-disconnect-1000": Mutant("every WebSocket ends with 1000", _codes(lambda code: 1000)),
    "ws-lost-is-1000": Mutant(
        "a WebSocket that is lost ends with 1000", _codes(lambda code: 1000 if code == 1006 else code)
    ),
    "ws-lost-is-1005": Mutant(
        "a WebSocket that is lost ends with 1005", _codes(lambda code: 1005 if code == 1006 else code)
    ),
    "ws-no-code-is-1000": Mutant(
        "a close without a code is one with 1000", _codes(lambda code: 1000 if code == 1005 else code)
    ),
    "ws-private-codes-lost": Mutant("a code from 3000 on is 1000", _codes(lambda code: 1000 if code >= 3000 else code)),
    "ws-disconnect-without-code": Mutant(
        "websocket.disconnect has no code", _received(_without_code, "websocket.disconnect")
    ),
    "ws-disconnect-without-reason": Mutant(
        "websocket.disconnect has no reason", _received(_without_reason, "websocket.disconnect")
    ),
    "ws-reason-lost": Mutant(
        "the reason of the client's close is lost", replaced(ClientFrames, "closed_with", _reasons_lost)
    ),
    "ws-disconnect-once": Mutant(
        "receive() hangs after websocket.disconnect", replaced(WebSocketConversation, "_receive", _once)
    ),
    "ws-disconnect-raises": Mutant(
        "receive() raises instead of returning websocket.disconnect",
        replaced(WebSocketConversation, "_receive", _raising),
    ),
    "ws-disconnect-never": Mutant(
        "receive() never returns websocket.disconnect", replaced(WebSocketConversation, "_receive", _never)
    ),
    "close-1011": Mutant(
        "every close but 1000 goes out as 1011", _closes(lambda code, why: (code if code == 1000 else 1011, why))
    ),
    "ws-close-1000": Mutant("every close goes out with 1000", _closes(lambda code, why: (1000, why))),
    "ws-close-1001-lost": Mutant(
        "a close with 1001 goes out with 1000", _closes(lambda code, why: (1000 if code == 1001 else code, why))
    ),
    "ws-close-reason-lost": Mutant("a close goes out without its reason", _closes(lambda code, why: (code, ""))),
    "ws-close-reason-latin-1": Mutant(
        "the reason of a close goes out without letters beyond ASCII",
        _closes(lambda code, why: (code, why.encode("ascii", "replace").decode())),
    ),
    "close-refused": Mutant(
        "send() raises for a close with another code than 1000, and the connection is closed with 1011",
        replaced(WebSocketConversation, "_close_as", _refused),
    ),
    "ws-close-any-code": Mutant(
        "a code that cannot be sent becomes 1011", replaced(WebSocketConversation, "_close_as", _any_code)
    ),
    "ws-close-long-reason-cut": Mutant(
        "a reason that is too long is cut", replaced(WebSocketConversation, "_close_as", _long_reason_cut)
    ),
    "ws-close-dropped": Mutant(
        "a close drops the connection without a frame", replaced(WebSocketConversation, "_close", _dropped)
    ),
    "ws-close-waits-for-receive": Mutant(
        "a close goes out only if no task waits in receive()",
        together(
            replaced(WebSocketConversation, "_receive", _waiting),
            replaced(WebSocketConversation, "_send", _after_receive),
        ),
    ),
    "ws-close-loses-messages": Mutant(
        "a close overtakes the messages before it", replaced(WebSocketConversation, "_disconnect", _overtaking)
    ),
    "ws-late-send-ignored": Mutant(
        "send() to a WebSocket that is closed does nothing", sent_by_websockets(_late_ignored)
    ),
    "ws-open-after-raise": Mutant(
        "a WebSocket whose application raised stays open", replaced(WebSocketConversation, "_left", _left_open)
    ),
    "ws-open-after-return": Mutant(
        "a WebSocket whose application returned stays open", replaced(WebSocketConversation, "_left", _left_open_always)
    ),
    "ws-raise-is-1000": Mutant(
        "a WebSocket whose application raised is closed with 1000",
        replaced(WebSocketConversation, "_left", _left_normally),
    ),
    "ws-return-is-1011": Mutant(
        "a WebSocket whose application returned is closed with 1011",
        replaced(WebSocketConversation, "_left", _left_failed),
    ),
    "ws-no-keep-alive": Mutant(
        "a client that is gone is never noticed", replaced(WebSocketConversation, "_ask", _silent)
    ),
    "ws-one-ping": Mutant(
        "one ping is sent, and none after its pong", replaced(WebSocketConversation, "_ask", _asking_once)
    ),
}
