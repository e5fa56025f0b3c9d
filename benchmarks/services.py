"""Services that are started once, and lent to whoever measures against them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.app.session import Runtime
from engine.execution.schedule import Limits
from engine.model.protocols import Boundary, LiveTarget
from engine.model.target import ExitStatus, ServerLaunch, Target


def front_of(results: Path) -> Engine:
    """The engine, with its results in some folder that will be thrown away."""
    return Engine(find(str(results)))


def targets_of(engine: Engine, frameworks: Sequence[str] = (), loop: str = "auto") -> list[Target]:
    """gunicorn's targets on one loop, all frameworks where none is named."""
    return engine.targets(RunOptions(frameworks=tuple(frameworks), loop=loop))


@asynccontextmanager
async def started(runtime: Runtime, targets: Sequence[Target]) -> AsyncIterator[dict[Target, LiveTarget]]:
    """These targets, live, started as many at a time as a run would; all are stopped in the end. Raises what starting
    raises."""
    project_paths = asyncio.Semaphore(Limits().starting)
    live: dict[Target, LiveTarget] = {}

    async def start(target: Target) -> None:
        async with project_paths:
            live[target] = await runtime.start(ServerLaunch(target))

    try:
        async with asyncio.TaskGroup() as group:
            for target in targets:
                group.create_task(start(target))
        yield live
    finally:
        await asyncio.gather(*[one.stop() for one in live.values()])


class Lent:
    """A live target whose stop does nothing; all else is the target's own."""

    def __init__(self, live: LiveTarget) -> None:
        self._live = live

    def __getattr__(self, name: str) -> Any:
        return getattr(self._live, name)

    async def stop(self) -> ExitStatus | None:
        """Leave it running."""
        return None


class Lending:
    """A runtime that gives out what runs already. It cannot start anything, nor look at what a server does not claim:
    what is claimed is believed."""

    def __init__(self, live: Mapping[Target, LiveTarget]) -> None:
        self._live = live

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> LiveTarget:
        """A target that runs. Raises KeyError for one that does not, ValueError for a process with options."""
        if prepare is not None or launch.options or launch.lifespan_of:
            raise ValueError(f"{launch.id} needs a process of its own")
        return Lent(self._live[launch.target])

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        """None."""
        del target, words
        return frozenset()
