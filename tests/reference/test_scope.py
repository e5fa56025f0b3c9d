from __future__ import annotations

from typing import Any

import pytest

from engine.reference.head import Request, take
from engine.reference.options import Options
from engine.reference.scope import below, scope_of, subprotocols

ENDS = (("127.0.0.1", 5), ("127.0.0.1", 80))


def request(*fields: str, line: str = "get /a?b HTTP/1.1") -> Request:
    found = take(bytearray("".join(f"{one}\r\n" for one in (line, "Host: a", *fields, "")).encode()))
    assert found is not None
    return found


def scope(kind: str = "http", state: Any = None, *fields: str, **options: Any) -> dict[str, Any]:
    return scope_of(request(*fields), kind, ENDS, state, Options(**options))


def test_http() -> None:
    assert scope() == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/a",
        "raw_path": b"/a",
        "query_string": b"b",
        "root_path": "",
        "headers": [(b"host", b"a")],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 80),
        "extensions": {f"http.response.{name}": {} for name in ("trailers", "pathsend", "zerocopysend", "early_hint")},
    }


def test_websocket() -> None:
    found = scope("websocket", None, "Sec-WebSocket-Protocol: a, B", "Sec-WebSocket-Protocol: c,")
    assert found["subprotocols"] == ["a", "B", "c"]
    assert (found["type"], found["scheme"], found["extensions"]) == ("websocket", "ws", {"websocket.http.response": {}})
    assert "method" not in found
    assert subprotocols(request()) == []


def test_the_state_is_a_shallow_copy() -> None:
    state = {"shared": object()}
    found = scope(state=state)
    assert found["state"] == state
    assert found["state"] is not state
    assert "state" not in scope()


def test_no_two_scopes_share_anything_that_can_be_changed() -> None:
    received = request()
    one, other = (scope_of(received, "http", ENDS, {}, Options()) for _ in range(2))
    for key, value in one.items():
        if isinstance(value, (list, dict)):
            assert value is not other[key], key


@pytest.mark.parametrize(
    ("root", "path", "whole"),
    [
        ("", "/x", "/x"),
        ("/api", "/api/x", "/api/x"),
        ("/api", "/api", "/api"),
        ("/api", "/x", "/api/x"),
        ("/api", "/apiary", "/api/apiary"),
        ("/api", "*", "*"),
    ],
)
def test_a_path_begins_with_the_root_path(root: str, path: str, whole: str) -> None:
    assert below(root, path) == whole
