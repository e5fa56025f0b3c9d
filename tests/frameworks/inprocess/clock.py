"""An event loop whose clock jumps: if nothing is ready, it advances at once to the next timer.

So a pause of 10 ms is exactly that long, one of 30 s costs nothing, and a wait that would never end is reported at
once.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Callable, Mapping
from typing import Any

# Real seconds: how often a loop that stands still checks whether the threads have come to an end.
LOOK = 0.05
# A thread that waits in a pool for work is not at work; Python names it so.
POOLS = ("ThreadPoolExecutor-", "asyncio_")


class Clock(asyncio.SelectorEventLoop):
    """The loop. Its time begins at 0, and moves only by jumps."""

    def __init__(self) -> None:
        self.now = 0.0
        self._jobs = 0
        self._before = set(threading.enumerate())
        self._stall: asyncio.Future[None] | None = None
        super().__init__(Jumping(self))

    def time(self) -> float:
        return self.now

    def run_in_executor(  # type: ignore[override]  # the types of the arguments are of no concern here
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """As ever; meanwhile the clock stands still, for a thread's work takes real time."""
        future = super().run_in_executor(executor, func, *args)
        self._jobs += 1
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, future: object) -> None:
        self._jobs -= 1

    def threads(self) -> bool:
        """True if a thread is at work, whose end the loop may be waiting for."""
        # A thread that was there before the loop serves something else: that of a logger, say.
        others = set(threading.enumerate()) - self._before - {threading.current_thread()}
        return self._jobs > 0 or any(not one.name.startswith(POOLS) for one in others)

    def stall(self) -> asyncio.Future[None]:
        """Done as soon as nothing can happen any more: no timer, no thread, no callback."""
        if self._stall is None or self._stall.done():
            self._stall = self.create_future()
        return self._stall

    def stalled(self) -> None:
        """Nothing can happen any more. Raises RuntimeError where nobody wants to know."""
        if self._stall is None or self._stall.done():
            raise RuntimeError("the loop would wait for ever")
        self._stall.set_result(None)


class Jumping(selectors.BaseSelector):
    """A selector that never waits for a timer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._inner = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._inner.select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self._clock.threads():
            return self._inner.select(LOOK)
        if timeout is None:
            self._clock.stalled()
        else:
            self._clock.now += timeout
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    def close(self) -> None:
        self._inner.close()
