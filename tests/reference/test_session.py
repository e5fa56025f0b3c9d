"""WebSockets over a real connection: the handshake, what the application is given, and how it all ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine.protocols.websocket import BINARY, CLOSE, PING, PONG, TEXT, Frame, close_payload, decode, encode
from engine.reference import session
from engine.reference.violations import Disconnected, Violation
from tests.reference.serving import (
    Address,
    App,
    Client,
    Event,
    Receive,
    Scope,
    Send,
    connected,
    exchange,
    head,
    on_both_loops,
    run,
    serving,
)

UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


@contextlib.asynccontextmanager
async def opened(address: Address, *fields: str, early: bytes = b"") -> AsyncIterator[Client]:
    """A WebSocket whose handshake has been accepted."""
    async with connected(address) as client:
        await client.send(head("GET /ws HTTP/1.1", *UPGRADE, *fields), early)
        assert (await client.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        yield client


async def frame(client: Client) -> Frame:
    """The next frame."""
    data = b""
    while not isinstance(found := decode(data), Frame):
        data += await client.reader.readexactly(found - len(data))
    assert not found.faults
    return found


async def closed(client: Client) -> tuple[int | None, str]:
    """The close that comes next, and then the end of the connection."""
    found = await frame(client)
    assert found.opcode == CLOSE
    await client.send(encode(CLOSE, found.payload))
    assert await client.rest() == b""
    return found.code, found.reason


class Echo:
    """An application that sends every message back; ``events`` is everything that it was given."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.events.append(await receive())
        await send({"type": "websocket.accept"})
        while True:
            self.events.append(event := await receive())
            if event["type"] == "websocket.disconnect":
                assert await receive() == event
                return
            await send({**event, "type": "websocket.send"})


@on_both_loops
def test_messages_there_and_back(loop: str) -> None:
    app = Echo()

    async def test() -> None:
        # The first frame comes with the handshake.
        async with serving(app) as address, opened(address, early=encode(TEXT, "ü".encode())) as client:
            await client.send(encode(BINARY, b"\0" * 70000), encode(TEXT))
            got = [await frame(client) for _ in range(3)]
            assert [(one.opcode, one.payload) for one in got] == [
                (TEXT, "ü".encode()),
                (BINARY, b"\0" * 70000),
                (TEXT, b""),
            ]
            await client.send(encode(PING, b"p"))
            pong = await frame(client)
            assert (pong.opcode, pong.payload) == (PONG, b"p")
            await client.send(encode(CLOSE, close_payload(4000, b"why")), encode(TEXT, b"late"))
            answer = await frame(client)
            assert (answer.opcode, answer.code) == (CLOSE, 4000)
            assert await client.rest() == b""

    run(loop, test())
    assert app.events[0] == {"type": "websocket.connect"}
    assert app.events[1:4] == [
        {"type": "websocket.receive", "text": "ü"},
        {"type": "websocket.receive", "bytes": b"\0" * 70000},
        {"type": "websocket.receive", "text": ""},
    ]
    assert app.events[4:] == [{"type": "websocket.disconnect", "code": 4000, "reason": "why"}]


@on_both_loops
@pytest.mark.parametrize(
    ("sent", "code"),
    [(encode(CLOSE), 1005), (encode(TEXT, b"x", mask=False), 1006), (encode(TEXT, b"\xff"), 1006), (None, 1006)],
    ids=["a close", "without a mask", "no UTF-8", "nothing"],
)
def test_how_the_application_hears_of_the_end(loop: str, sent: bytes | None, code: int) -> None:
    app = Echo()

    async def test() -> None:
        async with serving(app) as address, opened(address) as client:
            if sent is None:
                client.reset()
            else:
                await client.send(sent)
                await client.rest()

    run(loop, test())
    assert app.events[-1] == {"type": "websocket.disconnect", "code": code, "reason": ""}


def answered(app: App, *fields: str, **options: Any) -> bytes:
    """All that comes for a handshake."""
    got: list[bytes] = []

    async def test() -> None:
        async with serving(app, **options) as address:
            got.append(await exchange(address, head("GET /ws HTTP/1.1", *(fields or UPGRADE))))

    run("asyncio", test())
    return got[0]


