"""Faults in a WebSocket's opening handshake."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..opening import Opening, is_handshake, opened
from ..refused import RequestRefused
from ..response import answer
from ..session import WebSocketConversation, WebSocketStage
from .base import (
    Event,
    Install,
    Mutant,
    everywhere,
    heads,
    received_by_websockets,
    replaced,
    sent_by_websockets,
    together,
    written,
)
from .fields import _of_text

KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


def _is_upgrade(data: bytes) -> bool:
    return b"\nupgrade: websocket\r" in data.lower()


def _with_a_key(data: bytes) -> bytes:
    there = re.search(rb"(?i)\r\nsec-websocket-key:", data)
    return data if there or not _is_upgrade(data) else data[:-2] + KEY + b"\r\n"


def _lines_of_text(data: bytes) -> bytes:
    return _of_text(data) if _is_upgrade(data) else data


def _with_any_key(data: bytes) -> bytes:
    if not _is_upgrade(data):
        return data
    key = re.search(rb"(?i)\r\nsec-websocket-key:[ \t]*([^\r]*)", data)
    if key is None or re.fullmatch(rb"[A-Za-z0-9+/]{22}==[ \t]*", key[1]):
        return data
    return re.sub(rb"(?i)\r\nsec-websocket-key:[^\r]*", b"\r\n" + KEY[:-2], data)


def _any_version(data: bytes) -> bytes:
    return re.sub(rb"(?i)(\r\nsec-websocket-version:)[^\r]*", rb"\1 13", data) if _is_upgrade(data) else data


def _without_versions(data: bytes) -> bytes:
    return re.sub(
        rb"\A(HTTP/1.1 426.*?)\r\nsec-websocket-version:[^\r]*", rb"\1", data, flags=re.DOTALL | re.IGNORECASE
    )


def _posted(right: Any) -> Any:
    return lambda request: right(replace(request, method="GET"))


def _without_connection(right: Any) -> Any:
    return lambda request: request.version == "1.1" and "websocket" in request.words(b"upgrade")


def _never(right: Any) -> Any:
    return lambda request: False


def _refused(status: int) -> Install:
    """Refuse a wrong handshake with another status."""

    def wrong(right: Any) -> Any:
        def other(request: Any, limit: int) -> Opening:
            try:
                found: Opening = right(request, limit)
            except RequestRefused as error:
                raise RequestRefused(status, error.clause, error.why) from None
            return found

        return other

    return everywhere(opened, wrong)


def _switched(pattern: bytes, new: bytes) -> Install:
    """Change the answer that completes a handshake."""
    expression = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return written(lambda data: expression.sub(new, data, count=1) if data.startswith(b"HTTP/1.1 101") else data)


def _accepting_early(right: Any) -> Any:
    """Accept before the application is called; its own accept does nothing then."""

    async def skip(self: Any) -> None:
        await right(self)
        self._accept({"type": "websocket.accept"})

    return skip


def _accepted_once(right: Any) -> Any:
    async def send(self: Any, event: Event) -> None:
        if event.get("type") != "websocket.accept":
            await right(self, event)

    return send


def _without_subprotocol(call: Any, event: Event) -> Event:
    if event.get("type") == "websocket.accept":
        event.pop("subprotocol", None)
    return event


def _first_subprotocol(right: Any) -> Any:
    def accept(self: Any, event: Event) -> None:
        offered = self._request.words(b"sec-websocket-protocol")
        if event.get("subprotocol") is None and offered:
            event = {**event, "subprotocol": offered[0]}
        right(self, event)

    return accept


def _any_subprotocol(right: Any) -> Any:
    def accept(self: Any, event: Event) -> None:
        try:
            right(self, event)
        except RuntimeError:
            right(self, {**event, "subprotocol": None})

    return accept


def _without_headers(call: Any, event: Event) -> Event:
    if event.get("type") == "websocket.accept":
        event.pop("headers", None)
    return event


def _closed_by_frame(right: Any) -> Any:
    """Complete the handshake, and close the WebSocket, if the application rejects it."""

    def close_as(self: Any, event: Event) -> None:
        if self._stage is WebSocketStage.CONNECTING:
            self._accept({"type": "websocket.accept"})
        right(self, event)

    return close_as


def _rejected(status: int) -> Install:
    def wrong(right: Any) -> Any:
        def close_as(self: Any, event: Event) -> None:
            if self._stage is not WebSocketStage.CONNECTING:
                return right(self, event)  # type: ignore[no-any-return]  # it returns None
            self._stream.put(answer(self._request, status, ""))
            self._disconnect()
            self._finished.set()

        return close_as

    return replaced(WebSocketConversation, "_close_as", wrong)


def _second_accept(call: Any, event: Event) -> Event | None:
    again = event.get("type") == "websocket.accept" and call._stage is WebSocketStage.OPEN
    return None if again else event


def _implied_accept(call: Any, event: Event) -> Event:
    if event.get("type") == "websocket.send" and call._stage is WebSocketStage.CONNECTING:
        call._accept({"type": "websocket.accept"})
    return event


def _without_connect(right: Any) -> Any:
    async def receive(self: Any) -> Event:
        event: Event = await right(self)
        return event if event["type"] != "websocket.connect" else await receive(self)

    return receive


def _left(right: Any) -> Any:
    """Complete a handshake that the application left open."""

    def left(self: Any, failed: bool) -> None:
        if self._stage is WebSocketStage.CONNECTING:
            self._accept({"type": "websocket.accept"})
        right(self, failed)

    return left


def _connected(call: Any, event: Event) -> Event:
    return {**event, "type": "websocket.open"} if event["type"] == "websocket.connect" else event


MUTANTS: Mapping[str, Mutant] = {
    "ws-missing-key-accepted": Mutant("a handshake without a key is accepted", heads(_with_a_key)),
    "ws-any-key-accepted": Mutant("a handshake with an invalid key is accepted", heads(_with_any_key)),
    "ws-lines-of-text": Mutant("a handshake is divided into lines as Python divides text", heads(_lines_of_text)),
    "ws-any-version-accepted": Mutant("a handshake of any version is accepted", heads(_any_version)),
    "ws-version-not-told": Mutant("426 does not name the version", written(_without_versions)),
    "ws-refused-with-404": Mutant("a wrong handshake is refused with 404", _refused(404)),
    "ws-posted": Mutant("a handshake may be a POST", everywhere(is_handshake, _posted)),
    "ws-without-connection": Mutant("a handshake needs no Connection", everywhere(is_handshake, _without_connection)),
    "ws-never": Mutant("a handshake is an HTTP request", everywhere(is_handshake, _never)),
    "ws-no-101": Mutant(
        "an accepted handshake is answered with 200", _switched(rb"\AHTTP/1.1 101 [^\r]*", b"HTTP/1.1 200 OK")
    ),
    "ws-wrong-accept": Mutant(
        "Sec-WebSocket-Accept is wrong",
        _switched(rb"(\r\nsec-websocket-accept: )[^\r]*", rb"\g<1>AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ),
    "ws-no-upgrade": Mutant("the answer to a handshake has no Upgrade", _switched(rb"\r\nupgrade: [^\r]*", b"")),
    "ws-no-connection": Mutant(
        "the answer to a handshake has no Connection", _switched(rb"\r\nconnection: [^\r]*", b"")
    ),
    "ws-accepts-early": Mutant(
        "the handshake is completed before the application accepts",
        together(
            replaced(WebSocketConversation, "_send", _accepted_once),
            replaced(WebSocketConversation, "_skip_content", _accepting_early),
        ),
    ),
    "ws-accepts-at-the-end": Mutant(
        "a handshake that the application leaves open is completed", replaced(WebSocketConversation, "_left", _left)
    ),
    "ws-no-subprotocol": Mutant("the subprotocol is not in the handshake", sent_by_websockets(_without_subprotocol)),
    "ws-first-subprotocol": Mutant(
        "the first subprotocol is selected if the application selects none",
        replaced(WebSocketConversation, "_accept", _first_subprotocol),
    ),
    "ws-any-subprotocol": Mutant(
        "a subprotocol that the client did not offer is dropped",
        replaced(WebSocketConversation, "_accept", _any_subprotocol),
    ),
    "ws-accept-headers-lost": Mutant("the headers of websocket.accept are lost", sent_by_websockets(_without_headers)),
    "ws-second-accept-ignored": Mutant("a second websocket.accept is ignored", sent_by_websockets(_second_accept)),
    "ws-accept-implied": Mutant("websocket.send before websocket.accept accepts", sent_by_websockets(_implied_accept)),
    "ws-rejects-with-close-frame": Mutant(
        "websocket.close before accept completes the handshake",
        replaced(WebSocketConversation, "_close_as", _closed_by_frame),
    ),
    "ws-rejects-with-404": Mutant("websocket.close before accept is answered with 404", _rejected(404)),
    "ws-rejects-with-500": Mutant("websocket.close before accept is answered with 500", _rejected(500)),
    "ws-no-connect": Mutant(
        "the application receives no websocket.connect", replaced(WebSocketConversation, "_receive", _without_connect)
    ),
    "ws-connect-renamed": Mutant("the first event has the type websocket.open", received_by_websockets(_connected)),
}
