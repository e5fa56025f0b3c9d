"""Targets that are started before anybody asks for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import pytest

from engine.app.engine import Engine, RunOptions
from engine.app.prewarm import Prewarmer, first_launch
from engine.app.project_paths import find
from engine.errors import StartError, UsageError
from engine.model.protocols import Boundary, LiveTarget
from engine.model.target import ServerLaunch, Target
from tests.execution.fakes import TARGET, FakeLive

PLAIN = ServerLaunch(TARGET)
OTHER = ServerLaunch(TARGET, (("workers", 2),))


class Starts:
    """A runtime that remembers what it was asked for, and starts nothing until it may."""

    def __init__(self, error: StartError | None = None) -> None:
        self.options: list[ServerLaunch] = []
        self.made: list[FakeLive] = []
        self.may = asyncio.Event()
        self.error = error

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> LiveTarget:
        self.options.append(launch)
        await self.may.wait()
        if self.error is not None:
            raise self.error
        self.made.append(FakeLive())
        return self.made[-1]

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        return frozenset(words)


def nothing(boundary: Boundary) -> None: ...


def test_the_first_target_is_known_from_the_options_alone() -> None:
    engine = Engine(find())
    options = RunOptions(frameworks=("starlette", "control"))
    (launch,) = first_launch(engine, options)
    assert launch == ServerLaunch(engine.targets(options)[0])
    assert first_launch(Engine(find(), way="docker"), options) == []
    with pytest.raises(UsageError, match="starlete"):
        first_launch(engine, RunOptions(frameworks=("starlete",)))


def test_what_was_begun_is_handed_over_once() -> None:
    async def story() -> None:
        runtime = Starts()
        early = Prewarmer(runtime)
        early.begin(PLAIN)
        early.begin(PLAIN)
        await asyncio.sleep(0)
        assert runtime.options == [PLAIN]
        runtime.may.set()
        first, second = await early.start(PLAIN), await early.start(PLAIN)
        assert runtime.options == [PLAIN, PLAIN]
        assert [first, second] == runtime.made
        await early.leave()
        assert [live.stopped for live in runtime.made] == [0, 0]

    asyncio.run(story())


def test_what_has_to_be_prepared_is_started_afresh() -> None:
    async def story() -> None:
        runtime = Starts()
        early = Prewarmer(runtime)
        runtime.may.set()
        early.begin(PLAIN)
        await asyncio.sleep(0)
        assert await early.start(PLAIN, nothing) is runtime.made[-1]
        assert len(runtime.made) == 2
        await early.leave()
        assert [live.stopped for live in runtime.made] == [1, 0]

    asyncio.run(story())


def test_what_nobody_came_for_is_stopped_ready_or_not() -> None:
    async def story() -> None:
        runtime = Starts()
        early = Prewarmer(runtime)
        runtime.may.set()
        early.begin(PLAIN)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        runtime.may.clear()
        early.begin(OTHER)
        await asyncio.sleep(0)
        await early.leave({PLAIN})
        assert runtime.options == [PLAIN, OTHER]
        assert [live.stopped for live in runtime.made] == [0]
        await early.leave()
        assert [live.stopped for live in runtime.made] == [1]

    asyncio.run(story())


def test_how_the_start_went_wrong_is_told_to_whoever_asks() -> None:
    async def story() -> None:
        runtime = Starts(StartError("it does not start", hint="look"))
        early = Prewarmer(runtime)
        early.begin(PLAIN)
        early.begin(OTHER)
        runtime.may.set()
        with pytest.raises(StartError, match="it does not start"):
            await early.start(PLAIN)
        await early.leave()  # nobody asked for the other one

    asyncio.run(story())


def test_what_is_offered_besides_is_the_other_runtimes_to_say() -> None:
    async def story() -> None:
        assert await Prewarmer(Starts()).unclaimed(TARGET, {"trailers"}) == {"trailers"}

    asyncio.run(story())


def test_who_is_cancelled_while_a_target_is_left_is_cancelled() -> None:
    async def story() -> None:
        class Stubborn(Starts):
            async def start(
                self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None
            ) -> LiveTarget:
                try:
                    return await super().start(launch, prepare)
                except asyncio.CancelledError:
                    await asyncio.sleep(60)
                    raise

        early = Prewarmer(Stubborn())
        early.begin(PLAIN)
        await asyncio.sleep(0)
        leaving = asyncio.create_task(early.leave())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving])
        assert leaving.cancelled()

    asyncio.run(story())
