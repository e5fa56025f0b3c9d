"""Faults in checking the events that an application sends."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .. import fields
from ..events import EVENTS
from ..exchange import Exchange
from ..lifespan import Lifespan
from ..response import ResponseStage
from ..session import WebSocketConversation
from .base import PROBE, Event, Install, Mutant, constant, received, received_by_websockets, sent, together

CALLS = {"http": Exchange, "websocket": WebSocketConversation, "lifespan": Lifespan}


def _all(change: Callable[[str, Event], Event | None]) -> Install:
    """Change what is sent in calls of every type; ``change`` gets the type of the call."""

    def of(kind: str) -> Callable[[Any, Event], Event | None]:
        return lambda call, event: change(kind, event)

    return together(*(sent(of(kind), owner) for kind, owner in CALLS.items()))


def _known(protocol: str, event: Event) -> Event | None:
    name = event.get("type")
    return event if isinstance(name, str) and name in EVENTS and name.startswith(f"{protocol}.") else None


def _coerced(protocol: str, event: Event) -> Event:
    """The event with text made into bytes and numbers, and the reverse, where the type is wrong."""
    status, text = event.get("status"), event.get("text")
    if isinstance(status, str) and status.isdigit():
        event["status"] = int(status)
    if isinstance(event.get("body"), str):
        event["body"] = event["body"].encode()
    if isinstance(text, bytes):
        event["text"] = text.decode()
    if isinstance(event.get("headers"), (list, tuple)):
        event["headers"] = [tuple(x.encode() if isinstance(x, str) else x for x in pair) for pair in event["headers"]]
    return event


def _flags(protocol: str, event: Event) -> Event:
    for name in ("more_body", "trailers", "more_trailers"):
        if name in event:
            event[name] = bool(event[name])
    return event


def _strict(protocol: str, event: Event) -> Event:
    if (shape := EVENTS.get(str(event.get("type")))) is not None and not set(event) <= {
        *shape,
        "type",
        "headers",
        "links",
    }:
        raise ValueError(f"an unknown key of {event['type']}")
    return event


def _needed(*names: str) -> Callable[[Any, Event], Event]:
    """Raise for a start of a response that lacks one of some optional keys."""

    def change(call: Any, event: Event) -> Event:
        if event.get("type") == "http.response.start" and not set(names) <= set(event):
            raise ValueError(f"http.response.start needs {' and '.join(names)}")
        return event

    return change


def _pieces_need(name: str) -> Callable[[Any, Event], Event]:
    def change(call: Any, event: Event) -> Event:
        if event.get("type") == "http.response.body" and name not in event:
            raise ValueError(f"http.response.body needs {name}")
        return event

    return change


def _tuples_refused(call: Any, event: Event) -> Event:
    if any(isinstance(pair, tuple) for pair in event.get("headers", ())):
        raise TypeError("a header is a list")
    return event


def _one_start(call: Any, event: Event) -> Event | None:
    again = event.get("type") == "http.response.start" and call._response.stage is not ResponseStage.WAITING
    return None if again else event


def _implied_start(call: Any, event: Event) -> Event:
    if event.get("type") == "http.response.body" and call._response.stage is ResponseStage.WAITING:
        call._response.take("http.response.start", {"type": "http.response.start", "status": 200})
    return event


def _default_status(call: Any, event: Event) -> Event:
    return {"status": 200, **event} if event.get("type") == "http.response.start" else event


def _raises_after_end(call: Any, event: Event) -> Event:
    if call._response.done:
        raise RuntimeError("the response is complete")
    return event


def _checked_fields(alter: Callable[[bytes, bytes], tuple[bytes, bytes]]) -> Callable[[Any, Event], Event]:
    """Change the headers before they are checked."""

    def change(call: Any, event: Event) -> Event:
        if "headers" in event and isinstance(event["headers"], list):
            event["headers"] = [
                alter(*pair) if len(pair) == 2 and all(isinstance(half, bytes) for half in pair) else pair
                for pair in event["headers"]
            ]
        return event

    return change


def _but_probes(change: Callable[[Any, Event], Event]) -> Install:
    """Change what is sent in each call but that of the engine's readiness check."""
    return sent(lambda call, event: event if call._request.target.path == PROBE else change(call, event))


def _bare_types(event: Event) -> Event:
    return {**event, "type": str(event["type"]).rpartition(".")[2]}


def _outside_http(call: Any, event: Event) -> Event:
    return _bare_types(event) if event["type"] == "http.disconnect" else event


def _outside_websocket(call: Any, event: Event) -> Event:
    return _bare_types(event) if event["type"] == "websocket.disconnect" else event


def _outside_lifespan(call: Any, event: Event) -> Event:
    return _bare_types(event) if event["type"] == "lifespan.shutdown" else event


MUTANTS: Mapping[str, Mutant] = {
    "disconnect-without-namespace": Mutant("http.disconnect is called disconnect", received(_outside_http)),
    "ws-disconnect-without-namespace": Mutant(
        "websocket.disconnect is called disconnect", received_by_websockets(_outside_websocket)
    ),
    "shutdown-without-namespace": Mutant("lifespan.shutdown is called shutdown", received(_outside_lifespan, Lifespan)),
    "unknown-event-ignored": Mutant("send() ignores events of an unknown type", _all(_known)),
    "wrong-types-ignored": Mutant("send() makes what it can of values of the wrong type", _all(_coerced)),
    "flags-of-any-type": Mutant("send() takes any value for a flag", _all(_flags)),
    "unknown-key-raises": Mutant("send() raises for a key that it does not know", _all(_strict)),
    "headers-needed": Mutant("http.response.start is refused without headers", _but_probes(_needed("headers"))),
    "trailers-needed": Mutant("http.response.start is refused without trailers", _but_probes(_needed("trailers"))),
    "body-needed": Mutant("http.response.body is refused without a body", _but_probes(_pieces_need("body"))),
    "more-body-needed": Mutant(
        "http.response.body is refused without more_body", _but_probes(_pieces_need("more_body"))
    ),
    "header-tuples-refused": Mutant("send() raises for headers that are tuples", _but_probes(_tuples_refused)),
    "second-start-ignored": Mutant("a second http.response.start is ignored", sent(_one_start)),
    "start-implied": Mutant("http.response.body without a start begins a response of 200", sent(_implied_start)),
    "status-implied": Mutant("http.response.start without a status is one of 200", sent(_default_status)),
    "send-after-the-end-raises": Mutant("send() raises after the end of the response", sent(_raises_after_end)),
    "header-values-stripped-of-lines": Mutant(
        "CR and LF in a header's value are removed",
        sent(_checked_fields(lambda name, value: (name, value.translate(None, b"\r\n")))),
    ),
    "header-names-any": Mutant(
        "a header's name may have any characters", constant(fields, "_token", re.compile(rb"(?s).*"))
    ),
    "header-values-any-control": Mutant(
        "a header's value may have any control character but CR and LF",
        constant(fields, "_value", re.compile(rb"[^\r\n]*")),
    ),
}
