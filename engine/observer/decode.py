"""Tagged JSON, as the observer writes it, back into Python's values. ``inside/tagged.py`` explains the tags."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from engine.model.boundary import OpaqueValue
from engine.model.wire_bytes import TruncatedBytes


def decode(value: Any) -> Any:
    """The value of tagged JSON that has been parsed: long bytes as ``TruncatedBytes``, values that ASGI
    does not allow as ``OpaqueValue``.

    Raises ValueError for an unknown tag, or one with invalid content.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag = next(iter(value), "")
    if not tag.startswith("$"):
        return {key: decode(item) for key, item in value.items()}
    try:
        return _tagged(tag, value)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"the tag {tag} is unknown, or does not hold what it should") from error


def _tagged(tag: str, value: dict[str, Any]) -> Any:
    match tag:
        case "$b":
            return value["$b"].encode("latin-1")
        case "$t":
            return tuple([decode(item) for item in value["$t"]])
        case "$blob":
            size, digest, head = value["$blob"]
            return TruncatedBytes(size, digest, head.encode("latin-1"))
        case "$o":
            return OpaqueValue(value["$o"], value["repr"], decode(value.get("value")))
        case "$d":
            return {_key(decode(key)): decode(item) for key, item in value["$d"]}
    raise ValueError(f"no such tag: {tag}")


def _key(value: Any) -> Hashable:
    """A key as the app had it. A key whose plain value cannot be hashed, unlike its own class, becomes text."""
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value  # type: ignore[no-any-return]  # it is hashable
