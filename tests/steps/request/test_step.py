from __future__ import annotations

import asyncio

import pytest

from engine.channels import tcp
from engine.errors import ChannelClosed
from engine.model.expectation import ABSENT
from engine.steps.api.context import StepFailed
from engine.steps.request.step import RequestParams
from tests.steps.context import NOWHERE, JobScope, against, answering, reset, run, see, serve, staying, why
from tests.steps.reader import mistakes, step, steps

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Echo:
    """A server that answers each request with the bytes of it."""

    def __init__(self) -> None:
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            got = await reader.readuntil(b"\r\n\r\n")
            for line in got.split(b"\r\n"):
                if line.lower().startswith(b"content-length: "):
                    got += await reader.readexactly(int(line.split(b" ")[1]))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(got), got))


def test_what_goes_out() -> None:
    async def work() -> None:
        async with against(Echo(), {"who": "ann", "n": 3}) as ctx:
            seen = await see(
                ctx,
                "request",
                {
                    "method": "POST",
                    "path": "/hi/$(who)",
                    "query": {"a": 1, "b": "x y", "flag": True, "n": {"var": "n"}},
                    "headers": {"X-Who": "$(who)"},
                    "body": {"hex": "00 ff"},
                },
            )
            assert seen.fact("body") == (
                b"POST /hi/ann?a=1&b=x+y&flag=true&n=3 HTTP/1.1\r\nHost: %s\r\nx-engine-call: j1.1\r\nX-Who: ann\r\n"
                b"Content-Length: 2\r\n\r\n\x00\xff" % ctx.live.host.encode()
            )
            assert seen.sent == b"\x00\xff"
            assert ctx.performed.tokens == ["j1.1"]
            assert ctx.performed.peer == ctx.opened[0].channel.local
            assert ctx.opened[0].channel.ended == "closed"
            assert ctx.live.boundary.peers == []

    run(work())


def test_an_exact_query_a_version_and_a_path_with_a_query() -> None:
    async def work() -> None:
        async with against(Echo(), {"v": "1.0"}) as ctx:
            seen = await see(ctx, "request", {"path": "/a?b=1", "query": "q=%20+&x", "version": {"var": "v"}})
            lines = seen.fact("lines")
            assert isinstance(lines, list)
            assert lines[0] == "GET /a?b=1&q=%20+&x HTTP/1.0"
            assert seen.sent == b""

    run(work())


def test_a_named_connection_is_really_one() -> None:
    async def work() -> None:
        echo = Echo()
        async with against(echo) as ctx:
            for _ in range(3):
                seen = await see(ctx, "request", {"path": "/", "connection": "one"})
                assert (seen.fact("status"), why(seen)) == (200, [])
            assert (echo.connections, len(ctx.opened)) == (1, 1)
            await see(ctx, "request", {"path": "/"})
            assert echo.connections == 2

    run(work())


def test_a_connection_that_the_server_closed_is_not_opened_again() -> None:
    async def work() -> None:
        async with against(answering(OK)) as ctx:
            body = {"path": "/", "connection": "one", "expect": {"open": False}}
            first = await see(ctx, "request", body)
            assert (first.fact("status"), first.fact("open")) == (200, False)
            second = await see(ctx, "request", {"path": "/", "connection": "one"})
            assert (second.fact("outcome"), second.fact("status")) == ("closed", ABSENT)
            assert why(second) == [("outcome", "closed")]
            assert len(ctx.opened) == 1

    run(work())


def test_a_connection_that_stays_open() -> None:
    async def work() -> None:
        async with against(staying(OK)) as ctx:
            seen = await see(ctx, "request", {"path": "/", "expect": {"open": True}})
            assert seen.fact("open") is True

    run(work())


def test_nobody_listens() -> None:
    async def work() -> None:
        seen = await see(JobScope(NOWHERE), "request", {"path": "/"})
        assert (seen.fact("outcome"), why(seen)) == ("refused", [("outcome", "refused")])
        assert why(seen, "outcome") == []

    run(work())


def test_a_response_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "MOST", 4096)

    async def work() -> None:
        async with against(staying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000)) as ctx:
            seen = await see(ctx, "request", {"path": "/"})
            assert (seen.fact("outcome"), seen.fact("status")) == ("endless", 200)
            assert why(seen) == [("outcome", "endless")]

    run(work())


