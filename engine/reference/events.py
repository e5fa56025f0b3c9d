"""The events that applications may send: their keys, and the types and necessity of these.

ASGI's byte strings are ``bytes``, its Unicode strings ``str``. Unknown keys are ignored (CORE-17). Header fields are
checked where they are used (``fields``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .violations import Violation

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """The type of a key's value, and the necessity of the key."""

    types: tuple[type, ...]
    needed: bool = False


_flag, _text, _octets, _number = Key((bool,)), Key((str,)), Key((bytes,)), Key((int,))

EVENTS: Mapping[str, Mapping[str, Key]] = {
    "http.response.start": {"status": Key((int,), needed=True), "trailers": _flag},
    "http.response.body": {"body": _octets, "more_body": _flag},
    "http.response.trailers": {"more_trailers": _flag},
    "http.response.pathsend": {"path": Key((str,), needed=True)},
    "http.response.zerocopysend": {
        "file": Key((object,), needed=True),
        "offset": _number,
        "count": _number,
        "more_body": _flag,
    },
    "http.response.early_hint": {},
    "websocket.accept": {"subprotocol": Key((str, type(None)))},
    "websocket.send": {"text": Key((str, type(None))), "bytes": Key((bytes, type(None)))},
    "websocket.close": {"code": Key((int,)), "reason": Key((str, type(None)))},
    "websocket.http.response.start": {"status": Key((int,), needed=True)},
    "websocket.http.response.body": {"body": _octets, "more_body": _flag},
    "lifespan.startup.complete": {},
    "lifespan.startup.failed": {"message": _text},
    "lifespan.shutdown.complete": {},
    "lifespan.shutdown.failed": {"message": _text},
}

# Extensions that a scope of each type names; every one is a key of its own in the scope's ``extensions``.
OFFERED: Mapping[str, tuple[str, ...]] = {
    "http": (
        "http.response.trailers",
        "http.response.pathsend",
        "http.response.zerocopysend",
        "http.response.early_hint",
    ),
    "websocket": ("websocket.http.response",),
    "lifespan": (),
}

# Extensions that exist and that this server has not.
ELSEWHERE = ("http.response.push", "http.response.debug")


def check(event: object, protocol: str) -> str:
    """The type of an event, if an application of ``protocol`` may send it. Raises Violation."""
    if not isinstance(event, dict):
        raise Violation("CORE-10", f"an event is a dict, and this is {_kind(event)}")
    for key in event:
        if not isinstance(key, str):
            raise Violation("CORE-12", f"an event's keys are str, and {key!r} is {_kind(key)}")
    if "type" not in event:
        raise Violation("CORE-16", "an event without a type")
    name = event["type"]
    if not isinstance(name, str):
        raise Violation("CORE-15", f"an event's type is str, and this is {_kind(name)}")
    if name in ELSEWHERE:
        raise Violation("CORE-26", f"{name} belongs to an extension that the scope does not name")
    if name not in EVENTS or not name.startswith(protocol + "."):
        raise Violation("CORE-13", f"no event of {protocol} that an application sends is called {name!r}")
    for key, shape in EVENTS[name].items():
        if key not in event:
            if shape.needed:
                raise Violation("CORE-14", f"{name} without {key}")
        elif not _is(event[key], shape.types):
            wanted = " or ".join("None" if one is type(None) else one.__name__ for one in shape.types)
            raise Violation("CORE-15", f"{key} of {name} is {wanted}, and this is {_kind(event[key])}")
    return name


def _is(value: object, types: tuple[type, ...]) -> bool:
    """True if a value is of one of the types; a bool is no number here."""
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _kind(value: object) -> str:
    return type(value).__name__
