"""The cost of the contract's cases on running services, compared with tests written with pytest-asyncio.

    python -m benchmarks.running [--rounds 3]

All cases of specs/contract on the six frameworks under gunicorn. The services are started first, and both sides use the
same ones. The engine's side is a complete session, with its verdicts written to a file, from its first job to its last,
in this process. The other side is a generated file with one async test for each job, which creates a new
``httpx.AsyncClient`` (for a WebSocket, a new ``websockets`` connection) and sends the same requests, but checks less
(benchmarks.plain). Its tests run one after the other in a separate pytest, with no plugin but pytest-asyncio. The
figure is that of the complete process, and without the time of a run with a single test of the file.

Both alternate, and the smallest round counts.
"""

from __future__ import annotations

import asyncio
import importlib.util
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import plain
from benchmarks.measuring import Figures, options, pytest, seconds, table
from benchmarks.services import Lending, front_of, started, targets_of
from engine.app import wiring
from engine.app.engine import Engine
from engine.app.run_ids import new_run_id
from engine.app.runs import keep
from engine.app.session import RunSession, event_loop
from engine.execution.job import Job
from engine.execution.schedule import Limits
from engine.model.protocols import LiveTarget
from engine.model.target import CONTROL, Target
from engine.model.verdict import JobResult, Verdict

OURS, THEIRS, ONE = "engine", "pytest-asyncio, a new client each", "pytest-asyncio, a single test"


async def session(
    engine: Engine, jobs: list[Job], live: dict[Target, LiveTarget], before: int
) -> tuple[float, list[JobResult]]:
    """Run the jobs on running services: the duration in seconds, and the verdicts. ``before`` is the number of jobs
    that the same services have had, since calls are identified by the number of their job."""
    run_id = new_run_id()
    jobs = [replace(job, position=job.position + before) for job in jobs]
    store = keep(engine.project_paths, run_id, (), jobs)
    known = engine.known(engine.baselines({job.case.place.file for job in jobs}))
    running = RunSession(
        jobs, Lending(live), wiring.runner(run_id), store, (), Limits(targets=len(live)), known=known
    )  # fmt: skip
    await running.schedule.allow(before + len(jobs))
    began = time.monotonic()
    await running.run()
    took = time.monotonic() - began
    store.close("whole")
    return took, running.results


async def measure(rounds: int, folder: Path) -> tuple[Figures, list[JobResult]]:
    """Both sides' figures, and the verdicts of our last round."""
    engine = front_of(folder)
    loaded = engine.load([engine.project_paths.specs / "contract"], whole=True)
    targets = [target for target in targets_of(engine) if target.framework != CONTROL]
    jobs = engine.plan(loaded.whole, targets)
    figures = Figures()
    results: list[JobResult] = []
    async with started(wiring.runtime(engine, folder), targets) as live:
        run = [(job, live[job.target].address) for job in jobs if not job.left_out]
        file = plain.write(run, folder)
        theirs = pytest("-p", "pytest_asyncio.plugin", str(file))
        for number in range(rounds):
            took, results = await session(engine, jobs, live, number * len(jobs))
            figures.add(OURS, took)
            if importlib.util.find_spec("pytest_asyncio"):
                figures.add(THEIRS, await asyncio.to_thread(seconds, theirs, folder))
                figures.add(ONE, await asyncio.to_thread(seconds, [*theirs, "-k", "test_000"], folder))
    return figures, results


def rows(figures: Figures, jobs: int) -> list[tuple[str, str, str, str, str]]:
    """The lines of the table."""
    ours = figures[OURS]
    lines = [(OURS, f"{ours:.2f}", f"{ours / jobs * 1000:.1f}", "1", "")]
    if THEIRS not in figures:
        return [*lines, (THEIRS, "not installed: pip install -e '.[bench]'", "", "", "")]
    for label, took, target in (
        (THEIRS, figures[THEIRS], "at least 20"),
        (f"  without {ONE}", figures[THEIRS] - figures[ONE], ""),
    ):
        lines.append((label, f"{took:.2f}", f"{took / jobs * 1000:.1f}", f"{took / ours:.1f}", target))
    return lines


def main() -> None:
    """Measure, and print the table."""
    parsed = options(__doc__).parse_args()
    with TemporaryDirectory() as name, asyncio.Runner(loop_factory=event_loop()) as runner:
        figures, results = runner.run(measure(parsed.rounds, Path(name)))
    run = [one for one in results if one.verdict is not Verdict.UNSUPPORTED]
    counted = ", ".join(f"{number} {verdict.value}" for verdict, number in Counter(one.verdict for one in run).items())
    print(f"{len(run)} jobs on services that run ({counted}); smallest of {parsed.rounds} rounds\n")
    print(table(("", "s", "ms a job", "ratio", "target"), rows(figures, len(run))))
    slowest = sorted(run, key=lambda one: -one.seconds)[:5]
    print("\nlongest of ours: " + ", ".join(f"{one.case} on {one.target} {one.seconds:.2f} s" for one in slowest))


if __name__ == "__main__":
    main()
