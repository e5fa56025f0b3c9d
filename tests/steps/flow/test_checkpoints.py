from __future__ import annotations

import asyncio

from tests.steps.context import JobScope, run
from tests.steps.reader import steps


def test_mark() -> None:
    async def work() -> None:
        ctx = JobScope(variables={"n": 1})
        await ctx.run(steps({"mark": "ready-$(n)"}))
        assert ctx.live.boundary.marks == {("j1", "ready-1")}
        assert ctx.notes == [("mark", "ready-1")]

    run(work())


def test_await() -> None:
    async def work() -> None:
        ctx = JobScope()
        waiting = asyncio.ensure_future(ctx.run(steps({"await": "ready"})))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        ctx.live.boundary.mark("another", "ready")
        await asyncio.sleep(0.01)
        assert not waiting.done()
        ctx.live.boundary.mark("j1", "ready")
        await waiting
        assert ctx.notes == [("met", "ready")]

    run(work())
