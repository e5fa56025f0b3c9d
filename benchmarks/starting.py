"""Only starts services, as a run does: as many at a time, and each stopped while the next one starts.

    python -m benchmarks.starting [--loop auto]

It writes ``ready`` when all have been ready, and exits when all are stopped. The baseline of benchmarks.grid.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from benchmarks.services import front_of, targets_of
from engine.app import wiring
from engine.app.session import Runtime, event_loop
from engine.execution.schedule import Limits
from engine.model.target import ServerLaunch, Target


async def start_all(runtime: Runtime, targets: list[Target]) -> None:
    """Start each target and stop it at once, as many at a time as are live in a run."""
    places = asyncio.Semaphore(Limits().starting)

    async def start(target: Target) -> asyncio.Task[object]:
        async with places:
            live = await runtime.start(ServerLaunch(target))
            return asyncio.ensure_future(live.stop())

    stopping = await asyncio.gather(*[start(target) for target in targets])
    print("ready", flush=True)
    await asyncio.gather(*stopping)


def main() -> None:
    """Start them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loop", default="auto", choices=("auto", "asyncio", "uvloop"))
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, asyncio.Runner(loop_factory=event_loop()) as runner:
        engine = front_of(Path(name))
        runner.run(start_all(wiring.runtime(engine, Path(name)), targets_of(engine, loop=parsed.loop)))


if __name__ == "__main__":
    main()
