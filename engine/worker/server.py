"""Sessions in a process of their own, beside the one that asks for their verdicts.

pytest reports items on one core while this process runs jobs on another: under one interpreter's lock each would wait
for the other. The two hold the ends of a socket pair. Orders come in as ``engine.worker.messages`` has them. Lines go
back: a job's position, a tab and its verdict as ``engine.app.runs.ResultMessage`` has it; or an object of JSON, how a
session ended. The process ends, its targets stopped, when the other end is closed, so that nothing outlives a pytest
that was killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.app import gc_tuning, wiring
from engine.app.engine import Engine
from engine.app.open_files import raise_limit
from engine.app.prewarm import Prewarmer
from engine.app.runs import to_recheck_document, told
from engine.app.session import RunSession, event_loop
from engine.errors import EngineError
from engine.execution.job import Job
from engine.model.target import Target
from engine.model.verdict import JobResult
from engine.results.record import tracebacks
from engine.worker.messages import SIZE, Again, Ahead, Allow, Begin, CaseTable, Compare, End, Learn, Order, SharedRun

# What is said within so many seconds goes over together.
TOGETHER = 0.002


class SessionServer:
    """The side that runs sessions, one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._session: RunSession | None = None
        self._running: asyncio.Task[None] | None = None
        self._sessions: list[RunSession] = []
        self._told: set[str] = set()
        self._book = CaseTable()
        self._engine: Engine | None = None
        self._early: Prewarmer | None = None
        self._stray: Path | None = None
        self._folder: Path | None = None
        self._said: list[str] = []
        self._loading: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Follow orders until the other end is closed."""
        try:
            while True:
                (size,) = SIZE.unpack(await self._reader.readexactly(SIZE.size))
                data = await self._reader.readexactly(size)
                # Orders that wait already come without a turn of the loop between them, and a target may be starting.
                await asyncio.sleep(0)
                try:
                    await self._follow(self._book.read(data))
                except Exception as error:  # pytest must not wait for ever
                    self._tell({"ended": self._trouble(error)})
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            await self._end()
            await self._leave()

    async def _follow(self, order: Order) -> None:
        match order:
            case Learn():
                self._book.learn(order.held)
            case Ahead():
                self._runtime(order.run).begin(order.launch)
                self._loading = asyncio.create_task(asyncio.to_thread(_prepare, order.run.engine))
            case Begin():
                await self._end()
                self._begin(order)
            case Allow():
                if self._session is not None:
                    await self._session.schedule.allow(order.position)
            case End():
                await self._end()
            case Again():
                await self._end()
                self._running = asyncio.create_task(self._run_again())
            case Compare():
                await self._end()
                self._running = asyncio.create_task(self._compare(order))

    def _runtime(self, run: SharedRun) -> Prewarmer:
        """What starts the run's targets, made from the first order that speaks of it. Raises UsageError."""
        if self._early is None:
            self._engine = run.engine
            self._engine.targets(run.asked)  # it learns which servers there are
            if not run.folder.exists():
                self._stray = run.folder
            self._folder = run.folder
            self._early = Prewarmer(wiring.runtime(self._engine, run.folder))
        return self._early

    def _begin(self, order: Begin) -> None:
        runtime = self._runtime(order.run)
        assert self._engine is not None
        runner = wiring.runner(order.run.run_id, order.run.folder, keep_all=order.run.keep_all)
        limits, engine = wiring.limits(self._engine), self._engine
        known = engine.known(engine.baselines({job.case.place.file: 0 for job in order.jobs}))
        durations = wiring.durations(self._engine)
        session = RunSession(order.jobs, runtime, runner, None, [self], limits, known, durations=durations)
        if order.held:
            session.schedule.hold()
        self._session, self._stray = session, None
        self._sessions.append(session)
        self._running = asyncio.create_task(self._run(session, runtime))

    async def _leave(self) -> None:
        """End what was started for a session that never came, and remove what it wrote."""
        if self._early is not None:
            await self._early.leave()
        if self._stray is not None:
            await _removed(self._stray)

    async def _run(self, session: RunSession, runtime: Prewarmer) -> None:
        trouble = ""
        try:
            await runtime.leave({job.launch for job in session.jobs if not job.left_out})
            with gc_tuning.frozen():
                await session.run()
        except asyncio.CancelledError:
            trouble = "the run was cancelled"
        except Exception as error:  # pytest must not wait for ever
            trouble = self._trouble(error)
        finally:
            await runtime.leave()
        self._tell({"ended": trouble})

    async def _run_again(self) -> None:
        trouble = ""
        try:
            for session in self._sessions:
                await session.run_again()
                for result in session.results:
                    if result.recheck:
                        self._tell({"line": to_recheck_document(result)})
        except Exception as error:  # likewise
            trouble = self._trouble(error)
        self._tell({"ended": trouble})

    async def _compare(self, order: Compare) -> None:
        trouble = ""
        try:
            if self._sessions and self._engine is not None:
                compare = wiring.compare(self._engine, warnings=order.warnings, others=order.others)
                jobs = [job for session in self._sessions for job in session.jobs]
                planned = compare(jobs, [result for session in self._sessions for result in session.results])
                for line in await self._sessions[-1].run_counterparts(planned) if planned else ():
                    self._tell({"line": line})
        except Exception as error:  # likewise
            trouble = self._trouble(error)
        self._tell({"ended": trouble})

    async def _end(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            # The task swallows its own cancellation, once everything is stopped.
            with suppress(asyncio.CancelledError):
                await running

    def _tell(self, document: dict[str, Any]) -> None:
        self._say(json.dumps(document, separators=(",", ":"), default=str))
        self._flush()

    def _say(self, line: str) -> None:
        """Never waits: what the other side has not read yet is kept here. What comes at about the same time goes over
        together, since each piece that goes wakes the other side up."""
        if not self._said:
            asyncio.get_running_loop().call_later(TOGETHER, self._flush)
        self._said.append(line)

    def _flush(self) -> None:
        lines, self._said = self._said, []
        if lines and not self._writer.is_closing():
            self._writer.write("".join(f"{line}\n" for line in lines).encode())

    # What a session tells

    def comparing(self, done: int, cells: int) -> None:
        """pytest has said that it waits for this."""

    def result(self, job: Job, result: JobResult) -> None:
        """A job came to its verdict."""
        row = None
        if result.target not in self._told and self._session is not None:
            row = self._session.rows.get(result.target)
            if row is not None:
                self._told.add(result.target)
        self._say(f"{job.position}\t{told(result, row).line}")

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """Nothing to tell pytest of."""

    def _trouble(self, error: Exception) -> str:
        """The reason why a session ended, for people."""
        if isinstance(error, EngineError):
            return str(error)
        kept_in = "" if self._folder is None else tracebacks.keep(self._folder, "the run", error)
        return f"the engine broke down: {type(error).__name__}: {error}{kept_in}"


async def _removed(folder: Path) -> None:
    """Remove a folder, for a second at most: a start that was cancelled may still be opening its log in a thread."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not await asyncio.to_thread(folder.exists):
            return
        await asyncio.sleep(0.05)


def _prepare(engine: Engine) -> None:
    """Load what a session will need, while the first target comes up."""
    wiring.runner("")
    with suppress(EngineError):  # the session will say so
        _ = engine.known(engine.baselines([str(engine.project_paths.specs / "any.yaml")]))


async def serve(end: socket.socket) -> None:
    """Follow the orders that come in at one end of a socket pair."""
    reader, writer = await asyncio.open_connection(sock=end)
    try:
        await SessionServer(reader, writer).serve()
        with suppress(ConnectionError):
            await writer.drain()
    finally:
        writer.close()


def main() -> None:
    """The process; its one argument is the descriptor of its end."""
    # Ctrl-C is for pytest, which says what is to end. SIGTERM for everybody ends this one when pytest has ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise_limit()
    with gc_tuning.rare_passes(), asyncio.Runner(loop_factory=event_loop()) as runner:
        runner.run(serve(socket.socket(fileno=int(sys.argv[1]))))
    # All is stopped and closed, and pytest waits: to take the run apart object by object takes a tenth of a second.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