async def never(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("the application was called")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (UPGRADE[:3], 400),
        ((*UPGRADE[:3], "Sec-WebSocket-Key: abc"), 400),
        ((*UPGRADE[:2], *UPGRADE[3:]), 426),
        ((*UPGRADE[:2], "Sec-WebSocket-Version: 8", *UPGRADE[3:]), 426),
    ],
)
def test_a_wrong_handshake_is_not_the_applications_business(fields: tuple[str, ...], status: int) -> None:
    got = answered(never, *fields).lower()
    assert got.startswith(b"http/1.1 %d " % status)
    assert (b"\r\nsec-websocket-version: 13\r\n" in got) == (status == 426)
    assert (b"\r\nupgrade: websocket\r\n" in got) == (status == 426)


async def rejects(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close"})
    assert (await receive())["type"] == "websocket.disconnect"


async def raises(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("secret")


async def returns(scope: Scope, receive: Receive, send: Send) -> None:
    pass


@pytest.mark.parametrize(("app", "status"), [(rejects, 403), (raises, 500), (returns, 500)])
def test_a_handshake_that_is_not_accepted(app: App, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    got = answered(app)
    assert got.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nconnection: close\r\n" in got.lower()
    assert b"secret" not in got
    assert ("Traceback" in capsys.readouterr().err) == (app is raises)


async def denies(scope: Scope, receive: Receive, send: Send) -> None:
    start: Event = {"type": "websocket.http.response.start", "status": 418, "headers": [(b"x-a", b"1")]}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": b"te", "more_body": True})
    with pytest.raises(Violation, match="EXT-05"):
        await send({"type": "websocket.accept"})
    with pytest.raises(Violation, match="RESP-17"):
        await send(start)
    await send({"type": "websocket.http.response.body", "body": b"a"})
    assert (await receive())["type"] == "websocket.connect"
    assert (await receive())["type"] == "websocket.disconnect"


def test_a_denial_response(capsys: pytest.CaptureFixture[str]) -> None:
    got = answered(denies)
    assert got.startswith(b"HTTP/1.1 418 ")
    assert b"\r\nx-a: 1\r\n" in got
    assert b"\r\n2\r\nte\r\n1\r\na\r\n0\r\n\r\n" in got
    assert "Traceback" not in capsys.readouterr().err


async def begins_to_deny(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.http.response.start", "status": 418})


def test_a_denial_that_was_only_begun() -> None:
    assert answered(begins_to_deny).startswith(b"HTTP/1.1 500 ")


def test_nothing_is_answered_before_the_application_has() -> None:
    async def test() -> None:
        decided = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await decided.wait()
            await send({"type": "websocket.accept", "subprotocol": "b", "headers": [(b"x-b", b"1"), (b"x-a", b"2")]})
            await receive()

        async with serving(app) as address, connected(address) as client:
            await client.send(head("GET /ws HTTP/1.1", *UPGRADE, "Sec-WebSocket-Protocol: a, b"))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.until(b"\r\n\r\n"), 0.1)
            decided.set()
            answer = await client.until(b"\r\n\r\n")
            assert answer.endswith(b"sec-websocket-protocol: b\r\nx-b: 1\r\nx-a: 2\r\n\r\n")

    run("asyncio", test())


def test_a_date_of_the_application() -> None:
    async def test() -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "websocket.accept", "headers": [(b"date", b"then")]})
            await receive()

        async with serving(app) as address, connected(address) as client:
            await client.send(head("GET /ws HTTP/1.1", *UPGRADE))
            answer = await client.until(b"\r\n\r\n")
            assert answer.lower().count(b"\r\ndate: ") == 1
            assert b"\r\ndate: then\r\n" in answer

    run("asyncio", test())


def test_100_before_101() -> None:
    async def test() -> None:
        async with serving(Echo()) as address, connected(address) as client:
            await client.send(head("GET /ws HTTP/1.1", *UPGRADE, "Expect: 100-continue", "Content-Length: 2"))
            assert await client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            await client.send("ab", encode(TEXT, b"x"))
            assert (await client.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            assert (await frame(client)).payload == b"x"

    run("asyncio", test())


def test_a_client_that_leaves_before_it_is_accepted() -> None:
    seen: list[Any] = []

    async def test() -> None:
        received, over = asyncio.Event(), asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            received.set()
            seen.append(await receive())
            try:
                await send({"type": "websocket.accept"})
            except OSError as error:
                seen.append(type(error))
            over.set()

        async with serving(app) as address:
            async with connected(address) as client:
                await client.send(head("GET /ws HTTP/1.1", *UPGRADE))
                await received.wait()
            await over.wait()

    run("asyncio", test())
    assert seen == [{"type": "websocket.disconnect", "code": 1006, "reason": ""}, Disconnected]


@pytest.mark.parametrize(
    ("accepted", "event", "clause"),
    [
        (False, {"type": "websocket.send", "text": "x"}, "WSA-22"),
        (False, {"type": "websocket.accept", "subprotocol": "zzz"}, "WSA-12"),
        (False, {"type": "websocket.accept", "headers": [(b"sec-websocket-protocol", b"a")]}, "WSA-15"),
        (False, {"type": "websocket.accept", "headers": [(b"content-length", b"0")]}, "WS-11"),
        (False, {"type": "websocket.accept", "headers": [(b"upgrade", b"x")]}, "WS-10"),
        (False, {"type": "websocket.accept", "headers": [(b"x", b"a\r\nb: c")]}, "RESP-21"),
        (True, {"type": "websocket.accept"}, "WSA-23"),
        (True, {"type": "websocket.send"}, "WSA-31"),
        (True, {"type": "websocket.send", "text": None, "bytes": None}, "WSA-31"),
        (True, {"type": "websocket.send", "text": "x", "bytes": b"x"}, "WSA-31"),
        (True, {"type": "websocket.send", "text": "\ud800"}, "WSA-29"),
        (True, {"type": "websocket.close", "code": 1005}, "WSA-37"),
        (True, {"type": "websocket.close", "code": 999}, "WSA-37"),
        (True, {"type": "websocket.close", "code": 70000}, "WSA-37"),
        (True, {"type": "websocket.close", "reason": "é" * 62}, "WSA-38"),
        (True, {"type": "websocket.http.response.start", "status": 418}, "EXT-07"),
        (True, {"type": "http.response.start", "status": 200}, "CORE-13"),
    ],
)
def test_what_is_wrong_is_raised_and_harms_nothing(
    accepted: bool, event: Event, clause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if accepted:
            await send({"type": "websocket.accept"})
        with pytest.raises(Violation) as caught:
            await send(event)
        assert caught.value.clause == clause
        if not accepted:
            await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "still there"})

    async def test() -> None:
        async with serving(app) as address, opened(address) as client:
            assert (await frame(client)).payload == b"still there"
            assert await closed(client) == (1000, "")

    run("asyncio", test())
    logged = capsys.readouterr().err
    assert f"reference: {clause}: " in logged
    assert "Traceback" not in logged


@on_both_loops
@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "websocket.close"}, (1000, "")),
        ({"type": "websocket.close", "code": 4999, "reason": "é" * 61}, (4999, "é" * 61)),
        (None, (1011, "")),
    ],
)
def test_how_the_application_ends_it(loop: str, event: Event | None, code: tuple[int, str]) -> None:
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        if event is None:
            raise RuntimeError
        await send(event)
        for late in ({"type": "websocket.send", "text": "late"}, {"type": "websocket.close"}):
            with pytest.raises(OSError, match="disconnected"):
                await send(late)
        seen.append((await receive())["code"])

    async def test() -> None:
        async with serving(app) as address, opened(address) as client:
            assert await closed(client) == code

    run(loop, test())
    assert seen == ([] if event is None else [code[0]])


