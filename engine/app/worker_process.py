"""The worker of pytest: reads documents, plans, and runs sessions of jobs.

``engine.worker.messages`` has the theory of operation of the two processes.
"""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.app import gc_tuning, wiring
from engine.app.open_files import raise_limit
from engine.app.prewarm import Prewarmer, first_launch
from engine.app.repeating import repeated
from engine.app.run_request import RunRequest
from engine.app.session import RunSession, event_loop
from engine.documents.roots import Roots
from engine.errors import Defect, DocumentError, EngineError
from engine.execution.job import Job
from engine.model.result_event import ResultEvent
from engine.model.target import Target
from engine.results.record import tracebacks
from engine.results.record.store import recheck_line
from engine.worker.messages import Begin, Compare, Comparing, Prepare, Read, ResultMessage, RunLine
from engine.worker.server import serve

CHANGED = "changed while pytest collected it"
AGAIN = "run pytest again"


class WorkerHost:
    """``engine.worker.server.Host`` for one run."""

    def __init__(self) -> None:
        self._run: _Run | None = None

    async def prepare(self, order: Prepare) -> None:
        """Take the settings, and start the first target. Raises UsageError for options that name no target."""
        request = RunRequest.of_json(order.run)
        run = self._run = _Run(request, prewarm=order.prewarm)
        if order.prewarm:
            for launch in first_launch(request.engine, request.options):
                run.runtime.begin(launch)
        run.warming = asyncio.create_task(asyncio.to_thread(_import_all, request))

    async def read(self, order: Read) -> None:
        """Read a document and plan its cases, in a thread, since a target may be starting. Raises DocumentError where
        it is not what pytest read."""
        run = self._prepared()
        await run.warmed()
        await asyncio.to_thread(run.read, order)

    async def begin(self, order: Begin, send: Callable[[ResultMessage], None]) -> WorkerSession:
        """A session of the cells. Raises DocumentError for a cell that is no job here."""
        run = self._prepared()
        await run.warmed()
        session = run.session(order, send)
        await run.runtime.leave({job.launch for job in session.jobs if not job.left_out})
        return session

    async def recheck(self) -> AsyncIterator[Mapping[str, Any]]:
        """The lines about what was rerun."""
        for one in self._prepared().sessions:
            await one.session.run_again()
            for result in one.session.results:
                if result.recheck:
                    yield recheck_line(result)

    async def compare(self, order: Compare) -> AsyncIterator[Comparing | RunLine]:
        """The start of the comparison, unless nothing is compared, then the lines about it."""
        run = self._prepared()
        if not run.sessions:
            return
        compare = wiring.compare(run.request.engine, warnings=order.warnings, others=frozenset(order.others))
        jobs = [job for one in run.sessions for job in one.jobs]
        planned = compare(jobs, [result for one in run.sessions for result in one.session.results])
        if planned:
            yield Comparing()
            for line in await run.sessions[-1].session.run_counterparts(planned):
                yield RunLine(line)

    async def close(self) -> None:
        """End what was started for no session, and remove what that wrote."""
        if self._run is not None:
            await self._run.close()

    def describe(self, error: Exception) -> str:
        """A message for people about an error. The traceback of a defect is kept in the run's folder."""
        if isinstance(error, EngineError):
            return str(error)
        kept_in = "" if self._run is None else tracebacks.keep(self._run.request.folder, "the run", error)
        return f"internal error of the engine: {type(error).__name__}: {error}{kept_in}"

    def _prepared(self) -> _Run:
        if self._run is None:
            raise Defect("the worker was given no settings")
        return self._run


