"""Connections of HTTP/2 to the whole server, with the library h2 as the client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import h2.config
import h2.connection
import h2.events

from engine.protocols.http2.frames import FrameReader, encode
from engine.reference.http2.frames import PREFACE
from engine.reference.http2.hpack import HeaderEncoder
from tests.reference.serving import (
    Address,
    Receive,
    Scope,
    Send,
    body_of,
    connected,
    exchange,
    on_both_loops,
    respond,
    run,
    serving,
)

GET = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"a"), (b":path", b"/path?q")]
POST = [(b":method", b"POST"), *GET[1:]]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Send back what was received."""
    body = await body_of(receive)
    await respond(send, f"{scope['http_version']} {scope['method']} {scope['path']} ".encode() + body)


class Library:
    """A client on a connection; ``events`` are all that came."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
        self.h2.initiate_connection()
        self.events: list[Any] = []
        self._reader, self._writer = reader, writer

    async def until(self, done: Callable[[list[Any]], bool]) -> bool:
        """Exchange bytes until the events are enough; False at the end of the connection."""
        self._writer.write(self.h2.data_to_send())
        while not done(self.events):
            data = await self._reader.read(65536)
            if not data:
                return False
            for event in self.h2.receive_data(data):
                self.events.append(event)
                if isinstance(event, h2.events.DataReceived):
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self._writer.write(self.h2.data_to_send())
        return True

    async def rest(self) -> bytes:
        """The bytes up to the end of the connection."""
        return await self._reader.read()

    def body(self, stream: int) -> bytes:
        found = (one for one in self.events if isinstance(one, h2.events.DataReceived) and one.stream_id == stream)
        return b"".join(one.data for one in found)


async def library(address: Address) -> Library:
    return Library(*await asyncio.open_connection(*address))


def ended(*streams: int) -> Callable[[list[Any]], bool]:
    def done(events: list[Any]) -> bool:
        return set(streams) <= {one.stream_id for one in events if isinstance(one, h2.events.StreamEnded)}

    return done


@on_both_loops
def test_requests_on_one_connection(loop: str) -> None:
    async def test() -> None:
        async with serving(app) as address:
            client = await library(address)
            for stream in (1, 3, 5):
                client.h2.send_headers(stream, POST)
                client.h2.send_data(stream, b"%d" % stream, end_stream=True)
            assert await client.until(ended(1, 3, 5))
            assert [client.body(one) for one in (1, 3, 5)] == [b"2 POST /path 1", b"2 POST /path 3", b"2 POST /path 5"]

    run(loop, test())


def test_the_preface_tells_the_version_in_pieces_too() -> None:
    async def test() -> None:
        async with serving(app) as address, connected(address) as client:
            for at in range(len(PREFACE)):
                await client.send(PREFACE[at : at + 1])
                await asyncio.sleep(0.001)
            await client.send(encode(4, 0, 0))
            assert (await client.reader.readexactly(9))[3] == 4
            assert (await exchange(address, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).startswith(
                b"HTTP/1.1 200"
            )
            assert (await exchange(address, "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")).startswith(b"HTTP/1.1 505")

    run("asyncio", test())


def test_a_stop_lets_streams_end() -> None:
    running, go = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        running.set()
        await go.wait()
        await respond(send, b"late")

    async def test() -> None:
        section = HeaderEncoder().encode(GET)
        async with serving(slow) as address:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(PREFACE + encode(4, 0, 0) + encode(1, 5, 1, section))
            await running.wait()
            # The server pings before its last GOAWAY, and the answer follows it.
            asyncio.get_running_loop().call_later(0.05, lambda: writer.write(encode(6, 1, 0, b"goodbye!")))
            asyncio.get_running_loop().call_later(0.1, go.set)
            found = FrameReader()
            asyncio.get_running_loop().create_task(keep(reader, found))
        await asyncio.sleep(0.05)
        frames = []
        while (one := found.next()) is not None:
            frames.append(one[0])
        assert [one.last_stream for one in frames if one.type == 7] == [2**31 - 1, 1]
        assert b"late" in [one.payload for one in frames]

    run("asyncio", test())


async def keep(reader: asyncio.StreamReader, found: FrameReader) -> None:
    """Read until the end."""
    while data := await reader.read(65536):
        found.feed(data)


def test_an_idle_connection_ends() -> None:
    async def test() -> None:
        async with serving(app, keep_alive=0.05) as address:
            client = await library(address)
            assert not await client.until(lambda events: False)
            assert any(isinstance(one, h2.events.ConnectionTerminated) for one in client.events)

    run("asyncio", test())


def test_an_error_of_the_connection_ends_it() -> None:
    async def test() -> None:
        async with serving(app) as address:
            found = await exchange(address, PREFACE, encode(6, 0, 0, bytes(8)))
            assert b"H2-03" in found

    run("asyncio", test())


def test_a_request_that_is_too_large_is_refused_and_the_next_is_served() -> None:
    async def test() -> None:
        async with serving(app) as address:
            client = await library(address)
            client.h2.send_headers(1, [*GET, *((b"x-a", b"y" * 1000) for _ in range(70))], end_stream=True)
            client.h2.send_headers(3, GET, end_stream=True)
            assert await client.until(ended(1, 3))
            heads = [
                dict(one.headers)[b":status"] for one in client.events if isinstance(one, h2.events.ResponseReceived)
            ]
            assert sorted(heads) == [b"200", b"431"]

    run("asyncio", test())
