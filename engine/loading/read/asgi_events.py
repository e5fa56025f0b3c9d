"""The messages that an ASGI application may send, and the types of their keys.

From the ASGI specification: HTTP and WebSocket message format 2.5, Lifespan 2.0, and the extensions (WebSocket denial
response, HTTP/2 server push, zero copy send, path send, early hints, trailers, debug).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Sort(StrEnum):
    """How a key's value is written in a document, and what it becomes."""

    BYTES = "bytes"
    TEXT = "text"
    NUMBER = "a whole number"
    FLAG = "true or false"
    PAIRS = "a list of [name, value] pairs"
    LIST = "a list of bytes"
    OBJECT = "a mapping"


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of message: its keys, those that it must have, and those of which it must have one."""

    keys: Mapping[str, Sort]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()


_BODY = {"body": Sort.BYTES, "more_body": Sort.FLAG}

EVENTS: Mapping[str, EventType] = {
    "http.response.start": EventType(
        {"status": Sort.NUMBER, "headers": Sort.PAIRS, "trailers": Sort.FLAG}, ("status",)
    ),
    "http.response.body": EventType(_BODY),
    "http.response.trailers": EventType({"headers": Sort.PAIRS, "more_trailers": Sort.FLAG}, ("headers",)),
    "http.response.push": EventType({"path": Sort.TEXT, "headers": Sort.PAIRS}, ("path", "headers")),
    "http.response.zerocopysend": EventType(
        {"file": Sort.NUMBER, "offset": Sort.NUMBER, "count": Sort.NUMBER, "more_body": Sort.FLAG}, ("file",)
    ),
    "http.response.pathsend": EventType({"path": Sort.TEXT}, ("path",)),
    "http.response.early_hint": EventType({"links": Sort.LIST}, ("links",)),
    "http.response.debug": EventType({"info": Sort.OBJECT}, ("info",)),
    "websocket.accept": EventType({"subprotocol": Sort.TEXT, "headers": Sort.PAIRS}),
    "websocket.send": EventType({"bytes": Sort.BYTES, "text": Sort.TEXT}, one_of=("bytes", "text")),
    "websocket.close": EventType({"code": Sort.NUMBER, "reason": Sort.TEXT}),
    "websocket.http.response.start": EventType({"status": Sort.NUMBER, "headers": Sort.PAIRS}, ("status",)),
    "websocket.http.response.body": EventType(_BODY),
    "lifespan.startup.complete": EventType({}),
    "lifespan.startup.failed": EventType({"message": Sort.TEXT}),
    "lifespan.shutdown.complete": EventType({}),
    "lifespan.shutdown.failed": EventType({"message": Sort.TEXT}),
}


def keys_of_all() -> dict[str, list[str]]:
    """Every key of any event, with the types that have it."""
    found: dict[str, list[str]] = {}
    for name, event in EVENTS.items():
        for key in event.keys:
            found.setdefault(key, []).append(name)
    return found
