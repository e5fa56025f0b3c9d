"""The sign of life of a worker: a moment in memory that it shares with its supervisor."""

from __future__ import annotations

import asyncio
import mmap
import struct
import time

MOMENT = struct.Struct("d")


class Heartbeat:
    """One worker's. It is made before the worker is forked, so that both have the same memory."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, MOMENT.size)
        self.beat()

    def beat(self) -> None:
        """Say that the worker runs now."""
        MOMENT.pack_into(self._shared, 0, time.monotonic())

    def silence(self) -> float:
        """The time in seconds since the last beat."""
        return float(time.monotonic() - MOMENT.unpack_from(self._shared)[0])

    async def go_on(self, every: float) -> None:
        """Beat at this interval, in seconds, for as long as the event loop runs and this task is not cancelled."""
        while True:
            self.beat()
            await asyncio.sleep(every)
