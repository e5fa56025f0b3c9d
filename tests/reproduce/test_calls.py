"""The recorded calls of a reproduction."""

from __future__ import annotations

import pytest

from engine.reproduce.parts.calls import Call


@pytest.mark.parametrize(
    ("scope", "port"),
    [
        ({"type": "http", "client": ("127.0.0.1", 50000)}, 50000),
        ({"type": "http", "client": ["127.0.0.1", "50000"]}, 50000),
        ({"type": "http", "client": ("127.0.0.1", "fifty")}, "fifty"),
        ({"type": "http", "client": None}, 0),
        ({"type": "http"}, 0),
        ({"type": "wsgi", "REMOTE_PORT": "50000"}, 50000),
        ({"type": "wsgi"}, 0),
    ],
)
def test_a_call_has_the_port_of_its_client_in_each_form(scope: dict[str, object], port: object) -> None:
    assert Call(0.0, scope).port == port
