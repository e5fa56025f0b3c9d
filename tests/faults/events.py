"""The messages that an application may send: the keys of each, their types, and the required ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .switches import Switch

Event = dict[str, Any]
Headers = list[tuple[bytes, bytes]]

# event -> key -> (types, whether it is required); ASGI's byte strings are bytes, its Unicode strings str
SHAPES: Mapping[str, Mapping[str, tuple[tuple[type, ...], bool]]] = {
    "http.response.start": {"status": ((int,), True), "trailers": ((bool,), False)},
    "http.response.body": {"body": ((bytes,), False), "more_body": ((bool,), False)},
    "websocket.accept": {"subprotocol": ((str, type(None)), False)},
    "websocket.send": {"text": ((str, type(None)), False), "bytes": ((bytes, type(None)), False)},
    "websocket.close": {"code": ((int,), False), "reason": ((str, type(None)), False)},
    "lifespan.startup.complete": {},
    "lifespan.startup.failed": {"message": ((str,), False)},
    "lifespan.shutdown.complete": {},
    "lifespan.shutdown.failed": {"message": ((str,), False)},
}


def check(event: Event, protocol: str, switch: Switch) -> Event | None:
    """The event, if an application of that protocol may send it; None for one that a fault lets pass unheeded.

    Raises TypeError for a value of the wrong type, ValueError for an unknown event and a missing key (ASGI, Error
    Handling). Keys that the specification does not know are left alone.
    """
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in SHAPES or not kind.startswith(protocol + "."):
        if switch("unknown-event-ignored"):
            return None
        raise ValueError(f"a {protocol} application cannot send {kind!r}")
    if switch("wrong-types-ignored"):
        event = coerced(event)
    shape = SHAPES[kind]
    if kind == "http.response.start" and "headers" not in event and switch("headers-needed"):
        raise ValueError(f"{kind} needs headers")
    if switch("unknown-key-raises") and not set(event) <= {*shape, "type", "headers"}:
        raise ValueError(f"{kind} has an unknown key")
    for key, (types, required) in shape.items():
        if key not in event:
            if required:
                raise ValueError(f"{kind} needs {key}")
        elif not isinstance(event[key], types) or (int in types and isinstance(event[key], bool)):
            raise TypeError(f"{key} of {kind} cannot be {type(event[key]).__name__}")
    if kind == "websocket.send" and (event.get("text") is None) == (event.get("bytes") is None):
        raise ValueError("websocket.send needs one of text and bytes")
    return event


def header_pairs(headers: Iterable[Iterable[Any]]) -> Headers:
    """An event's headers as pairs of bytes. Raises TypeError for anything else."""
    pairs: Headers = []
    for name, value in headers:
        if not isinstance(name, bytes) or not isinstance(value, bytes):
            raise TypeError("a header's name and value are bytes")
        pairs.append((name, value))
    return pairs


def coerced(event: Event) -> Event:
    """The event with text made of, or for, whatever is of the wrong type: the fault ``wrong-types-ignored``."""
    event = dict(event)
    if isinstance(event.get("status"), str):
        event["status"] = int(event["status"])
    if isinstance(event.get("body"), str):
        event["body"] = event["body"].encode()
    if isinstance(event.get("text"), bytes):
        event["text"] = event["text"].decode()
    if "headers" in event:
        event["headers"] = [tuple(x.encode() if isinstance(x, str) else x for x in pair) for pair in event["headers"]]
    return event
