"""The parts of a ``websocket`` that only HTTP/1.1 has: fields of the handshake, and what is checked of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from engine.model.case import Step
from engine.model.expectation import Group, Literal
from engine.model.variables import Unknown

if TYPE_CHECKING:
    from engine.steps.websocket.step import WebSocketParams

FACTS = frozenset({"reason", "version", "framing", "chunks", "wire"})
"""The facts that only HTTP/1.1 has."""
FIELDS = frozenset({"connection", "upgrade", "sec-websocket-key", "sec-websocket-accept"})
"""The fields of the handshake that only HTTP/1.1 has (RFC 8441, section 5)."""
OF_CONNECTION = FIELDS | {
    "keep-alive", "proxy-connection", "transfer-encoding", "content-length", "expect", "te", "http2-settings",
}  # fmt: skip
SWITCHING = 101


def http1_only(step: Step) -> str:
    """The reason why a ``websocket`` can be performed over HTTP/1.1 only, "" if over HTTP/2 as well."""
    params = cast("WebSocketParams", step.params)
    names = [name.lower() for name, _ in params.headers]
    for name, value in params.headers:
        if name.lower() in OF_CONNECTION:
            return f"it sends the field {name}"
        try:
            data = value.render({})
        except (Unknown, ValueError):
            continue
        if data != data.strip(b" \t") or any(byte in data for byte in b"\0\r\n"):
            return f"it sends a value of {name} that is malformed over HTTP/2"
    if names.count("host") > 1:
        return "it sends Host twice"
    if any(one.step_type == "response" for one in params.script):
        return "it reads a response of HTTP/1.1 behind the handshake"
    return _of_checks(step)


def _of_checks(step: Step) -> str:
    checks = step.checks
    for name in sorted(checks.facts):
        word, _, field = name.partition(".")
        if name in FACTS:
            return f"it checks `{name}`"
        if word in ("header", "headers") and field.lower() in FIELDS:
            return f"it checks `{name}`"
    for group in (checks.expect, checks.should):
        if group is None:
            continue
        if any(fact == "status" and value == SWITCHING for fact, value in _values(group)):
            return "it expects status 101 (`opened: true` says the same of both versions)"
        if any(fact == "open" and value is False for fact, value in _values(group)):
            return "it expects the end of the connection"
    return ""


def _values(group: Group) -> Iterator[tuple[str, object]]:
    """The facts of a group and of its alternatives that are to have one value."""
    for one in group.expectations:
        if isinstance(one.matcher, Literal):
            yield one.fact, one.matcher.value
    for inner in group.any_of:
        yield from _values(inner)