def test_a_deadline() -> None:
    async def work() -> None:
        async with against(staying(b"HTTP/1.1 100 Continue\r\n\r\n")) as ctx:
            seen = await see(ctx, "request", {"path": "/", "within": "50ms"})
            assert (seen.fact("outcome"), seen.fact("interim")) == ("timeout", [100])
            assert why(seen) == [("outcome", "timeout")]

    run(work())


def test_a_reset_in_mid_body() -> None:
    async def work() -> None:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")
            await writer.drain()
            await asyncio.sleep(0.02)
            reset(writer)

        async with against(handler) as ctx:
            seen = await see(ctx, "request", {"path": "/"})
            assert (seen.fact("outcome"), seen.fact("body"), seen.fact("complete")) == ("reset", b"hello", False)

    run(work())


def test_an_answer_before_the_body_was_taken() -> None:
    async def work() -> None:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await reader.read()

        async with against(handler) as ctx:
            body = "x" * 3_000_000
            seen = await see(ctx, "request", {"method": "POST", "path": "/", "body": body, "framing": "chunked"})
            assert seen.fact("status") == 413

    run(work())


def test_leaving_early() -> None:
    async def work() -> None:
        left = asyncio.get_running_loop().create_future()

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel")
            left.set_result(await reader.read())

        async with against(handler) as ctx:
            seen = await see(ctx, "request", {"path": "/", "connection": "c", "abandon_after": "40ms"})
            assert await left == b""
            assert (seen.fact("outcome"), seen.fact("status"), seen.fact("body")) == ("timeout", 200, b"hel")
            assert why(seen) == []
            assert seen.fact("elapsed") == pytest.approx(0.04)
            with pytest.raises(ChannelClosed):
                await see(ctx, "request", {"path": "/", "connection": "c"})

    run(work())


def test_leaving_after_a_whole_response() -> None:
    async def work() -> None:
        async with against(staying(OK)) as ctx:
            seen = await see(ctx, "request", {"path": "/", "abandon_after": "20ms"})
            assert (seen.fact("outcome"), seen.fact("status"), why(seen)) == ("response", 200, [])
            assert ctx.opened[0].channel.ended == "closed"

    run(work())


def test_head_has_no_body() -> None:
    async def work() -> None:
        async with against(staying(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")) as ctx:
            seen = await see(ctx, "request", {"path": "/", "method": "HEAD"})
            assert (seen.fact("complete"), seen.fact("body"), seen.fact("framing")) == (True, b"", "none")

    run(work())


def test_trailers_go_out() -> None:
    async def work() -> None:
        got = asyncio.get_running_loop().create_future()

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            got.set_result(await reader.readuntil(b"0\r\nX-Sum: 1\r\n\r\n"))
            writer.write(OK)

        async with against(handler) as ctx:
            await see(ctx, "request", {"path": "/", "method": "POST", "body": "abc", "trailers": {"X-Sum": "1"}})
            assert b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n" in await got

    run(work())


def test_an_expectation_that_does_not_hold_stops() -> None:
    async def work() -> None:
        async with serve(answering(OK)) as address:
            ctx = JobScope(address)
            with pytest.raises(StepFailed):
                await ctx.run(steps({"request": {"path": "/", "expect": {"status": 404}}}))
            assert [one.where for one in ctx.broken] == ["status"]
            await ctx.close()

    run(work())


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        ({"path": "/a b"}, "visible ASCII"),
        ({"path": "/é"}, "visible ASCII"),
        ({"path": "/a#b"}, "fragment"),
        ({"path": "/", "trailers": {"A": "1"}, "framing": "none"}, "after chunks"),
        ({"path": "/", "version": "2"}, "no HTTP version '2'"),
    ],
)
def test_mistakes(body: object, mistake: str) -> None:
    (found,) = mistakes("request", body)
    assert mistake in found


def test_a_path_with_a_variable_is_no_mistake() -> None:
    assert mistakes("request", {"path": "/$(a b)/x"}) == []


def test_a_path_may_be_a_variable() -> None:
    made = step("request", {"path": {"var": "where"}})
    assert isinstance(made.params, RequestParams)
    assert made.params.path == "$(where)"
