from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import pytest

from engine.model.target import ServerLaunch, Target
from engine.targets.runtimes import liveness
from engine.targets.runtimes.live import StartedTarget
from engine.targets.runtimes.liveness import answers
from tests.targets.runtimes.local.test_host import Bench, bench

__all__ = ["bench"]

SHORT = (0.02,) * 5
# The one question within three seconds that used to decide; a machine at load 12 kept live servers longer than that.
ONCE = 3.0


def alive(*deeds: Callable[[], Awaitable[bool]], over: Callable[[], bool] = lambda: False) -> tuple[bool, int]:
    """The result of questions with these outcomes, the last of them repeated; and the number of questions."""
    count = 0

    async def ask() -> bool:
        nonlocal count
        count += 1
        return await deeds[min(count, len(deeds)) - 1]()

    return asyncio.run(answers(ask, over, SHORT)), count


async def at_once() -> bool:
    return True


async def refused() -> bool:
    return False


async def never() -> bool:
    return await asyncio.Future()


def test_an_answer_ends_the_questions() -> None:
    assert alive(at_once) == (True, 1)


def test_the_first_question_stays_open_while_others_are_asked() -> None:
    free = asyncio.Event()

    async def first() -> bool:
        return await free.wait()

    async def third() -> bool:
        free.set()
        return False

    assert alive(first, never, third) == (True, 3)


@pytest.mark.parametrize("first", [refused, never])
def test_a_later_question_may_be_answered(first: Callable[[], Awaitable[bool]]) -> None:
    assert alive(first, first, at_once) == (True, 3)


@pytest.mark.parametrize("deed", [refused, never])
def test_silence_is_no_answer_to_any_question(deed: Callable[[], Awaitable[bool]]) -> None:
    assert alive(deed) == (False, len(SHORT))


def test_nobody_waits_for_a_server_that_has_ended() -> None:
    assert alive(refused, over=lambda: True) == (False, 1)


def test_a_defect_is_no_silence() -> None:
    async def broken() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        alive(broken)


def test_no_question_is_left() -> None:
    async def scene() -> set[asyncio.Task[Any]]:
        await answers(never, lambda: False, SHORT)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(scene()) == set()


async def stop(live: StartedTarget) -> None:
    """Have the kernel give a process no processor, and wait until it has none: its supervisor sends the signal."""
    live.signal(signal.SIGSTOP)
    async with asyncio.timeout(20):
        while psutil.Process(live.pid).status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110 (nobody tells)
            await asyncio.sleep(0.005)


def test_a_starved_server_is_alive_and_a_stopped_one_is_not(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has no processor for a while, as the kernel has it: stopped, and then let go on."""

    async def scene() -> None:
        live = await bench.runtime().start(ServerLaunch(Target("tiny", "one", "auto")))
        monkeypatch.setattr(live.boundary, "finish", lambda job: None)
        try:
            await stop(live)
            asyncio.get_running_loop().call_later(ONCE + 0.3, live.signal, signal.SIGCONT)
            began = time.monotonic()
            assert await live.answers()
            assert time.monotonic() - began > ONCE
            monkeypatch.setattr(liveness, "PAUSES", SHORT)
            await stop(live)
            assert not await live.answers()
        finally:
            live.signal(signal.SIGCONT)
            await live.stop()

    asyncio.run(scene())


def test_the_patience_is_that_of_a_busy_machine() -> None:
    assert sum(liveness.PAUSES) >= 5 * ONCE
