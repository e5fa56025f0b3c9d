"""The rules for sharing a target."""

from __future__ import annotations

import asyncio

from engine.execution.concurrency_gate import ConcurrencyGate


async def crowd(gate: ConcurrencyGate, wishes: list[str]) -> tuple[list[frozenset[int]], list[int]]:
    """Admit one job for each wish; who was inside together each time that somebody came in, and the order."""
    inside: set[int] = set()
    seen: list[frozenset[int]] = []
    order: list[int] = []

    async def job(number: int, alone: str) -> None:
        await gate.enter(alone)
        inside.add(number)
        order.append(number)
        seen.append(frozenset(inside))
        for _ in range(5):
            await asyncio.sleep(0)
        inside.discard(number)
        gate.leave(alone)

    await asyncio.wait_for(asyncio.gather(*(job(number, wish) for number, wish in enumerate(wishes))), 5)
    return seen, order


def test_the_limit_holds() -> None:
    seen, _ = asyncio.run(crowd(ConcurrencyGate(3), [""] * 10))
    assert max(len(group) for group in seen) == 3


def test_alone_means_alone() -> None:
    wishes = ["", "", "all", "", "all", ""]
    seen, order = asyncio.run(crowd(ConcurrencyGate(8), wishes))
    assert all(len(group) == 1 for group in seen if group & {2, 4})
    assert max(len(group) for group in seen) > 1
    assert order == [0, 1, 2, 3, 4, 5]


def test_a_word_keeps_its_own_kind_away_only() -> None:
    seen, _ = asyncio.run(crowd(ConcurrencyGate(8), ["counter", "", "counter", "other"]))
    assert not any({0, 2} <= group for group in seen)
    assert any({0, 1} <= group for group in seen)
