"""One stream and its application, on a wire that only keeps what is sent."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from engine.reference.http2.exchange import Http2Exchange
from engine.reference.http2.faults import ErrorCode
from engine.reference.http2.request import request_of
from engine.reference.options import Options
from engine.reference.service import App, ServerState
from engine.reference.stream import ServerStream
from tests.reference.serving import body_of, respond

POST = [(b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"a"), (b":path", b"/")]


class Kept:
    """A wire with a window of so many bytes."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.sent: list[tuple[Any, ...]] = []

    def head(self, number: int, fields: list[tuple[bytes, bytes]], *, ends: bool) -> None:
        self.sent.append(("head", dict(fields)[b":status"] if fields[0][0] == b":status" else fields, ends))

    def room(self, number: int) -> int:
        return self.window

    def data(self, number: int, data: bytes, *, ends: bool) -> None:
        self.window -= len(data)
        self.sent.append(("data", data, ends))

    def reset(self, number: int, code: ErrorCode) -> None:
        self.sent.append(("reset", code))

    def credit(self, number: int, size: int) -> None:
        self.sent.append(("credit", size))


class Quiet:
    """A stream whose bytes nobody needs."""

    ends = (("127.0.0.1", 1), ("127.0.0.1", 2))
    tls = None

    async def drain(self) -> None:
        await asyncio.sleep(0)


def exchange(
    app: App, *fields: tuple[bytes, bytes], window: int = 1000, ended: bool = False
) -> tuple[Http2Exchange, Kept]:
    wire = Kept(window)
    request = request_of(1, [*POST, *fields], ended=ended)
    state = ServerState(app, Options())
    return Http2Exchange(wire, cast(ServerStream, Quiet()), 1, request, state, ended=ended), wire


def test_a_body_in_pieces_and_a_response_within_the_window() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await respond(send, await body_of(receive))

    async def work() -> list[tuple[Any, ...]]:
        one, wire = exchange(app, window=3)
        running = asyncio.create_task(one.run())
        for piece in (b"ab", b"cd"):
            one.take(piece, ended=False)
            await asyncio.sleep(0.01)
        one.take(b"", ended=True)
        await asyncio.sleep(0.01)
        assert wire.sent[-1] == ("data", b"abc", False)
        wire.window = 10
        one.grown.set()
        await running
        return wire.sent

    sent = asyncio.run(work())
    assert sent[-1] == ("data", b"d", True)
    assert [one for one in sent if one[0] == "credit"] == [("credit", 2), ("credit", 2), ("credit", 0)]


def test_an_early_response_asks_the_client_to_stop() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await respond(send)

    one, wire = exchange(app)
    asyncio.run(one.run())
    assert wire.sent[-2:] == [("data", b"ok", True), ("reset", ErrorCode.NO_ERROR)]


def test_an_application_that_fails() -> None:
    async def before(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError

    async def after(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError

    one, wire = exchange(before, ended=True)
    asyncio.run(one.run())
    assert [part[:2] for part in wire.sent] == [("head", b"500"), ("data", b"Internal Server Error\n")]
    one, wire = exchange(after, ended=True)
    asyncio.run(one.run())
    assert wire.sent[-1] == ("reset", ErrorCode.INTERNAL_ERROR)
    assert not any(part[-1] is True for part in wire.sent)


def test_a_reset_is_a_disconnect() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        events.append((await receive())["type"])
        try:
            await respond(send)
        except OSError:
            events.append("OSError")

    events: list[str] = []

    async def work() -> None:
        one, _ = exchange(app)
        running = asyncio.create_task(one.run())
        await asyncio.sleep(0.01)
        one.leave()
        await running

    asyncio.run(work())
    assert events == ["http.disconnect", "OSError"]


def test_continue_is_sent_when_the_application_reads() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await respond(send, await body_of(receive))

    async def work() -> list[tuple[Any, ...]]:
        one, wire = exchange(app, (b"expect", b"100-continue"))
        running = asyncio.create_task(one.run())
        await asyncio.sleep(0.01)
        one.take(b"x", ended=True)
        await running
        return wire.sent

    assert asyncio.run(work())[0] == ("head", b"100", False)
