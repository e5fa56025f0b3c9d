from __future__ import annotations

import asyncio

from engine.channels.scripted import ALERT, FIN, RESET, Arrival, ScriptedChannel
from engine.model.expectation import ABSENT
from engine.model.wire_bytes import WireBytes
from engine.steps.api.context import Connection
from engine.steps.api.observation import Observation
from tests.steps.context import JobScope, against, on, reset, run, why
from tests.steps.reader import mistakes

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def look(name: str, body: object, *arrivals: Arrival | bytes) -> tuple[Observation, bytes]:
    """The observation of an assertion, and the bytes that it left."""

    async def work() -> tuple[Observation, bytes]:
        ctx, channel = JobScope(), ScriptedChannel(arrivals)
        connection = Connection(channel)
        connection.sent_at, connection.sent = 0.5, b"sent"
        seen = await on(ctx, connection, name, body)
        rest = b""
        try:
            async with asyncio.timeout(0.01):
                while (data := (await channel.receive())[0]) != b"":
                    rest += data
        except Exception:
            pass
        return seen, rest

    return run(work())


def test_response() -> None:
    seen, rest = look("response", {}, Arrival(OK + b"next", 2.0))
    assert (seen.fact("status"), seen.fact("first_byte"), seen.fact("elapsed"), rest) == (200, 1.5, 1.5, b"next")
    assert seen.sent == b"sent"
    assert seen.fact("open") is ABSENT


def test_a_response_to_head() -> None:
    seen, rest = look("response", {"to": "HEAD"}, OK)
    assert (seen.fact("complete"), seen.fact("body"), rest) == (True, b"", b"ok")


def test_a_response_that_does_not_come() -> None:
    seen, _ = look("response", {"within": "10ms"})
    assert why(seen) == [("outcome", "timeout")]
    assert why(look("response", {}, RESET)[0]) == [("outcome", "reset")]
    assert why(look("response", {}, b"nonsense\r\n\r\n")[0]) == [("outcome", "malformed")]


def test_whether_it_is_open_is_looked_at_where_it_is_asked_for() -> None:
    assert look("response", {"expect": {"open": False}}, OK, FIN)[0].fact("open") is False
    assert look("response", {"record": {"o": "open"}}, OK)[0].fact("open") is True


def test_read_a_size() -> None:
    seen, rest = look("read", {"size": "3B"}, b"ab", b"cd")
    assert (seen.fact("bytes"), why(seen), rest) == (b"abc", [], b"d")
    assert isinstance(seen.fact("bytes"), WireBytes)


def test_read_until() -> None:
    seen, rest = look("read", {"until": "\r\n"}, b"ab\r", b"\ncd")
    assert (seen.fact("bytes"), why(seen), rest) == (b"ab\r\n", [], b"cd")


def test_read_to_the_end() -> None:
    seen, _ = look("read", {}, b"ab", b"cd", FIN)
    assert (seen.fact("bytes"), why(seen)) == (b"abcd", [])


def test_a_read_that_falls_short() -> None:
    for body, end in (
        ({"size": "9B"}, FIN),
        ({"until": "x"}, FIN),
        ({"size": "9B"}, RESET),
        ({"size": "9B", "within": "10ms"}, b""),
    ):
        arrivals = [b"ab", end] if end else [b"ab"]
        seen, _ = look("read", body, *arrivals)
        assert (seen.fact("bytes"), why(seen, "bytes")) == (b"ab", [("read", b"ab")])


def test_read_stops_at_one_thing() -> None:
    (found,) = mistakes("read", {"size": "1B", "until": "x"}, "tcp")
    assert "not at both" in found


def test_closed_by_a_fin() -> None:
    seen, _ = look("closed", {}, b"un", b"read", Arrival(end="fin", at=3.0))
    assert (seen.fact("how"), seen.fact("rest"), seen.fact("elapsed")) == ("fin", b"unread", 2.5)
    assert (seen.fact("code"), seen.fact("reason"), why(seen)) == (ABSENT, ABSENT, [])


def test_closed_by_a_closure_alert() -> None:
    seen, rest = look("closed", {}, b"bye", ALERT)
    assert (seen.fact("how"), seen.fact("rest")) == ("tls", b"bye")
    assert rest == b""


def test_closed_by_a_reset() -> None:
    seen, _ = look("closed", {}, b"x", RESET)
    assert (seen.fact("how"), seen.fact("rest"), why(seen)) == ("reset", b"x", [])


def test_not_closed() -> None:
    seen, rest = look("closed", {"within": "20ms"}, b"ab", b"cd")
    assert why(seen) == [("closed", "a connection still open after 20 ms")]
    assert (seen.fact("how"), seen.fact("elapsed"), seen.fact("rest"), rest) == (ABSENT, ABSENT, b"abcd", b"abcd")


def test_a_reset_on_a_real_connection_has_its_time() -> None:
    async def work() -> None:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            reset(writer)

        async with against(handler) as ctx:
            connection = await ctx.connect(None)
            await on(ctx, connection, "send", "x")
            seen = await on(ctx, connection, "closed", {"within": "5s"})
            last = connection.channel.events[-1]
            assert (seen.fact("how"), last.what) == ("reset", "reset")
            assert connection.sent_at is not None
            assert seen.fact("elapsed") == last.at - connection.sent_at

    run(work())


def test_silence() -> None:
    async def work() -> None:
        ctx = JobScope()
        for arrivals in ([], [FIN], [RESET]):
            assert await on(ctx, Connection(ScriptedChannel(arrivals)), "silence", "10ms") is None
        channel = ScriptedChannel([b"noise"])
        seen = await on(ctx, Connection(channel), "silence", "10ms")
        assert why(seen) == [("silence", b"noise")]
        assert (await channel.receive())[0] == b"noise"

    run(work())


def test_a_flood_that_is_taken() -> None:
    async def work() -> None:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(1 << 20):
                pass

        async with against(handler) as ctx:
            connection = await ctx.connect(None)
            seen = await on(ctx, connection, "flood", {"of": {"text": "x" * 70_000}, "up_to": "1MiB"})
            assert (seen.fact("ended"), seen.fact("accepted")) == ("sent", 1 << 20)

    run(work())


def test_a_flood_that_is_blocked() -> None:
    async def work() -> None:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reader._transport.pause_reading()  # type: ignore[attr-defined]  # only the transport can stop reading
            await asyncio.sleep(60)

        async with against(handler) as ctx:
            connection = await ctx.connect(None)
            body = {"of": {"text": "x" * 65536}, "up_to": "1GiB", "blocked_for": "200ms"}
            seen = await on(ctx, connection, "flood", body)
            accepted = seen.fact("accepted")
            assert seen.fact("ended") == "blocked"
            assert isinstance(accepted, int)
            assert 0 < accepted < 1 << 30

    run(work())


def test_a_flood_that_is_cut_off() -> None:
    async def work() -> None:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)
            reset(writer)

        async with against(handler) as ctx:
            connection = await ctx.connect(None)
            body = {"of": {"text": "x" * 65536}, "up_to": "1GiB", "blocked_for": "5s"}
            assert (await on(ctx, connection, "flood", body)).fact("ended") == "reset"

    run(work())


def test_a_flood_that_meets_a_fin() -> None:
    async def work() -> None:
        channel = ScriptedChannel([FIN])
        await channel.receive()
        seen = await on(JobScope(), Connection(channel), "flood", {"of": "abc", "up_to": "1KiB"})
        assert (seen.fact("ended"), seen.fact("accepted")) == ("closed", 3)

    run(work())
