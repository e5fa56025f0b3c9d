"""The scope and the body of an ASGI application over FastCGI."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from engine.reference.fastcgi import ABORT, BEGIN, END, PARAMS, STDIN
from engine.reference.fastcgi_asgi import AsgiConnection, scope_of
from engine.reference.service import App

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


class Wire:
    """The writer of a connection whose bytes are kept."""

    def __init__(self) -> None:
        self.data = b""
        self.ended = self.closed = False

    def write(self, data: bytes) -> None:
        self.data += data

    def write_eof(self) -> None:
        self.ended = True

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    async def drain(self) -> None:
        await asyncio.sleep(0)


def record(kind: int, content: bytes) -> bytes:
    return bytes((1, kind)) + (1).to_bytes(2, "big") + len(content).to_bytes(2, "big") + bytes(2) + content


def begun(length: bytes, keep: int = 0) -> bytes:
    pairs = b"".join(
        bytes((len(name), len(value))) + name + value
        for name, value in ((b"PATH_INFO", b"/"), (b"CONTENT_LENGTH", length))
    )
    return record(BEGIN, bytes((0, 1, keep, 0, 0, 0, 0, 0))) + record(PARAMS, pairs) + record(PARAMS, b"")


Scene = Callable[[AsgiConnection, Wire], Awaitable[None]]


def played(app: App, scene: Scene) -> Wire:
    """The bytes of a connection of an application, on which a scene feeds records."""
    wire = Wire()

    async def work() -> None:
        connection = AsgiConnection(app, None, wire)
        await scene(connection, wire)
        for _ in range(20):
            await asyncio.sleep(0)

    asyncio.run(work())
    return wire


async def feed(connection: AsgiConnection, *records: bytes) -> None:
    for one in records:
        connection.take_all(bytearray(one))
        for _ in range(5):
            await asyncio.sleep(0)


def test_the_body_is_received_as_it_arrives_and_no_more_than_its_length() -> None:
    events: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while not events or events[-1].get("more_body"):
            events.append(await receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
        events.append(await receive())

    async def scene(connection: AsgiConnection, wire: Wire) -> None:
        await feed(connection, begun(b"7"), record(STDIN, b"first"), record(STDIN, b"second"), record(STDIN, b""))

    wire = played(app, scene)
    bodies = [(event["body"], event["more_body"]) for event in events[:-1]]
    assert bodies == [(b"first", True), (b"se", True), (b"", False)]
    assert events[-1] == {"type": "http.disconnect"}
    assert b"ok" in wire.data
    assert wire.closed


def test_an_abort_within_the_body_is_a_disconnect() -> None:
    events: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        events.extend([await receive(), await receive()])

    async def scene(connection: AsgiConnection, wire: Wire) -> None:
        await feed(connection, begun(b"9", keep=1), record(STDIN, b"half"), record(ABORT, b""))

    wire = played(app, scene)
    assert [event["type"] for event in events] == ["http.request", "http.disconnect"]
    assert wire.data[-15] == END
    assert not wire.closed


def test_a_response_before_the_end_of_the_body_is_not_destroyed_by_a_close() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"early"})

    async def scene(connection: AsgiConnection, wire: Wire) -> None:
        await feed(connection, begun(b"9"), record(STDIN, b"unread"))

    wire = played(app, scene)
    assert b"early" in wire.data
    assert wire.ended
    assert not wire.closed