def test_sending_to_a_client_that_has_closed() -> None:
    seen: list[Any] = []

    async def test() -> None:
        over = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            await receive()
            try:
                await send({"type": "websocket.send", "text": "late"})
            except OSError as error:
                seen.append(type(error))
                over.set()
                raise

        async with serving(app) as address, opened(address) as client:
            await client.send(encode(CLOSE, close_payload(1000)))
            await over.wait()

    run("asyncio", test())
    assert seen == [Disconnected]


def test_a_client_that_never_answers_a_close(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CLOSES_WITHIN", 0.1)
    seen: list[Event] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4000})
        seen.append(await receive())

    async def test() -> None:
        async with serving(app) as address, opened(address) as client:
            assert (await frame(client)).code == 4000
            assert await client.rest() == b""

    run("asyncio", test())
    assert seen == [{"type": "websocket.disconnect", "code": 1006, "reason": ""}]


def test_a_message_beyond_the_limit() -> None:
    app = Echo()

    async def test() -> None:
        async with serving(app, message_limit=100) as address, opened(address) as client:
            await client.send(encode(BINARY, bytes(100)))
            assert (await frame(client)).payload == bytes(100)
            await client.send(encode(BINARY, bytes(101)))
            assert (await frame(client)).code == 1009

    run("asyncio", test())
    assert [event["type"] for event in app.events] == ["websocket.connect", "websocket.receive", "websocket.disconnect"]


