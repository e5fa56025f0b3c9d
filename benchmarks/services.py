"""Services that are started once, and lent to several measurements."""

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
    """The engine, with its results in a temporary folder."""
    return Engine(find(str(results)))


def targets_of(engine: Engine, frameworks: Sequence[str] = (), loop: str = "auto") -> list[Target]:
    """gunicorn's targets on one loop, with all frameworks if none is named."""
    return engine.targets(RunOptions(frameworks=tuple(frameworks), loop=loop))


@asynccontextmanager
async def started(runtime: Runtime, targets: Sequence[Target]) -> AsyncIterator[dict[Target, LiveTarget]]:
    """These targets, live, started as many at a time as in a run; all are stopped at the end. Raises the exceptions of
    a start."""
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
    """A live target whose stop does nothing; everything else is the target's own."""

    def __init__(self, live: LiveTarget) -> None:
        self._live = live

    def __getattr__(self, name: str) -> Any:
        return getattr(self._live, name)

    async def stop(self) -> ExitStatus | None:
        """Leave it running."""
        return None


class Lending:
    """A runtime that returns running targets. It can neither start anything nor probe a server, so declarations are
    taken as true."""

    def __init__(self, live: Mapping[Target, LiveTarget]) -> None:
        self._live = live

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> LiveTarget:
        """A running target. Raises KeyError if it does not run, ValueError for a process with options."""
        if prepare is not None or launch.options or launch.lifespan_of:
            raise ValueError(f"{launch.id} needs a process of its own")
        return Lent(self._live[launch.target])

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        """None."""
        del target, words
        return frozenset()
