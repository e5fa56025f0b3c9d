"""The limit on launches of a run that are active at a time.

A launch takes a slot when it begins to start, and releases it when its jobs are done. A launch whose last jobs only
wait, some for half a minute, has nothing left to begin: after a while it passes its slot to the next launch, and
lingers. The number that may linger is limited as well, since each is a live server that takes memory.
"""

from __future__ import annotations

import asyncio

# Seconds after which a launch without a job to begin lingers: most are done by then.
LINGERS_AFTER = 1.0


class Slots:
    """At most ``limit`` launches are at work at a time, and ``lingering`` more linger."""

    def __init__(self, limit: int, lingering: int) -> None:
        self._free = asyncio.Semaphore(limit)
        self._room = lingering

    async def take(self) -> Slot:
        """Wait for a free slot. The caller must leave it."""
        await self._free.acquire()
        return Slot(self)

    def lingers(self) -> bool:
        """Let one launch linger. Returns True if one more may."""
        if self._room <= 0:
            return False
        self._room -= 1
        self._free.release()
        return True

    def gone(self, *, lingered: bool) -> None:
        """One launch is done."""
        if lingered:
            self._room += 1
        else:
            self._free.release()


class Slot:
    """One launch's slot."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._timer: asyncio.TimerHandle | None = None
        self._lingers = False
        self._left = False

    def drained(self) -> None:
        """No job of the launch is left to begin."""
        if self._timer is None and not (self._lingers or self._left):
            self._timer = asyncio.get_running_loop().call_later(LINGERS_AFTER, self._linger)

    def leave(self) -> None:
        """The launch is done."""
        if self._timer is not None:
            self._timer.cancel()
        self._left = True
        self._slots.gone(lingered=self._lingers)

    def _linger(self) -> None:
        self._timer = None
        self._lingers = self._slots.lingers()
        if not self._lingers:
            self.drained()  # another may be done by then
