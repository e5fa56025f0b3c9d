from __future__ import annotations

from typing import Any

import pytest

from engine.reference.events import EVENTS, OFFERED, check
from engine.reference.violations import Violation

RIGHT = [
    ("http", {"type": "http.response.start", "status": 200}),
    ("http", {"type": "http.response.start", "status": 200, "headers": (), "trailers": True, "x-extra": 1}),
    ("http", {"type": "http.response.body"}),
    ("http", {"type": "http.response.body", "body": b"", "more_body": True}),
    ("websocket", {"type": "websocket.accept", "subprotocol": None}),
    ("websocket", {"type": "websocket.send", "text": None, "bytes": b""}),
    ("websocket", {"type": "websocket.close", "code": 1000, "reason": None}),
    ("websocket", {"type": "websocket.http.response.start", "status": 418}),
    ("lifespan", {"type": "lifespan.startup.failed"}),
]


@pytest.mark.parametrize(("protocol", "event"), RIGHT)
def test_what_may_be_sent(protocol: str, event: dict[str, Any]) -> None:
    assert check(event, protocol) == event["type"]


@pytest.mark.parametrize(
    ("event", "clause"),
    [
        (None, "CORE-10"),
        ([("type", "http.response.body")], "CORE-10"),
        ({b"type": "http.response.body"}, "CORE-12"),
        ({"status": 200}, "CORE-16"),
        ({"type": b"http.response.body"}, "CORE-15"),
        ({"type": None}, "CORE-15"),
        ({"type": "http.bogus"}, "CORE-13"),
        ({"type": "websocket.accept"}, "CORE-13"),
        ({"type": "http.request"}, "CORE-13"),
        ({"type": "http.response.push", "path": "/"}, "CORE-26"),
        ({"type": "http.response.zerocopysend"}, "CORE-14"),
        ({"type": "http.response.debug", "info": {}}, "CORE-26"),
        ({"type": "http.response.start"}, "CORE-14"),
        ({"type": "http.response.pathsend"}, "CORE-14"),
        ({"type": "http.response.zerocopysend", "file": object(), "count": "1"}, "CORE-15"),
        ({"type": "http.response.start", "status": "200"}, "CORE-15"),
        ({"type": "http.response.start", "status": True}, "CORE-15"),
        ({"type": "http.response.start", "status": 200, "trailers": 1}, "CORE-15"),
        ({"type": "http.response.body", "body": "x"}, "CORE-15"),
        ({"type": "http.response.body", "body": bytearray(b"x")}, "CORE-15"),
        ({"type": "http.response.body", "body": None}, "CORE-15"),
        ({"type": "http.response.body", "more_body": 0}, "CORE-15"),
    ],
)
def test_what_may_not(event: object, clause: str) -> None:
    with pytest.raises(Violation) as caught:
        check(event, "http")
    assert caught.value.clause == clause
    assert str(caught.value).startswith(clause + ": ")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "websocket.send", "text": b"x"},
        {"type": "websocket.send", "bytes": "x"},
        {"type": "websocket.close", "code": "1000"},
        {"type": "websocket.close", "reason": 1},
        {"type": "websocket.accept", "subprotocol": b"x"},
    ],
)
def test_wrong_types_for_websockets(event: dict[str, Any]) -> None:
    with pytest.raises(Violation, match="CORE-15"):
        check(event, "websocket")


def test_every_extension_that_is_offered_has_its_events() -> None:
    for offered in OFFERED.values():
        for name in offered:
            assert any(event.startswith(name) for event in EVENTS), name
