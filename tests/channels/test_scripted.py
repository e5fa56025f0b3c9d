from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from engine.channels.scripted import FIN, RESET, Arrival, ScriptedChannel
from engine.errors import ChannelClosed, Reset


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 10))


def test_a_script_is_played_with_its_times() -> None:
    async def work() -> None:
        channel = ScriptedChannel([Arrival(b"a", 1.0), b"b", Arrival(b"c", 2.5), FIN])
        assert [await channel.receive() for _ in range(4)] == [(b"a", 1.0), (b"b", 1.0), (b"c", 2.5), (b"", 2.5)]
        assert channel.ended == "fin"
        assert [event.what for event in channel.events] == ["received"] * 3

    run(work())


def test_a_reset_and_what_was_put_back() -> None:
    async def work() -> None:
        channel = ScriptedChannel([b"ab", RESET])
        data, at = await channel.receive()
        channel.unread(data[1:], at)
        assert (await channel.receive())[0] == b"b"
        with pytest.raises(Reset):
            await channel.receive()
        with pytest.raises(Reset):
            await channel.send(b"x")

    run(work())


def test_it_answers_what_is_sent() -> None:
    async def work() -> None:
        channel = ScriptedChannel(answer=lambda data: [data.upper()])
        await channel.send(b"hello")
        channel.write(b"x")
        assert channel.sent == [b"hello", b"x"]
        assert [(await channel.receive())[0] for _ in range(2)] == [b"HELLO", b"X"]

    run(work())


def test_a_silent_peer_and_a_late_arrival() -> None:
    async def work() -> None:
        channel = ScriptedChannel()
        waiting = asyncio.ensure_future(channel.receive())
        await asyncio.sleep(0)
        assert not waiting.done()
        channel.arrive(b"late")
        assert (await waiting)[0] == b"late"

    run(work())


def test_what_else_is_done_is_seen() -> None:
    async def work() -> None:
        channel = ScriptedChannel([b"x"])
        channel.reading(False)
        waiting = asyncio.ensure_future(channel.receive())
        await asyncio.sleep(0)
        assert not waiting.done()
        channel.reading(True)
        assert (await waiting)[0] == b"x"
        channel.half_close()
        with pytest.raises(ChannelClosed):
            channel.write(b"x")
        channel.close()
        with pytest.raises(ChannelClosed):
            await channel.receive()
        channel.reset()
        assert channel.actions == ["reading off", "reading on", "half_close", "close", "reset"]
        assert channel.ended == "closed"

    run(work())
