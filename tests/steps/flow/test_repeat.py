from __future__ import annotations

import asyncio

import pytest

from engine.model.expectation import ABSENT
from engine.steps.api.context import StepFailed
from tests.steps.context import JobScope, against, run, see
from tests.steps.reader import steps


async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers with the number at the end of the path; with 500 for an even one."""
    path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
    number = path.rpartition(b"/")[2]
    status = 200 if int(number) % 2 else 500
    writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(number), number))


REQUEST = {"request": {"path": "/$(i)", "capture": {"seen": "json"}}}


@pytest.mark.parametrize("at_once", [1, 3, 10])
def test_turns_count_from_one(at_once: int) -> None:
    async def work() -> None:
        async with against(counting, {"times": 5}) as ctx:
            body = {"times": {"var": "times"}, "at_once": at_once, "index": "i", "steps": [REQUEST]}
            seen = await see(ctx, "repeat", body)
            assert seen.fact("passed") == 5
            assert seen.fact("all.seen") == [1, 2, 3, 4, 5]
            assert seen.fact("all.none") is ABSENT
            elapsed = seen.fact("elapsed")
            assert isinstance(elapsed, float)
            assert elapsed > 0
            assert "seen" not in ctx.variables
            assert sorted(ctx.labels) == [f"i={n}" for n in range(1, 6)]

    run(work())


def test_a_turn_that_fails_ends_it() -> None:
    async def work() -> None:
        async with against(counting) as ctx:
            turn = {"request": {"path": "/$(n)", "expect": {"status": 200}}}
            with pytest.raises(StepFailed):
                await ctx.run(steps({"repeat": {"times": 5, "steps": [turn]}}))
            assert ctx.labels == ["n=1", "n=2"]
            assert [one.where for one in ctx.broken] == ["status"]

    run(work())


def test_where_passed_is_looked_at_a_turn_may_fail() -> None:
    async def work() -> None:
        async with against(counting) as ctx:
            turn = {"request": {"path": "/$(n)", "expect": {"status": 200}, "capture": {"seen": "json"}}}
            body = {"times": 5, "steps": [turn], "expect": {"passed": 3, "all.seen": [1, 3, 5]}}
            await ctx.run(steps({"repeat": body}))
            assert ctx.broken == []

    run(work())


def test_no_turn_at_all() -> None:
    seen = run(see(JobScope(), "repeat", {"times": 0, "steps": []}))
    assert seen.fact("passed") == 0
