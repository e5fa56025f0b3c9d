"""The comparison of an observation with that of an earlier step. Header fields are compared by name, since the order of
different names has no meaning (RFC 9110, section 5.3). Values that a clock, a nonce or the client's port decides may
differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from engine.reproduce.parts.calls import Call
from engine.reproduce.parts.checks import ABSENT, Absent, That, brief, same
from engine.reproduce.parts.http1 import Response

Parts = dict[str, dict[str, object]]
VARYING = ("date", "sec-websocket-accept", "sec-websocket-key")
OWN_KEYS = ("headers", "client", "state", "REMOTE_PORT", "HTTP_SEC_WEBSOCKET_KEY")


def compare(
    check: Callable[[str, object, object], None],
    earlier: Parts,
    now: Parts,
    only: Iterable[str] | None = None,
    without: tuple[str, ...] = (),
) -> None:
    """Check each part of an observation against the earlier one; absence is compared as well. ``only`` are the facts to
    compare, ``without`` the names of those to leave out, or of their parts."""
    for fact in earlier if only is None else only:
        before, after = earlier.get(fact, {}), now.get(fact, {})
        for name in dict.fromkeys((*before, *after)):
            if not any(name == one or name.startswith(f"{one}.") for one in without):
                check(name, after.get(name, ABSENT), as_before(before.get(name, ABSENT)))


def as_before(value: object) -> That:
    """The condition that a value is that of the earlier step."""

    def holds(actual: object) -> bool:
        if isinstance(actual, Absent) or isinstance(value, Absent):
            return isinstance(actual, Absent) and isinstance(value, Absent)
        return type(actual) is type(value) and same(actual, value)

    return That(f"{brief(value)}, as before", holds, absent=True)


def without_port(value: object, port: int) -> object:
    """A text or bytes with the client's port replaced, which each connection has another of."""
    if port and isinstance(value, str):
        return re.sub(rf"(?<!\d){port}(?!\d)", "<port>", value)
    if port and isinstance(value, bytes):
        return re.sub(rb"(?<!\d)%d(?!\d)" % port, b"<port>", value)
    return value


def by_name(family: str, pairs: Iterable[Any]) -> dict[str, object]:
    """Header fields by name, each with its values in order; of those that vary, only their number."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        lower = (name.decode("latin-1") if isinstance(name, bytes) else str(name)).lower()
        found.setdefault(f"{family}.{lower}", []).append("..." if lower in VARYING else value)
    return found


def response_parts(reply: Response) -> Parts:
    """The parts of a response, by fact."""
    plain = {
        "outcome": reply.outcome,
        "status": reply.status,
        "reason": reply.reason,
        "version": reply.version,
        "body": ABSENT if isinstance(reply.status, Absent) else without_port(reply.body, reply.port),
        "framing": reply.framing,
        "complete": reply.complete,
        "interim": reply.interim,
    }
    return {
        **{name: {name: value} for name, value in plain.items()},
        "headers": by_name("headers", reply.headers),
        "trailers": by_name("trailer", reply.trailers),
    }


def call_parts(calls: list[Call], call: Call) -> Parts:
    """The parts of a call of the application, and the number and the paths of all calls, by fact."""
    client = call.scope.get("client")
    scope: dict[str, object] = {f"scope.{key}": value for key, value in call.scope.items() if key not in OWN_KEYS}
    scope |= by_name("scope.headers", call.scope.get("headers") or ())
    scope["scope.client"] = client[0] if isinstance(client, (list, tuple)) and client else client
    return {
        "calls": {"calls": len(calls)},
        "paths": {"paths": [one.path for one in calls]},
        "scope": scope,
        "received": message_parts(call, "received", call.received),
        "sent": message_parts(call, "sent", call.sent),
        "returned": {"returned": call.returned},
        "raised": {"raised": call.raised},
    }


def message_parts(call: Call, way: str, messages: list[Any]) -> dict[str, object]:
    """The messages of a request as their types and their body, since the division of a body into messages has no
    meaning; other messages one by one."""
    if call.scope.get("type") not in ("http", "wsgi"):
        return {f"{way}.{number}": message for number, message in enumerate(messages)}
    types = [message.get("type") for message in messages]
    found: dict[str, object] = {
        f"{way}.types": [one for number, one in enumerate(types) if not number or types[number - 1] != one],
        f"{way}.body": call.body(messages),
    }
    return found | ({f"{way}.0": messages[0]} if way == "sent" and messages else {})
