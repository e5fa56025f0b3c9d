"""Which jobs may share a target at a time: many at once, but some alone, and some never beside their own word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Company:
    """Admits jobs to one target, at most ``limit`` at a time.

    Those that want to be alone wait until all others have left, and hold up those that come after them.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0
        self._exclusive = False
        self._words: set[str] = set()
        self._changed = asyncio.Condition()
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def admit(self, alone: str) -> AsyncIterator[None]:
        """Inside as long as the block runs. ``alone`` is "" , "all", or a word. First come, first served: whoever
        asks first is the next to be admitted, so that nobody who wants to be alone waits for ever."""
        async with self._turn:
            async with self._changed:
                await self._changed.wait_for(lambda: self._admissible(alone))
                self._inside += 1
                self._exclusive = alone == "all"
                if alone and alone != "all":
                    self._words.add(alone)
        try:
            yield
        finally:
            async with self._changed:
                self._inside -= 1
                self._exclusive = False
                self._words.discard(alone)
                self._changed.notify_all()

    def _admissible(self, alone: str) -> bool:
        if self._exclusive or alone == "all":
            return self._inside == 0
        return self._inside < self._limit and alone not in self._words
