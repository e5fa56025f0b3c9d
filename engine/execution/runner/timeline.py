"""The transcript of a job: the events on the wire, at the boundary and in the steps, in order of time. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from engine.model.boundary import AppCall, Event
from engine.model.showing import as_text
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.typed_value import typed
from engine.model.wire_bytes import TruncatedBytes

# A scope's keys that a reader wants to see first, in this order; the others follow as the server gave them.
SCOPE_KEYS = ("type", "http_version", "method", "scheme", "path", "query_string", "headers", "client", "subprotocols")
_OWN_PORT = re.compile(r"from port ([0-9]{1,5})")


def transcript(
    started: float, wire: Iterable[TraceEvent], steps: Iterable[TraceEvent], calls: Iterable[AppCall]
) -> Transcript:
    """All events in order of their time, those at the same time in the given order."""
    events = [*steps, *wire]
    by_port = connections(events)
    for number, call in enumerate(calls, 1):
        connection = by_port.get(call.peer[1], "") if call.peer is not None else ""
        events.extend(boundary(call, f"call {number}", connection))
    events.sort(key=lambda event: event.at)
    return Transcript(started, tuple(events))


def connections(events: Iterable[TraceEvent]) -> dict[int, str]:
    """The subjects of the connections among some events, by the client's port. A port that two connections had
    identifies neither."""
    found: dict[int, str] = {}
    for event in events:
        if event.side is Side.WIRE and event.what == "connected" and (own := _OWN_PORT.match(event.detail)):
            port = int(own[1])
            found[port] = "" if port in found else event.subject
    return found


def boundary(call: AppCall, subject: str, connection: str = "") -> list[TraceEvent]:
    """The events of one call of the application, which came by ``connection``, "" if unknown."""
    scope = typed(call.scope)
    events = [
        TraceEvent(
            call.started, Side.APP, subject, "called", scope_text(call.scope), value=scope, connection=connection
        )
    ]
    events.extend(_event(event, subject) for event in call.events)
    events.extend(TraceEvent(at, Side.APP, subject, "mark", name) for name, at in call.marks)
    for name, outcome in call.outcomes.items():
        what = "ok" if outcome.ok else f"raised {outcome.raised}"
        events.append(TraceEvent(outcome.at, Side.APP, subject, "result", f"{name}: {what}"))
    events.extend(TraceEvent(call.ended or call.started, Side.APP, subject, "note", note) for note in call.notes)
    if call.ended is not None:
        raised = f"{call.raised}: {call.message}" if call.message else call.raised or ""
        events.append(TraceEvent(call.ended, Side.APP, subject, "returned" if call.returned else "raised", raised))
    return events


def _event(event: Event, subject: str) -> TraceEvent:
    text, value = message_text(event.message), typed(event.message)
    if event.way == "received":
        return TraceEvent(event.at, Side.APP, subject, "received", text, value=value)
    if event.raised:
        text += f"  -> send() raised {event.raised}"
    elif event.done is None:
        text += "  -> send() has not come back"
    return TraceEvent(event.at, Side.APP, subject, "sent", text, value=value)


def scope_text(scope: Mapping[str, object]) -> str:
    """A scope on one line: the keys that identify the request, then its headers, then all others."""
    keys = [key for key in SCOPE_KEYS if key in scope]
    keys += [key for key in scope if key not in SCOPE_KEYS]
    return ", ".join(f"{key}={_value(scope[key])}" for key in keys)


def message_text(message: Mapping[str, object]) -> str:
    """A message on one line, its type first."""
    rest = [f"{key}={_value(value)}" for key, value in message.items() if key != "type"]
    return " ".join([str(message.get("type", "?")), *rest])


def _value(value: object) -> str:
    if isinstance(value, TruncatedBytes):
        return f"{value.head[:32]!r}… ({value.size} B, SHA-256 {value.sha256[:12]})"
    if isinstance(value, bytes) and len(value) > 64:
        return f"{value[:64]!r}… ({len(value)} B, SHA-256 {hashlib.sha256(value).hexdigest()[:12]})"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return repr(value) if isinstance(value, (bytes, str)) else as_text(value)
