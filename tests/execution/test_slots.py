"""Launches at work, and those that linger."""

from __future__ import annotations

import asyncio

import pytest

from engine.execution import slots
from engine.execution.slots import Slot, Slots


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "LINGERS_AFTER", 0.0)


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0.001)


async def taken(of: Slots, number: int) -> list[Slot]:
    """As many slots as are free, at most so many."""
    found: list[Slot] = []

    async def take() -> None:
        found.append(await of.take())

    tasks = [asyncio.create_task(take()) for _ in range(number)]
    await turns()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return found


def test_no_more_are_taken_than_there_are() -> None:
    async def main() -> None:
        of = Slots(2, 4)
        first, _ = await taken(of, 5)
        assert await taken(of, 1) == []
        first.leave()
        assert len(await taken(of, 5)) == 1

    asyncio.run(main())


def test_a_launch_with_nothing_to_begin_gives_its_slot_to_the_next() -> None:
    async def main() -> None:
        of = Slots(1, 1)
        (first,) = await taken(of, 5)
        first.drained()
        first.drained()
        (second,) = await taken(of, 5)
        second.leave()
        first.leave()
        assert len(await taken(of, 5)) == 1

    asyncio.run(main())


def test_no_more_linger_than_may_and_the_next_does_when_one_is_gone() -> None:
    async def main() -> None:
        of = Slots(1, 1)
        (first,) = await taken(of, 5)
        first.drained()
        (second,) = await taken(of, 5)
        second.drained()
        assert await taken(of, 5) == []
        first.leave()
        (third,) = await taken(of, 5)
        third.leave()
        second.leave()
        assert len(await taken(of, 5)) == 1

    asyncio.run(main())


def test_a_launch_that_is_done_lingers_no_more() -> None:
    async def main() -> None:
        of = Slots(1, 1)
        (first,) = await taken(of, 5)
        first.drained()
        first.leave()
        assert len(await taken(of, 5)) == 1

    asyncio.run(main())


@pytest.mark.parametrize("limit", [1, 2])
def test_none_lingers_where_none_may(limit: int) -> None:
    async def main() -> None:
        of = Slots(limit, 0)
        for one in await taken(of, 5):
            one.drained()
        assert await taken(of, 5) == []

    asyncio.run(main())
