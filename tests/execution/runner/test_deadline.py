"""A deadline ends its block like ``asyncio.timeout``, which every test runs as well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.execution.runner.deadline import Deadline

Block = Callable[[float, Awaitable[object]], Awaitable[None]]


async def ours(seconds: float, work: Awaitable[object]) -> None:
    with Deadline(seconds):
        await work


async def theirs(seconds: float, work: Awaitable[object]) -> None:
    async with asyncio.timeout(seconds):
        await work


BOTH = pytest.mark.parametrize("block", [ours, theirs])


@BOTH
def test_a_block_that_ends_in_time_is_left_alone(block: Block) -> None:
    async def scene() -> None:
        await block(0.01, asyncio.sleep(0))
        await asyncio.sleep(0.02)

    asyncio.run(scene())


@BOTH
def test_a_block_that_is_late_raises_timeout_error_and_the_task_goes_on(block: Block) -> None:
    async def scene() -> None:
        with pytest.raises(TimeoutError):
            await block(0.001, asyncio.sleep(60))
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        await asyncio.sleep(0)

    asyncio.run(scene())


@BOTH
def test_another_cancellation_stays_one(block: Block) -> None:
    async def scene() -> None:
        task = asyncio.ensure_future(block(60, asyncio.sleep(60)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scene())


@BOTH
def test_a_cancellation_at_the_very_end_of_the_time_stays_one(block: Block) -> None:
    running: list[asyncio.Future[None]] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            running[0].cancel()  # from outside, while the deadline's own cancellation is under way
            raise

    async def scene() -> None:
        running.append(asyncio.ensure_future(block(0.001, work())))
        with pytest.raises(asyncio.CancelledError):
            await running[0]

    asyncio.run(scene())


@BOTH
def test_an_error_of_the_block_passes(block: Block) -> None:
    async def work() -> None:
        raise ValueError("its own")

    async def scene() -> None:
        with pytest.raises(ValueError, match="its own"):
            await block(60, work())

    asyncio.run(scene())


@BOTH
def test_an_inner_deadline_ends_before_the_outer_one(block: Block) -> None:
    async def inner() -> None:
        with pytest.raises(TimeoutError):
            await block(0.001, asyncio.sleep(60))

    asyncio.run(block(60, inner()))  # type: ignore[arg-type]  # any awaitable will do
