"""The stream of a connection, once this side has ended it."""

from __future__ import annotations

import asyncio

import pytest

from engine.reference.stream import ServerStream
from engine.reference.violations import Disconnected


def test_nothing_is_written_behind_the_end_of_this_side() -> None:
    # A task that announces the end of a connection over HTTP/2 may still run: its write is no error of its own.
    refused: list[bool] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = ServerStream(reader, writer)
        stream.put(b"first")
        closing = asyncio.ensure_future(stream.close())
        while not refused:
            await asyncio.sleep(0)
            try:
                stream.put(b"second")
            except Disconnected:
                refused.append(stream.lost)
        await closing

    async def scene() -> bytes:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            data = await reader.read()
            writer.close()
            return data

    assert asyncio.run(scene()) == b"first"
    assert refused == [False]


@pytest.mark.parametrize("linger", [0.0, 0.05])
def test_a_closed_stream_takes_no_more(linger: float) -> None:
    raised: list[bool] = []

    async def scene() -> None:
        over = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            stream = ServerStream(reader, writer)
            await stream.close(linger)
            with pytest.raises(Disconnected):
                stream.put(b"more")
            raised.append(True)
            over.set()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            assert await reader.read() == b""
            writer.close()
            await asyncio.wait_for(over.wait(), 10)

    asyncio.run(scene())
    assert raised == [True]
