"""WebSockets over HTTP/2 to the whole server, with the library h2 as the client."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import h2.events

from engine.protocols.http2.frames import DATA
from engine.protocols.http2.frames import FrameReader as Http2Reader
from engine.protocols.websocket import BINARY, CLOSE, TEXT, FrameReader, close_payload, encode
from tests.reference.http2.test_connection import Library, library
from tests.reference.serving import Receive, Scope, Send, on_both_loops, respond, run, serving

HANDSHAKE = [
    (b":method", b"CONNECT"),
    (b":protocol", b"websocket"),
    (b":scheme", b"http"),
    (b":path", b"/ws?q"),
    (b":authority", b"a"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-protocol", b"chat"),
]
heard: list[Any] = []
over = asyncio.Event()


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Send back each message."""
    if scope["type"] == "http":
        return await respond(send, b"http")
    heard.clear()
    over.clear()
    heard.append({name: scope[name] for name in ("type", "http_version", "scheme", "path", "query_string", "headers")})
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "chat", "headers": [(b"X-A", b"b")]})
    while (event := await receive())["type"] == "websocket.receive":
        await send({**event, "type": "websocket.send"})
    heard.append(event)
    over.set()
    return None


def seen(client: Library, kind: type[Any]) -> list[Any]:
    return [one for one in client.events if isinstance(one, kind)]


def some(kind: type[Any], count: int = 1) -> Any:
    return lambda events: sum(isinstance(one, kind) for one in events) >= count


def status(client: Library) -> dict[bytes, bytes]:
    return dict(seen(client, h2.events.ResponseReceived)[0].headers)


async def opened(client: Library, *, stream: int = 1) -> None:
    assert await client.until(some(h2.events.RemoteSettingsChanged))
    client.h2.send_headers(stream, HANDSHAKE)
    assert await client.until(some(h2.events.ResponseReceived))


async def message(client: Library, stream: int = 1) -> tuple[int, bytes]:
    """The next message, from all that has come."""
    reader = FrameReader()
    while True:
        reader.feed(client.body(stream))
        if (found := reader.next()) is not None:
            return found[0].opcode, found[0].payload
        assert await client.until(some(h2.events.DataReceived, len(seen(client, h2.events.DataReceived)) + 1))
        reader = FrameReader()


@on_both_loops
def test_messages_there_and_back(loop: str) -> None:
    async def test() -> None:
        async with serving(echo) as address:
            client = await library(address)
            await opened(client)
            fields = status(client)
            assert (fields[b":status"], fields[b"sec-websocket-protocol"], fields[b"x-a"]) == (b"200", b"chat", b"b")
            assert not {b"upgrade", b"connection", b"sec-websocket-accept"} & set(fields)
            client.h2.send_data(1, encode(TEXT, b"hello"))
            assert await message(client) == (TEXT, b"hello")
            client.h2.send_data(1, encode(CLOSE, close_payload(1000)), end_stream=True)
            assert await client.until(some(h2.events.StreamEnded))
            assert not seen(client, h2.events.StreamReset)
            assert heard == [
                {
                    "type": "websocket", "http_version": "2", "scheme": "ws", "path": "/ws", "query_string": b"q",
                    "headers": [(b"host", b"a"), *HANDSHAKE[5:]],
                },
                {"type": "websocket.disconnect", "code": 1000, "reason": ""},
            ]  # fmt: skip

    run(loop, test())


def more_than(count: int, events: list[Any]) -> bool:
    return len(events) > count


def test_a_message_beyond_the_windows_of_both_sides() -> None:
    size = 300_000

    async def test() -> None:
        async with serving(echo) as address:
            client = await library(address)
            await opened(client)
            data = encode(BINARY, bytes(size))
            while data:
                room = min(client.h2.local_flow_control_window(1), 16384, len(data))
                if not room:
                    assert await client.until(partial(more_than, len(client.events)))
                    continue
                client.h2.send_data(1, data[:room])
                data = data[room:]
            assert await message(client) == (BINARY, bytes(size))

    run("asyncio", test())


def test_the_ends_that_the_application_hears_of() -> None:
    async def test() -> None:
        async with serving(echo) as address:
            client = await library(address)
            await opened(client)
            client.h2.end_stream(1)
            assert await client.until(some(h2.events.StreamEnded))
            assert heard[1] == {"type": "websocket.disconnect", "code": 1006, "reason": ""}
            client = await library(address)
            await opened(client)
            client.h2.reset_stream(1, 8)
            client.h2.ping(b"12345678")
            assert await client.until(some(h2.events.PingAckReceived))
            await over.wait()
            assert heard[1]["code"] == 1006

    run("asyncio", test())


def test_a_client_that_does_not_end_its_side_is_reset_without_an_error() -> None:
    async def closing(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close"})

    async def test() -> None:
        async with serving(closing) as address:
            client = await library(address)
            await opened(client)
            assert status(client)[b":status"] == b"403"
            assert await client.until(some(h2.events.StreamReset))
            assert seen(client, h2.events.StreamReset)[0].error_code == 0
            assert seen(client, h2.events.StreamEnded)

    run("asyncio", test())


def test_handshakes_that_are_none() -> None:
    def changed(**fields: bytes | None) -> list[tuple[bytes, bytes]]:
        found = {name.decode().lstrip(":").replace("-", "_"): (name, value) for name, value in HANDSHAKE}
        for name, value in fields.items():
            pair = found.pop(name)
            if value is not None:
                found = {name: (pair[0], value), **found}
        pairs = list(found.values())
        return [one for one in pairs if one[0][:1] == b":"] + [one for one in pairs if one[0][:1] != b":"]

    async def test() -> None:
        async with serving(echo) as address:
            for fields, expected in (
                (changed(protocol=b"other"), b"501"),
                (changed(sec_websocket_version=b"12"), b"400"),
                (changed(sec_websocket_version=None), b"400"),
            ):
                client = await library(address)
                await client.until(some(h2.events.RemoteSettingsChanged))
                client.h2.send_headers(1, fields)
                assert await client.until(some(h2.events.ResponseReceived))
                assert status(client)[b":status"] == expected
            for fields in (
                changed(method=b"GET"), changed(path=None), changed(scheme=None), changed(authority=None),
            ):  # fmt: skip
                client = await library(address)
                client.h2.config.validate_outbound_headers = False
                await client.until(some(h2.events.RemoteSettingsChanged))
                client.h2.send_headers(1, fields)
                assert await client.until(some(h2.events.StreamReset))
                assert seen(client, h2.events.StreamReset)[0].error_code == 1

    run("asyncio", test())


def test_trailers_have_no_place_in_a_tunnel() -> None:
    async def test() -> None:
        async with serving(echo) as address:
            client = await library(address)
            await opened(client)
            client.h2.send_headers(1, [(b"x-a", b"b")], end_stream=True)
            assert await client.until(some(h2.events.StreamReset))
            assert seen(client, h2.events.StreamReset)[0].error_code == 1

    run("asyncio", test())


def test_a_stop_closes_the_websocket_with_1001() -> None:
    async def test() -> None:
        async with serving(echo) as address:
            client = await library(address)
            await opened(client)
        # The server has ended, within the time that it has for it. The library reads nothing behind GOAWAY.
        frames, messages = Http2Reader(), FrameReader()
        frames.feed(await client.rest())
        while (one := frames.next()) is not None:
            messages.feed(one[0].content or b"" if one[0].type == DATA else b"")
        found = messages.next()
        assert found is not None
        assert (found[0].opcode, found[0].code) == (CLOSE, 1001)

    run("asyncio", test())