def test_compression() -> None:
    async def test() -> None:
        async with serving(Echo()) as address, connected(address) as client:
            await client.send(head("GET /ws HTTP/1.1", *UPGRADE, "Sec-WebSocket-Extensions: permessage-deflate"))
            assert b"Sec-WebSocket-Extensions: permessage-deflate\r\n" in await client.until(b"\r\n\r\n")
            await client.send(encode(TEXT, b"a" * 1000))
            found = await frame(client)
            assert found.rsv1
            assert found.claimed < 100

    run("asyncio", test())


def test_an_application_that_does_not_receive_holds_the_client_up() -> None:
    async def test() -> None:
        go_on, over = asyncio.Event(), asyncio.Event()
        received = 0

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal received
            await send({"type": "websocket.accept"})
            await go_on.wait()
            while (await receive())["type"] != "websocket.disconnect":
                received += 1
            over.set()

        async with serving(app, ping=0) as address, opened(address) as client:
            message = encode(BINARY, bytes(65536))
            sending = asyncio.ensure_future(client.send(*[message] * 500))
            assert not (await asyncio.wait([sending], timeout=0.5))[0]
            go_on.set()
            await sending
            await client.send(encode(CLOSE))
            await over.wait()
            assert received == 501

    run("asyncio", test())


def test_pings() -> None:
    app = Echo()

    async def test() -> None:
        async with serving(app, ping=0.05) as address, opened(address) as client:
            for _ in range(2):
                found = await frame(client)
                assert found.opcode == PING
                await client.send(encode(PONG, found.payload))
            while (found := await frame(client)).opcode == PING:
                pass
            assert (found.opcode, found.code) == (CLOSE, 1011)

    run("asyncio", test())
    assert [event["type"] for event in app.events] == ["websocket.connect", "websocket.disconnect"]


@on_both_loops
def test_a_server_that_stops_goes_away(loop: str) -> None:
    app = Echo()

    async def test() -> None:
        async with contextlib.AsyncExitStack() as stack:
            server = contextlib.AsyncExitStack()
            address = await server.enter_async_context(serving(app))
            client = await stack.enter_async_context(opened(address))
            stopping = asyncio.ensure_future(server.aclose())
            assert await closed(client) == (1001, "")
            await stopping

    run(loop, test())
    assert app.events[-1] == {"type": "websocket.disconnect", "code": 1001, "reason": ""}


def test_a_request_before_the_handshake() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            return await Echo()(scope, receive, send)
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    async def test() -> None:
        async with serving(app) as address, connected(address) as client:
            await client.send(head("GET / HTTP/1.1"), head("GET /ws HTTP/1.1", *UPGRADE), encode(TEXT, b"x"))
            assert (await client.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
            assert (await client.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
            assert (await frame(client)).payload == b"x"

    run("asyncio", test())
