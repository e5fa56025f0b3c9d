"""The header fields of an application's events."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .events import Event
from .violations import Remark, Violation

Fields = list[tuple[bytes, bytes]]

_token = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# RFC 9110, section 5.5: visible characters, obs-text, space and tab; the rest could end the line or confuse a reader.
_value = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


def fields_of(event: Event, remark: Remark) -> Fields:
    """The header fields of an event, in order; [] if it has none. Raises Violation.

    A name with capitals is wrong (FW-04), but two of the frameworks send some: it is only logged as a remark.
    """
    given = event.get("headers", ())
    if isinstance(given, (str, bytes, dict)) or not isinstance(given, Iterable):
        raise Violation("CORE-15", f"headers of {event['type']} are pairs of bytes, and this is {_kind(given)}")
    fields = [checked(item) for item in given]
    for name, _ in fields:
        if name != name.lower():
            remark("FW-04", f"the name of a header is sent in lower case, and this is {name!r}")
    return fields


def has(fields: Fields, name: bytes) -> bool:
    """True if there is a field of that name, which is in lower case."""
    return any(found.lower() == name for found, _ in fields)


def without(fields: Fields, *names: bytes) -> Fields:
    """The fields without those of some names, which are in lower case."""
    return [(name, value) for name, value in fields if name.lower() not in names]


def checked(item: object) -> tuple[bytes, bytes]:
    """One field as a pair of bytes. Raises Violation."""
    if isinstance(item, (str, bytes, dict)) or not isinstance(item, Iterable):
        raise Violation("CORE-15", f"a header is a pair of bytes, and this is {_kind(item)}")
    pair = tuple(item)
    if len(pair) != 2 or not all(isinstance(half, bytes) for half in pair):
        raise Violation("CORE-15", f"a header is a pair of bytes, and this is {pair!r}")
    name, value = pair
    if not _token.fullmatch(name):
        raise Violation("RESP-22", f"{name!r} is no name of a header")
    if not _value.fullmatch(value):
        raise Violation("RESP-21", f"the value of {name!r} has a control character: {value!r}")
    if value != value.strip(b" \t"):
        raise Violation("RESP-06", f"the value of {name!r} has white space around it: {value!r}")
    return name, value


def _kind(value: object) -> str:
    return type(value).__name__
