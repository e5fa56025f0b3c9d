"""Targets that stay up between runs: which are used again, and that none is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import pytest

from engine.app.trying.kept_targets import KeptTargets
from engine.model.protocols import Boundary, LiveTarget
from engine.model.target import ServerLaunch, Target
from tests.execution.fakes import TARGET, FakeLive

SHARED = ServerLaunch(TARGET)
OTHER = ServerLaunch(TARGET, (("workers", 2),))
DEDICATED = ServerLaunch(TARGET, lifespan_of="j0")


class Starts:
    """A runtime that makes targets without processes."""

    def __init__(self) -> None:
        self.made: list[FakeLive] = []
        self.delay = 0.0

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> LiveTarget:
        await asyncio.sleep(self.delay)
        self.made.append(FakeLive())
        return self.made[-1]

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        return frozenset(words)


def running(live: FakeLive) -> bool:
    return not live.stopped


def test_a_shared_target_is_used_again() -> None:
    async def story() -> None:
        runtime = Starts()
        kept = KeptTargets(runtime)
        first = await kept.start(SHARED)
        await kept.release(first)
        await kept.tend()
        assert await kept.start(SHARED) is first
        assert len(runtime.made) == 1
        await kept.close()
        assert runtime.made[0].stopped == 1

    asyncio.run(story())


def test_a_dedicated_target_is_started_for_each_run() -> None:
    async def story() -> None:
        runtime = Starts()
        kept = KeptTargets(runtime)
        for _ in range(2):
            await kept.release(await kept.start(DEDICATED))
        assert [one.stopped for one in runtime.made] == [1, 1]
        await kept.close()

    asyncio.run(story())


def no_answer(live: FakeLive) -> None:
    live.answering = False


def lost_worker(live: FakeLive) -> None:
    live.workers_lost = (7,)


@pytest.mark.parametrize("harm", [FakeLive.die, no_answer, lost_worker], ids=["ended", "silent", "worker lost"])
@pytest.mark.parametrize("between", [True, False], ids=["tended", "at the next start"])
def test_an_unhealthy_target_is_replaced(harm: Callable[[FakeLive], None], between: bool) -> None:
    async def story() -> None:
        runtime = Starts()
        kept = KeptTargets(runtime)
        await kept.release(await kept.start(SHARED))
        harm(runtime.made[0])
        if between:
            await kept.tend()
            assert len(runtime.made) == 2, "the next run waits for no start"
        again = await kept.start(SHARED)
        assert again is runtime.made[1]
        assert runtime.made[0].stopped == 1
        assert running(runtime.made[1])
        await kept.close()

    asyncio.run(story())


def test_targets_that_a_run_did_not_use_are_stopped() -> None:
    async def story() -> None:
        runtime = Starts()
        kept = KeptTargets(runtime)
        await kept.start(OTHER)
        await kept.tend()
        await kept.start(SHARED)
        await kept.tend()
        assert [running(one) for one in runtime.made] == [False, True]
        await kept.tend()  # a run that used none, since its file had an error
        assert running(runtime.made[1])
        await kept.close()

    asyncio.run(story())


def test_the_targets_of_a_cancelled_run_are_stopped() -> None:
    async def story() -> None:
        runtime = Starts()
        kept = KeptTargets(runtime)
        await kept.start(SHARED)
        await kept.drop()
        assert runtime.made[0].stopped == 1
        assert await kept.start(SHARED) is runtime.made[1]
        await kept.close()

    asyncio.run(story())


def test_close_waits_for_a_stop_that_nobody_waits_for_any_more() -> None:
    async def story() -> None:
        runtime = Starts()
        kept = KeptTargets(runtime)
        live = await kept.start(SHARED)
        assert isinstance(live, FakeLive)
        may = asyncio.Event()

        async def slowly() -> None:
            await may.wait()
            live.stopped += 1

        live.stop = slowly  # type: ignore[method-assign]
        dropping = asyncio.create_task(kept.drop())
        await asyncio.sleep(0.01)
        dropping.cancel()
        closing = asyncio.create_task(kept.close())
        await asyncio.sleep(0.01)
        assert not closing.done()
        may.set()
        await closing
        assert live.stopped == 1

    asyncio.run(story())
