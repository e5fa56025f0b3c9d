from __future__ import annotations

import asyncio
import socket
from typing import Any, cast

from engine.steps.stream.connect import ConnectFacts
from tests.steps.context import ABSENT, JobScope, against, run, see, why


async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says what came first, and reads on."""
    writer.write(b"got " + await reader.readexactly(5))
    await reader.read()


def test_it_stays_open_under_its_name() -> None:
    async def work() -> None:
        async with against(listening, {"n": 7}) as ctx:
            seen = await see(ctx, "connect", {"as": "c", "preamble": "hell$(n)"})
            assert (seen.fact("outcome"), why(seen)) == ("connected", [])
            channel = ctx.named["c"].channel
            assert (await channel.receive())[0] == b"got hell7"
            assert channel.ended == ""
            assert ctx.live.boundary.peers == [(channel.local, "j1")]
            assert seen.fact("local") == list(channel.local)
            assert seen.fact("remote") == list(ctx.live.address)
            assert seen.fact("elapsed") is ABSENT

    run(work())


def test_a_small_receive_buffer() -> None:
    async def work() -> None:
        async with against(listening) as ctx:
            await see(ctx, "connect", {"as": "small", "receive_buffer": "4KiB"})
            await see(ctx, "connect", {"as": "plain"})
            raw = [
                cast(Any, ctx.named[name].channel)._transport.get_extra_info("socket") for name in ("small", "plain")
            ]
            sizes = [one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) for one in raw]
            assert sizes[0] < 16 * 1024 < sizes[1]

    run(work())


def test_nobody_listens() -> None:
    refused = run(see(JobScope(), "connect", {"as": "c"}))
    assert refused.fact("outcome") == "refused"
    assert why(refused) == [("outcome", "refused")]
    # An expectation about it takes it over.
    assert why(refused, "outcome") == []
    assert refused.fact("local") is ABSENT
    assert refused.fact("remote") is ABSENT


def test_another_address() -> None:
    async def work() -> None:
        async with against(listening) as ctx:
            seen = await see(ctx, "connect", {"as": "c", "address": "127.0.0.2"})
            assert seen.fact("outcome") == "refused"

    run(work())


def test_only_a_connection_is_right_by_itself() -> None:
    assert [ConnectFacts(word).implicit_failures(frozenset()) == () for word in ("connected", "reset", "timeout")] == [
        True,
        False,
        False,
    ]
