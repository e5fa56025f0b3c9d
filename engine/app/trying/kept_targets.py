"""Targets that stay up from one run of a case to the next.

Theory of operation
===================

``KeptTargets`` stands between a session and the runtime. A session starts a target and stops it; here the first starts
it only if it does not run yet, and the second leaves it running.

*Ownership.* A target with a launch that jobs can share belongs to this object until ``close``. A dedicated server (one
that a case starts, signals or ends) belongs to the session as always: it is started for each run, and stopped.

*Health.* A verdict must not depend on earlier runs. So a target is used again only if its main process runs, none of
its workers is gone, and it answers GET /health: the checks that a run makes between its cases. Any other one is stopped
and started again. A target on which a run was cancelled is not used again, since its application may still be busy.

*Between runs.* ``tend`` stops the targets that the last run did not use, and replaces those that are no longer healthy,
so that the next run does not wait for a start. A lock for each launch keeps ``tend`` and ``start`` apart.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection
from contextlib import suppress

from engine.app.session import Runtime
from engine.errors import EngineError
from engine.model.protocols import Boundary, LiveTarget
from engine.model.target import ServerLaunch, Target


def unreported(target: Target) -> None:
    """Report nothing."""


class KeptTargets:
    """Starts targets as another runtime does, and keeps them running."""

    def __init__(self, runtime: Runtime, starting: Callable[[Target], None] = unreported) -> None:
        """``starting`` is called with each target that a run has to wait for."""
        self._runtime = runtime
        self._starting = starting
        self._live: dict[ServerLaunch, LiveTarget] = {}
        self._used: set[ServerLaunch] = set()
        self._locks: defaultdict[ServerLaunch, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._stopping: set[asyncio.Future[list[object]]] = set()

    @property
    def launches(self) -> tuple[ServerLaunch, ...]:
        """The launches of the targets that are kept."""
        return tuple(self._live)

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> LiveTarget:
        """The live target, started unless it runs already. Raises what starting it raises."""
        if launch.lifespan_of:
            self._starting(launch.target)
            return await self._runtime.start(launch, prepare)
        self._used.add(launch)
        return await self._healthy(launch, self._starting)

    async def _healthy(self, launch: ServerLaunch, starting: Callable[[Target], None] = unreported) -> LiveTarget:
        async with self._locks[launch]:
            live = self._live.get(launch)
            if live is not None:
                if await is_healthy(live):
                    return live
                await self._stop([launch])
            starting(launch.target)
            live = self._live[launch] = await self._runtime.start(launch)
            return live

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        """As the other runtime has it."""
        return await self._runtime.unclaimed(target, words)

    async def release(self, live: LiveTarget) -> None:
        """Take a target back from a session: one that is kept stays up, any other one is stopped."""
        if not any(one is live for one in self._live.values()):
            await live.stop()

    async def tend(self) -> None:
        """Stop the targets that were not used since the last call, unless none was, and replace those that are not
        healthy. An error of a start is left to the run that needs the target."""
        used, self._used = self._used, set()
        if used:
            await self._stop([launch for launch in self._live if launch not in used])

        async def replaced(launch: ServerLaunch) -> None:
            with suppress(EngineError):
                await self._healthy(launch)

        await asyncio.gather(*(replaced(launch) for launch in list(self._live)))

    async def drop(self) -> None:
        """Stop the targets that were used since the last ``tend``: their run was cancelled."""
        used, self._used = self._used, set()
        await self._stop([launch for launch in self._live if launch in used])

    async def close(self) -> None:
        """Stop all targets, and wait for those that are being stopped."""
        await self._stop(list(self._live))
        if self._stopping:
            await asyncio.wait(self._stopping)

    async def _stop(self, launches: Collection[ServerLaunch]) -> None:
        """Stop some targets. A cancellation ends only the waiting."""
        stopping: asyncio.Future[list[object]] = asyncio.gather(
            *(self._live.pop(launch).stop() for launch in launches), return_exceptions=True
        )
        if launches:
            self._stopping.add(stopping)
            stopping.add_done_callback(self._stopping.discard)
            await asyncio.shield(stopping)


async def is_healthy(live: LiveTarget) -> bool:
    """True if a target that is kept can run another case: its processes run, and it answers."""
    return await live.check() is None and not live.workers_lost and await live.answers()
