"""A deadline ends its block like ``asyncio.timeout``, which every test runs as well."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
import uvloop

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


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_what_arrived_while_the_loop_stood_still_is_in_time(
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def scene() -> None:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        with Deadline(0.2):
            asyncio.get_running_loop().call_soon(time.sleep, 0.9)
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"
        writer.close()
        server.close()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(1))
        await writer.drain()
        writer.close()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scene())


def test_what_does_not_arrive_is_late_though_the_loop_stood_still() -> None:
    async def scene() -> None:
        began = time.monotonic()
        asyncio.get_running_loop().call_soon(time.sleep, 0.8)
        with pytest.raises(TimeoutError):
            await ours(0.1, asyncio.sleep(60))
        assert time.monotonic() - began < 30

    asyncio.run(scene())
