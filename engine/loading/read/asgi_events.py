"""The messages that an ASGI application may send, and the types of their keys.

From the ASGI specification: HTTP and WebSocket message format 2.5, Lifespan 2.0, and the extensions (WebSocket denial
response, HTTP/2 server push, zero copy send, path send, early hints, trailers, debug).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class KeyType(StrEnum):
    """The form of a key's value in a document, and the value that it becomes."""

    BYTES = "bytes"
    TEXT = "text"
    NUMBER = "a whole number"
    FLAG = "true or false"
    PAIRS = "a list of [name, value] pairs"
    LIST = "a list of bytes"
    OBJECT = "a mapping"


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of message: its keys, the required ones, and those of which one is required."""

    keys: Mapping[str, KeyType]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()


_BODY = {"body": KeyType.BYTES, "more_body": KeyType.FLAG}

EVENTS: Mapping[str, EventType] = {
    "http.response.start": EventType(
        {"status": KeyType.NUMBER, "headers": KeyType.PAIRS, "trailers": KeyType.FLAG}, ("status",)
    ),
    "http.response.body": EventType(_BODY),
    "http.response.trailers": EventType({"headers": KeyType.PAIRS, "more_trailers": KeyType.FLAG}, ("headers",)),
    "http.response.push": EventType({"path": KeyType.TEXT, "headers": KeyType.PAIRS}, ("path", "headers")),
    "http.response.zerocopysend": EventType(
        {"file": KeyType.NUMBER, "offset": KeyType.NUMBER, "count": KeyType.NUMBER, "more_body": KeyType.FLAG},
        ("file",),
    ),
    "http.response.pathsend": EventType({"path": KeyType.TEXT}, ("path",)),
    "http.response.early_hint": EventType({"links": KeyType.LIST}, ("links",)),
    "http.response.debug": EventType({"info": KeyType.OBJECT}, ("info",)),
    "websocket.accept": EventType({"subprotocol": KeyType.TEXT, "headers": KeyType.PAIRS}),
    "websocket.send": EventType({"bytes": KeyType.BYTES, "text": KeyType.TEXT}, one_of=("bytes", "text")),
    "websocket.close": EventType({"code": KeyType.NUMBER, "reason": KeyType.TEXT}),
    "websocket.http.response.start": EventType({"status": KeyType.NUMBER, "headers": KeyType.PAIRS}, ("status",)),
    "websocket.http.response.body": EventType(_BODY),
    "lifespan.startup.complete": EventType({}),
    "lifespan.startup.failed": EventType({"message": KeyType.TEXT}),
    "lifespan.shutdown.complete": EventType({}),
    "lifespan.shutdown.failed": EventType({"message": KeyType.TEXT}),
}


def keys_of_all() -> dict[str, list[str]]:
    """Every key of any event, with the types that have it."""
    found: dict[str, list[str]] = {}
    for name, event in EVENTS.items():
        for key in event.keys:
            found.setdefault(key, []).append(name)
    return found