class _Run:
    """The state that the sessions of a run share. Raises UsageError where its options name no target."""

    def __init__(self, request: RunRequest, *, prewarm: bool) -> None:
        self.request = request
        self.targets = request.engine.targets(request.options)
        self.roots = Roots(request.named)
        # Processes of xdist share the folder; one that starts nothing ahead has written nothing that is its own.
        self.stray = prewarm and not request.folder.exists()
        self.runtime = Prewarmer(wiring.runtime(request.engine, request.folder))
        self.jobs: dict[tuple[str, str], Job] = {}
        self.sessions: list[WorkerSession] = []
        self.warming: asyncio.Task[None] | None = None
        self.known_targets: set[str] = set()

    async def warmed(self) -> None:
        """Wait until what reads and performs cases is imported."""
        if self.warming is not None:
            await self.warming

    def read(self, order: Read) -> None:
        """Read a document and plan its cases. Raises DocumentError where it is not what pytest read."""
        engine = self.request.engine
        loaded = engine.load([Path(order.path)], self.roots, whole=True)
        if loaded.errors or loaded.digests != order.digests:
            raise DocumentError(f"{order.path} {CHANGED}", hint=AGAIN)
        cases = [case for case in loaded.whole if self.request.options.selection.takes(case)]
        self.jobs.update(((job.case.address, job.target.id), job) for job in engine.plan(cases, self.targets))

    def session(self, order: Begin, send: Callable[[ResultMessage], None]) -> WorkerSession:
        """A session of the cells. Raises DocumentError for a cell that is no job here."""
        for address, target in order.cells:
            if (address, target) not in self.jobs:
                raise DocumentError(f"{address} is not planned on {target} here: its document {CHANGED}", hint=AGAIN)
        jobs = repeated([self.jobs[cell] for cell in order.cells], order.times, rounds=False)
        engine, request = self.request.engine, self.request
        known = engine.known(engine.baselines({job.case.place.file: 0 for job in jobs}))
        runner = wiring.runner(request.run_id, request.folder, keep_all=request.keep_all)
        found = WorkerSession(order.cells, jobs, send, self.known_targets)
        durations = wiring.durations(engine)
        found.session = RunSession(
            jobs,
            self.runtime,
            runner,
            None,
            [found],
            wiring.limits(engine),
            known,
            durations=durations,
            corpus=engine.corpus,
        )
        if order.held:
            found.session.schedule.hold()
        self.stray = False
        self.sessions.append(found)
        return found

    async def close(self) -> None:
        """End what was started for no session, and remove what that wrote."""
        await self.runtime.leave()
        if self.stray:
            shutil.rmtree(self.request.folder, ignore_errors=True)


@dataclass(slots=True)
class WorkerSession:
    """``engine.worker.server.Session``: the jobs of some cells. It watches its own session, and sends each result.

    ``known_targets`` are the targets of which pytest has a row already."""

    cells: Sequence[tuple[str, str]]
    jobs: Sequence[Job]
    send: Callable[[ResultMessage], None]
    known_targets: set[str]
    session: RunSession = field(init=False)
    numbers: dict[tuple[str, str], int] = field(init=False)
    firsts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.numbers = {cell: number for number, cell in enumerate(self.cells)}
        self.firsts = [job.position for job in self.jobs if job.repeat == 0]

    async def run(self) -> None:
        """Run all jobs. Raises what breaks the session."""
        # The cases stay until the process ends: no pass over them finds anything to free.
        gc.freeze()
        await self.session.run()

    async def allow(self, cells: int) -> None:
        """Let go the jobs of the first so many cells."""
        await self.session.schedule.allow(self.firsts[cells] if cells < len(self.firsts) else len(self.jobs))

    # The events of a session: engine.app.session.Watcher

    def take(self, event: ResultEvent) -> None:
        """A job has a result."""
        if not event.first:
            return
        result = event.result
        row = None if result.target in self.known_targets else self.session.rows.get(result.target)
        if row is not None:
            self.known_targets.add(result.target)
        self.send(ResultMessage.of(self.numbers[result.address, result.target], result, row))

    def comparing(self, cells: int) -> None:
        """pytest has said that it waits for this."""

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """Nothing to report to pytest."""


def _import_all(request: RunRequest) -> None:
    """Import what reads and performs cases, and open the cache of documents, while the first target starts."""
    engine = request.engine
    wiring.runner("")
    with suppress(EngineError):  # the session will say so
        _ = engine.known(engine.baselines([str(engine.project_paths.specs / "any.yaml")]))


def main() -> None:
    """The process; its one argument is the descriptor of its end of the socket pair."""
    # Ctrl-C is for pytest, which says what is to end. SIGTERM for everybody ends this one when pytest has ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise_limit()
    with gc_tuning.rare_passes(), asyncio.Runner(loop_factory=event_loop()) as runner:
        runner.run(serve(socket.socket(fileno=int(sys.argv[1])), WorkerHost()))
    # All is stopped and closed, and pytest waits: to take the run apart object by object takes a tenth of a second.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
