"""The parts of a ``websocket`` that bind it to HTTP/1.1."""

from __future__ import annotations

import pytest

from engine.steps.websocket.versions import http1_only
from tests.steps.reader import step

SWITCHING = "it expects status 101 (`opened: true` says the same of both versions)"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"headers": {"Upgrade": "x"}}, "it sends the field Upgrade"),
        ({"headers": {"connection": "close"}}, "it sends the field connection"),
        ({"headers": {"Sec-WebSocket-Key": "x"}}, "it sends the field Sec-WebSocket-Key"),
        ({"headers": {"X": " 1"}}, "it sends a value of X that is malformed over HTTP/2"),
        ({"headers": {"Host": ["a", "b"]}}, "it sends Host twice"),
        ({"expect": {"header.sec-websocket-accept": "x"}}, "it checks `header.sec-websocket-accept`"),
        ({"expect": {"headers.Upgrade": ["x"]}}, "it checks `headers.Upgrade`"),
        ({"expect": {"wire": "x"}}, "it checks `wire`"),
        ({"expect": {"reason": "x"}}, "it checks `reason`"),
        ({"expect": {"status": 101}}, SWITCHING),
        ({"should": {"open": False}}, "it expects the end of the connection"),
        ({"script": [{"response": {}}]}, "it reads a response of HTTP/1.1 behind the handshake"),
        ({}, ""),
        ({"expect": {"opened": True, "subprotocol": "chat"}, "script": [{"receive": {}}, {"closed": {}}]}, ""),
        ({"expect": {"status": 403, "body": "x"}, "headers": {"Origin": "x", "X": "$(y)"}}, ""),
    ],
)
def test_what_binds(body: dict[str, object], reason: str) -> None:
    assert http1_only(step("websocket", {"connect": "/", **body})) == reason
