from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from tests.frameworks.inprocess.clock import Clock


def run(coroutine: object) -> object:
    clock = Clock()
    try:
        return clock.run_until_complete(coroutine)  # type: ignore[arg-type]  # any awaitable will do
    finally:
        clock.run_until_complete(clock.shutdown_default_executor())
        clock.close()


def test_a_pause_is_as_long_as_it_says_and_takes_no_time() -> None:
    async def pause() -> float:
        before = asyncio.get_running_loop().time()
        await asyncio.sleep(86400)
        return asyncio.get_running_loop().time() - before

    assert run(pause()) == pytest.approx(86400)


def test_pauses_end_in_their_order() -> None:
    async def order() -> list[int]:
        ended: list[int] = []

        async def one(number: int) -> None:
            await asyncio.sleep(number)
            ended.append(number)

        await asyncio.gather(*(one(number) for number in (3, 1, 2)))
        return ended

    assert run(order()) == [1, 2, 3]


def test_a_threads_work_is_waited_for_and_costs_no_time_of_the_clock() -> None:
    def slow() -> str:
        time.sleep(0.1)
        return "the thread"

    async def work() -> tuple[str, float]:
        loop = asyncio.get_running_loop()
        timer: asyncio.Future[str] = asyncio.ensure_future(asyncio.sleep(5, "the timer"))
        job = loop.run_in_executor(None, slow)
        done, _ = await asyncio.wait({timer, job}, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result(), loop.time()

    assert run(work()) == ("the thread", 0.0)


def test_waiting_for_ever_is_told_of() -> None:
    async def wait() -> bool:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Clock)
        never = asyncio.ensure_future(asyncio.Event().wait())
        waited: set[asyncio.Future[Any]] = {never, loop.stall()}
        done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        never.cancel()
        return never not in done

    assert run(wait()) is True


def test_waiting_for_ever_that_nobody_asked_about_is_an_error() -> None:
    clock = Clock()
    waiting = clock.create_task(asyncio.Event().wait())
    with pytest.raises(RuntimeError, match="for ever"):
        clock.run_until_complete(waiting)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        clock.run_until_complete(waiting)
    clock.close()
