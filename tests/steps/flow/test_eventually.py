from __future__ import annotations

import asyncio

import pytest

from engine.model.phrasing import sentence
from engine.steps.api.context import StepFailed
from tests.steps.context import against, run, staying
from tests.steps.reader import steps


class Later:
    """A server that answers with 503 until the third request."""

    def __init__(self) -> None:
        self.requests = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % (200 if self.requests > 2 else 503))


READY = {"request": {"path": "/", "expect": {"status": 200}, "capture": {"seen": "status"}}}


def test_it_tries_until_it_holds() -> None:
    async def work() -> None:
        server = Later()
        async with against(server) as ctx:
            await ctx.run(steps({"eventually": {"within": "10s", "every": "1ms", "steps": [READY]}}))
            assert server.requests == 3
            assert ctx.broken == []
            assert ctx.variables["seen"] == 200

    run(work())


def test_what_the_last_try_found_wrong_counts() -> None:
    async def work() -> None:
        async with against(Later()) as ctx:
            never = {"request": {"path": "/", "expect": {"status": 204}}}
            with pytest.raises(StepFailed):
                await ctx.run(steps({"eventually": {"within": "100ms", "steps": [never]}}))
            assert [(one.where, one.actual in (200, 503)) for one in ctx.broken] == [("status", True)]

    run(work())


def test_a_try_that_never_ends() -> None:
    async def work() -> None:
        async with against(staying()) as ctx:
            with pytest.raises(StepFailed):
                await ctx.run(steps({"eventually": {"within": "50ms", "steps": [READY]}}))
            assert [sentence(one) for one in ctx.broken] == [
                "expected the steps to end within 50 ms, got steps still in progress"
            ]

    run(work())
