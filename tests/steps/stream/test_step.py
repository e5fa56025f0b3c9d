from __future__ import annotations

import asyncio

import pytest

from engine.errors import ConnectionRefused
from engine.steps.api.context import StepFailed
from tests.steps.context import NOWHERE, JobScope, against, run
from tests.steps.reader import steps

OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"


async def paths(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers each request with its path, and goes when the client has gone."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1]
        writer.write(OK % (len(path), path))


HEAD = {"head": "GET /$(p) HTTP/1.1\nHost: $(host)\n"}


def test_a_script_with_pipelined_requests() -> None:
    async def work() -> None:
        async with against(paths, {"p": "one", "host": "h"}) as ctx:
            await ctx.run(
                steps(
                    {
                        "tcp": {
                            "as": "raw",
                            "script": [
                                {"send": [HEAD, "GET /two HTTP/1.1\r\n\r\n"]},
                                {"response": {"expect": {"status": 200, "body": "/one"}}},
                                {"response": {"expect": {"body": "/two"}, "capture": {"seen": "body"}}},
                                {"silence": "20ms"},
                            ],
                        }
                    }
                )
            )
            assert ctx.broken == []
            assert ctx.variables["seen"] == b"/two"
            (connection,) = ctx.opened
            assert ctx.live.boundary.peers == [(connection.channel.local, "j1")]
            assert ctx.done[0].peer == connection.channel.local
            assert ctx.done[0].tokens == []
            assert connection.channel.ended == "closed"

    run(work())


def test_a_named_connection_is_shared_with_requests_and_stays_open() -> None:
    async def work() -> None:
        async with against(paths) as ctx:
            await ctx.run(
                steps(
                    {"request": {"path": "/a", "connection": "c", "expect": {"body": "/a"}}},
                    {"tcp": {"connection": "c", "script": [{"send": "GET /b HTTP/1.1\r\n\r\n"}, {"response": {}}]}},
                    {"request": {"path": "/c", "connection": "c", "expect": {"body": "/c"}}},
                )
            )
            assert [len(ctx.opened), ctx.opened[0].channel.ended] == [1, ""]

    run(work())


def test_a_script_that_stops_closes_its_connection() -> None:
    async def work() -> None:
        async with against(paths) as ctx:
            script = [{"send": "GET /b HTTP/1.1\r\n\r\n"}, {"response": {"expect": {"status": 404}}}]
            with pytest.raises(StepFailed):
                await ctx.run(steps({"tcp": {"script": script}}))
            assert ctx.opened[0].channel.ended == "closed"

    run(work())


def test_nobody_listens() -> None:
    with pytest.raises(ConnectionRefused):
        run(JobScope(NOWHERE).run(steps({"tcp": {"script": []}})))
