"""Short text forms of values, for people."""

from __future__ import annotations

from engine.model.boundary import OpaqueValue
from engine.model.expectation import Absent
from engine.model.wire_bytes import TruncatedBytes


def as_text(value: object, limit: int = 120) -> str:
    """A value in the syntax of the language, truncated to ``limit`` characters."""
    if isinstance(value, (bytes, bytearray)):
        text = "bytes " + repr(bytes(value[: limit + 1]))[1:]  # no more than can be shown: a body may have megabytes
    elif isinstance(value, TruncatedBytes):
        text = f"{value.size} B, SHA-256 {value.sha256[:12]}…, beginning {value.head[:24]!r}"
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif value is None:
        text = "null"
    elif isinstance(value, Absent):
        text = "absent"
    elif isinstance(value, OpaqueValue):
        text = f"{value.text} (a {value.cls})"
    elif type(value) is str:  # a subclass may show itself in its own way
        text = repr(value[: limit + 1])
    else:
        text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}…"
