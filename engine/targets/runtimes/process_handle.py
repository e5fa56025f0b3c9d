"""The handle of a target's main process, the same on every host."""

from __future__ import annotations

from typing import Protocol

from engine.model.target import ExitStatus

# TERM has so many seconds before KILL.
GRACE = 3.0
# Beyond the grace: the time for a KILL to work, and for a busy machine.
MARGIN = 10.0
# The grace of what is of no use to anybody.
ABANDONED = 0.5


class ProcessHandle(Protocol):
    """A main process that was started: a process of this machine under its supervisor, or a container.

    Its life is begun -> ended -> released. It may end by itself at any time; ``release`` is called once in the end,
    however it ended, and gives back what it holds.
    """

    @property
    def pid(self) -> int:
        """The process id, the same on both sides of a container; 0 where it ended before anybody saw it."""
        ...

    @property
    def ended(self) -> ExitStatus | None:
        """Its exit, None while it runs as far as is known."""
        ...

    @property
    def ended_at(self) -> float:
        """The time at which its end was seen, in seconds on the engine's clock; 0.0 while it runs."""
        ...

    async def check(self) -> ExitStatus | None:
        """As ``ended``, found by asking whoever watches it."""
        ...

    async def wait(self) -> ExitStatus:
        """Wait for its end, and return its exit."""
        ...

    def signal(self, number: int) -> None:
        """Send it a signal; nothing happens where it has ended."""
        ...

    async def stop(self, grace: float = GRACE) -> ExitStatus | None:
        """End it with all that came of it: TERM, ``grace`` seconds, KILL. Safe to call again."""
        ...

    async def release(self) -> None:
        """Remove what is left of it, ending it where it still runs."""
        ...


async def abandon(process: ProcessHandle) -> None:
    """End and release a process that is of no use: what it would still do in peace helps nobody."""
    await process.stop(ABANDONED)
    await process.release()
