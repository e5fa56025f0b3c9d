"""Properties of targets and launches."""

from __future__ import annotations

import pytest

from engine.model.target import ServerLaunch, Target


@pytest.mark.parametrize(
    ("target", "options", "expected"),
    [
        (Target("a", "control", "auto"), (), ("1.1", "http", "ws")),
        (Target("a", "control", "auto"), (("tls", True),), ("1.1", "https", "wss")),
        (Target("a", "control", "auto", http="h2"), (), ("2", "https", "wss")),
        (Target("a", "control", "auto", http="h2c"), (), ("2", "http", "ws")),
        (Target("a", "control", "auto", "nginx-http2", http="h2", upstream="1.1"), (), ("1.1", "http", "ws")),
    ],
    ids=["plain", "tls", "h2", "h2c", "gateway"],
)
def test_the_variables_of_the_protocol(
    target: Target, options: tuple[tuple[str, object], ...], expected: tuple[str, str, str]
) -> None:
    found = ServerLaunch(target, options).protocol_variables
    assert (found["http_version"], found["scheme"], found["websocket_scheme"]) == expected
