"""The scope of an ASGI application over FastCGI."""

from __future__ import annotations

import pytest

from engine.reference.fastcgi_asgi import scope_of

PAIRS = [
    (b"REQUEST_METHOD", b"post"),
    (b"SCRIPT_NAME", b"/app"),
    (b"PATH_INFO", b"/a \xc3\xa9"),
    (b"REQUEST_URI", b"/app/a%20%C3%A9?b=%20"),
    (b"QUERY_STRING", b"b=%20"),
    (b"SERVER_PROTOCOL", b"HTTP/1.0"),
    (b"SERVER_NAME", b"a"),
    (b"SERVER_PORT", b"80"),
    (b"REMOTE_ADDR", b"192.0.2.1"),
    (b"REMOTE_PORT", b"5"),
    (b"CONTENT_LENGTH", b"2"),
    (b"CONTENT_TYPE", b""),
    (b"HTTP_X_A", b"\xff"),
]


def test_a_whole_request() -> None:
    scope = scope_of(PAIRS)
    assert {key: scope[key] for key in scope if key not in ("asgi", "type")} == {
        "http_version": "1.0",
        "method": "POST",
        "scheme": "http",
        "path": "/app/a \u00e9",
        "raw_path": b"/app/a%20%C3%A9",
        "query_string": b"b=%20",
        "root_path": "/app",
        "headers": [(b"x-a", b"\xff"), (b"content-length", b"2")],
        "client": ("192.0.2.1", 5),
        "server": ("a", 80),
        "extensions": {},
    }


def test_the_least() -> None:
    scope = scope_of([(b"PATH_INFO", b"/a b")])
    assert (scope["method"], scope["client"], scope["server"], scope["headers"]) == ("GET", None, None, [])
    assert (scope["path"], scope["raw_path"], scope["root_path"]) == ("/a b", b"/a%20b", "")


@pytest.mark.parametrize("value", [b"on", b"ON", b"1"])
def test_https(value: bytes) -> None:
    assert scope_of([(b"HTTPS", value)])["scheme"] == "https"


def test_a_field_of_both_kinds_comes_once() -> None:
    pairs = [(b"CONTENT_LENGTH", b"2"), (b"HTTP_CONTENT_LENGTH", b"2")]
    assert scope_of(pairs)["headers"] == [(b"content-length", b"2")]
