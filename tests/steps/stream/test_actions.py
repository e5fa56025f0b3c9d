from __future__ import annotations

import asyncio

import pytest

from engine.channels.scripted import RESET, Arrival, ScriptedChannel
from engine.errors import ChannelClosed
from engine.steps.api.context import Connection
from engine.steps.stream.actions import cut
from tests.steps.context import JobScope, against, on, run
from tests.steps.reader import mistakes


def scripted(*arrivals: Arrival | bytes) -> tuple[JobScope, Connection, ScriptedChannel]:
    channel = ScriptedChannel(arrivals)
    return JobScope(variables={"x": "filled", "no": False, "at": 2}), Connection(channel), channel


def test_send() -> None:
    async def work() -> None:
        ctx, connection, channel = scripted()
        await on(ctx, connection, "send", ["a ", {"var": "x"}])
        await on(ctx, connection, "write", "raw", group="websocket")
        assert channel.sent == [b"a filled", b"raw"]
        assert (connection.sent, connection.sent_at) == (b"raw", 0.0)

    run(work())


def test_sending_to_a_peer_that_has_reset_is_noted_and_no_failure() -> None:
    async def work() -> None:
        ctx, connection, channel = scripted(RESET)
        with pytest.raises(Exception, match="reset"):
            await channel.receive()
        await on(ctx, connection, "send", "x")
        await on(ctx, connection, "drip", {"bytes": "xyz"})
        assert [what for what, _ in ctx.notes] == ["not sent", "not sent"]
        assert connection.sent == b"xyz"

    run(work())


def test_sending_after_a_hang_up_of_ones_own_is_a_mistake_of_the_case() -> None:
    async def work() -> None:
        ctx, connection, _ = scripted()
        await on(ctx, connection, "hang_up", "write")
        with pytest.raises(ChannelClosed):
            await on(ctx, connection, "send", "x")

    run(work())


@pytest.mark.parametrize(
    ("body", "pieces"),
    [
        ({"bytes": "abcd", "every": "0ms"}, [b"a", b"b", b"c", b"d"]),
        ({"bytes": "abcde", "piece": "2B", "every": "0ms"}, [b"ab", b"cd", b"e"]),
        ({"bytes": "abcde", "cut_at": [1, {"var": "at"}], "every": "0ms"}, [b"a", b"b", b"cde"]),
        ({"bytes": "abcde", "cut_at": [3], "piece": "2B", "every": "0ms"}, [b"ab", b"c", b"de"]),
        ({"bytes": ""}, []),
    ],
)
def test_drip(body: object, pieces: list[bytes]) -> None:
    async def work() -> None:
        ctx, connection, channel = scripted()
        await on(ctx, connection, "drip", body)
        assert channel.sent == pieces

    run(work())


def test_the_pauses_of_a_drip_do_not_add_up_where_each_takes_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        ctx, connection, channel = scripted()
        clock = [0.0]
        pauses: list[float] = []

        async def oversleep(delay: float) -> None:
            pauses.append(round(delay, 3))
            clock[0] += delay + 0.25

        monkeypatch.setattr(ctx, "now", lambda: clock[0])
        monkeypatch.setattr("engine.steps.shared.sending.asyncio.sleep", oversleep)
        await on(ctx, connection, "drip", {"bytes": "abcd", "every": "200ms"})
        assert channel.sent == [b"a", b"b", b"c", b"d"]
        assert pauses == [0.2, 0.0, 0.0]

    run(work())


def test_a_drip_is_what_was_sent_as_a_whole() -> None:
    async def work() -> None:
        ctx, connection, _ = scripted()
        await on(ctx, connection, "drip", {"bytes": "abc", "every": "0ms"})
        assert connection.sent == b"abc"

    run(work())


def test_cut() -> None:
    assert cut(b"abc", None, ()) == [b"abc"]
    assert b"".join(cut(bytes(range(100)), 7, (3, 50))) == bytes(range(100))


@pytest.mark.parametrize(("way", "act"), [("write", "half_close"), ("both", "close"), ("reset", "reset")])
def test_hang_up(way: str, act: str) -> None:
    async def work() -> None:
        ctx, connection, channel = scripted()
        await on(ctx, connection, "hang_up", way)
        assert channel.actions == [act]

    run(work())


def test_hang_up_in_an_unknown_way() -> None:
    ctx, connection, _ = scripted()
    with pytest.raises(ValueError, match="one of write, both, fin, reset"):
        run(on(ctx, connection, "hang_up", "loudly"))


def test_reading() -> None:
    async def work() -> None:
        ctx, connection, channel = scripted()
        await on(ctx, connection, "reading", {"var": "no"})
        await on(ctx, connection, "reading", True)
        assert channel.actions == ["reading off", "reading on"]

    run(work())


def test_a_half_close_still_gets_its_answer() -> None:
    async def work() -> None:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            got = await reader.read()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(got), got))

        async with against(handler) as ctx:
            connection = await ctx.connect(None)
            await on(ctx, connection, "send", "all of it")
            await on(ctx, connection, "hang_up", "write")
            seen = await on(ctx, connection, "response", {})
            assert seen.fact("body") == b"all of it"
            assert seen.sent == b"all of it"

    run(work())


def test_nothing_here_complains_about_good_notation() -> None:
    assert mistakes("drip", {"bytes": "xy", "piece": "1B", "every": "1ms", "cut_at": [1]}, "tcp") == []
