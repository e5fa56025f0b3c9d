"""The gate to a target: jobs run concurrently, except that exclusive jobs run by themselves, or never with the same
word."""

from __future__ import annotations

import asyncio
from collections import deque


class ConcurrencyGate:
    """Admits jobs to one target, at most ``limit`` at a time.

    Exclusive jobs wait until all others have left, and hold back later ones. Jobs are admitted in the order of their
    arrival, so that no exclusive job waits forever.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0
        self._exclusive = False
        self._words: set[str] = set()
        self._queue: deque[tuple[str, asyncio.Future[None]]] = deque()

    async def enter(self, alone: str) -> None:
        """Wait to be admitted. ``alone`` is "" (concurrent), "all" (exclusive), or a word, which one job at a time may
        have. Each ``enter`` needs one ``leave``."""
        if not self._queue and self._admissible(alone):
            self._take(alone)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((alone, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(alone)
            else:
                self._queue = deque(one for one in self._queue if one[1] is not turn)
                self._let_in()
            raise

    def leave(self, alone: str) -> None:
        """Release the place that ``enter`` took with this word."""
        self._inside -= 1
        self._exclusive = False
        self._words.discard(alone)
        self._let_in()

    def _let_in(self) -> None:
        while self._queue and self._admissible(self._queue[0][0]):
            alone, turn = self._queue.popleft()
            if not turn.done():
                self._take(alone)
                turn.set_result(None)

    def _take(self, alone: str) -> None:
        self._inside += 1
        self._exclusive = alone == "all"
        if alone and alone != "all":
            self._words.add(alone)

    def _admissible(self, alone: str) -> bool:
        if self._exclusive or alone == "all":
            return self._inside == 0
        return self._inside < self._limit and alone not in self._words
