"""A runtime that starts targets before anybody asks for them.

The options of a run name its targets, so the first of them is known before any document is read. It starts while
documents are read and jobs are planned; a run whose jobs need another target first stops it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from engine.app.engine import Engine, RunOptions
from engine.app.session import Runtime
from engine.model.protocols import Boundary, LiveTarget
from engine.model.target import LOCAL, ServerLaunch, Target


def first_launch(engine: Engine, options: RunOptions) -> list[ServerLaunch]:
    """The launch of the first target of these options that its server supports; none where services are no processes
    of this machine, since a container costs far more to start in vain. Raises UsageError for an unknown name."""
    if engine.way != LOCAL:
        return []
    return [ServerLaunch(target) for target in engine.targets(options) if not engine.unsupported(target, {})][:1]


class Prewarmer:
    """Starts targets as another runtime does. Targets that ``begin`` has started are there when requested; the others
    are stopped by ``leave``."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._begun: dict[ServerLaunch, asyncio.Task[LiveTarget]] = {}

    def begin(self, launch: ServerLaunch) -> None:
        """Start a target, and do not wait for it."""
        if launch not in self._begun:
            self._begun[launch] = asyncio.create_task(self._runtime.start(launch))

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> LiveTarget:
        """The live target. Raises what starting it raises."""
        begun = self._begun.pop(launch, None) if prepare is None else None
        return await (begun if begun is not None else self._runtime.start(launch, prepare))

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        """As the other runtime has it."""
        return await self._runtime.unclaimed(target, words)

    async def leave(self, wanted: Collection[ServerLaunch] = ()) -> None:
        """End what was begun, but for what is wanted still."""
        unwanted = {launch: task for launch, task in self._begun.items() if launch not in wanted}
        for task in unwanted.values():
            task.cancel()
        if unwanted:
            # It raises nothing of theirs, and is itself cancelled like anything else.
            await asyncio.wait(unwanted.values())
        for launch, task in unwanted.items():
            self._begun.pop(launch, None)
            # One that had become ready before it could be cancelled is stopped like any other.
            if not task.cancelled() and task.exception() is None:
                await task.result().stop()
