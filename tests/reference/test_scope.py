from __future__ import annotations

from typing import Any

import pytest

from engine.reference.head import Request, take
from engine.reference.options import Options
from engine.reference.scope import below, forwarded_for, forwarded_proto, scope_of, subprotocols

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
        "extensions": {"http.response.trailers": {}, "http.response.pathsend": {}, "http.response.early_hint": {}},
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


def test_a_proxy_is_believed_where_it_is_trusted() -> None:
    said = ("X-Forwarded-For: 2001:db8::1, 10.0.0.1", "X-Forwarded-Proto: HTTPS")
    trusted = scope("http", None, *said, trust_proxy=True)
    assert (trusted["client"], trusted["scheme"]) == (("2001:db8::1", 0), "https")
    assert scope("websocket", None, *said, trust_proxy=True)["scheme"] == "wss"
    plain = scope("http", None, *said)
    assert (plain["client"], plain["scheme"]) == (ENDS[0], "http")


@pytest.mark.parametrize("value", ["", "unknown", "10.0.0.1:80", "[::1]", "1.2.3"])
def test_what_a_proxy_says_may_be_nonsense(value: str) -> None:
    received = request(f"X-Forwarded-For: {value}", f"X-Forwarded-Proto: {value}")
    assert forwarded_for(received) is None
    assert forwarded_proto(received) is None
    assert forwarded_proto(request("X-Forwarded-Proto: http, https")) is None
