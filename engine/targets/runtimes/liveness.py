"""Asking a server that runs whether it still answers, with the patience that a busy machine needs.

A server that answers nothing is held against the jobs that ran on it, so a live one must not look so. A starved server
answers late, and one with few workers answers once they are free: a question stays open until the last of the time is
over. A worker that hangs never answers the question that it took, and a server that reloads may refuse or drop one:
so more questions follow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

# The pauses after each question, in seconds; after the last the engine gives up.
PAUSES = (1.0, 2.0, 3.0, 4.0, 5.0, 5.0)


async def answers(
    ask: Callable[[], Awaitable[bool]], over: Callable[[], bool], pauses: Sequence[float] | None = None
) -> bool:
    """True if any of several questions is answered.

    ``ask`` asks once, and returns True for an answer; it may take any time. ``over`` returns true if the server has
    ended, so that no answer can arrive. ``pauses`` are seconds, ``PAUSES`` by default; the total wait is at most their
    sum.
    """
    answered = asyncio.Event()

    async def question() -> None:
        if await ask():
            answered.set()

    async with asyncio.TaskGroup() as group:
        questions = []
        for pause in PAUSES if pauses is None else pauses:
            questions.append(group.create_task(question()))
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await answered.wait()
            if answered.is_set() or over():
                break
        for one in questions:
            one.cancel()
    return answered.is_set()
