from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.errors import Reset
from engine.model.showing import as_text
from engine.steps.shared.endings import Ending, wait

Work = Callable[[], Awaitable["int | None"]]


async def gives(value: int | None) -> int | None:
    return value


async def resets() -> int | None:
    raise Reset("the peer reset the connection")


async def hangs() -> int | None:
    await asyncio.sleep(60)
    return 1


def test_a_result_is_handed_on() -> None:
    async def waiting() -> int | Ending:
        return await wait(gives(0), 5)

    assert asyncio.run(waiting()) == 0


@pytest.mark.parametrize(
    ("work", "outcome", "text"),
    [
        (lambda: gives(None), "closed", "a closed connection"),
        (resets, "reset", "a reset connection"),
        (hangs, "timeout", "a timeout after 10 ms"),
    ],
)
def test_an_ending_is_its_word_and_shown_in_full(work: Work, outcome: str, text: str) -> None:
    async def waiting() -> int | Ending:
        return await wait(work(), 0.01)

    ended = asyncio.run(waiting())
    assert isinstance(ended, Ending)
    assert ended == Ending(outcome, 0.01)
    assert (ended.actual, as_text(ended.actual)) == (outcome, text)
