"""A run whose jobs are performed on a cluster; ``engine.app.session.RunSession`` performs them here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from engine.app.cluster.connection import Cluster
from engine.app.cluster.order import orders_of
from engine.app.cluster.task import perform
from engine.app.counterparts import PATIENCE
from engine.app.engine import Engine
from engine.app.repeating import key_of
from engine.app.session import Compare, Watcher, failed_row
from engine.errors import StartError
from engine.execution.job import Job
from engine.execution.runner.runner import not_run
from engine.model.baseline import KnownFailure
from engine.model.result_event import ResultEvent
from engine.model.target import Target
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.merging import patched
from engine.results.baseline.baseline import judged, stem, unexcused
from engine.results.baseline.corpus import held_back
from engine.results.record.store import Store, TargetRow, target_document, text_of
from engine.worker.messages import ResultMessage


@dataclass(slots=True)
class Gathered:
    """Results and rows of some jobs."""

    rows: dict[str, TargetRow] = field(default_factory=dict)
    results: list[JobResult] = field(default_factory=list)


@dataclass(slots=True)
class TaskEnd:
    """The end of a target's task: its value, or the reason why it has none."""

    target: str
    value: Mapping[str, Any] | None
    trouble: str


@dataclass(slots=True)
class ClusterSession:
    """One run on a cluster. ``named`` are the paths that it was asked for. The other fields are those of RunSession."""

    jobs: Sequence[Job]
    cluster: Cluster
    engine: Engine
    named: Sequence[Path]
    run_id: str
    store: Store
    watchers: Sequence[Watcher]
    known: Sequence[KnownFailure] = ()
    compare: Compare | None = None
    keep_all: bool = False
    rows: dict[str, TargetRow] = field(default_factory=dict)
    results: list[JobResult] = field(default_factory=list)
    counterparts: Gathered | None = None
    _today: date = field(default_factory=date.today)

    async def run(self, finished: Callable[[], None] | None = None) -> None:
        """Until every job has its verdict; tasks are cancelled when it is cancelled. ``finished`` is called at the
        end."""
        await Performance(self, self.jobs, self._take, self._row).run()
        planned = list(self.compare(self.jobs, self.results)) if self.compare is not None else []
        if planned:
            await self._compare(planned)
        if finished is not None:
            finished()

    def settle(self) -> None:
        """Nothing waits: a job's repetitions are one result already when they arrive."""

    async def _compare(self, jobs: Sequence[Job]) -> None:
        for watcher in self.watchers:
            watcher.comparing(len({key_of(job) for job in jobs}))
        found = self.counterparts = Gathered()

        def take(job: Job, message: ResultMessage | None, result: JobResult) -> None:
            del job, message
            found.results.append(result)
            self._send(ResultEvent(0, result, counterpart=True))

        def row(target: Target, line: str, row: TargetRow) -> None:
            del target, line
            found.rows[row.id] = row

        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await Performance(self, jobs, take, row).run(part="counterparts")
        for one in found.rows.values():
            self.store.target(one, counterpart=True)

    def _row(self, target: Target, line: str, row: TargetRow) -> None:
        self.rows[row.id] = row
        self.store.text(line)
        for watcher in self.watchers:
            watcher.target(target, "failed" if row.failed else "ready", row.failed)

    def _take(self, job: Job, message: ResultMessage | None, result: JobResult) -> None:
        lines = [one for one in self.known if stem(one.case) == stem(result.address)]
        row = self.rows.get(job.target.id)
        after = unexcused(result)
        after = judged(after, row, lines, self._today) if row is not None else after
        after = held_back(after, job.case.since, self.engine.corpus)
        self.results.append(after)
        if message is None:
            self._send(ResultEvent(job.position, after))
            return
        # The line is kept as it came unless the verdict changes here: to write its traffic again would cut it twice.
        line = message.result if after == result else text_of(patched(json.loads(message.result), after))
        self.store.verdict(after.verdict.value, line)
        for watcher in self.watchers:
            watcher.take(ResultEvent(job.position, after))

    def _send(self, event: ResultEvent) -> None:
        self.store.take(event)
        for watcher in self.watchers:
            watcher.take(event)


class Performance:
    """The tasks of some jobs. ``take`` is called with each job's result, once, and with the message that it came as;
    ``row`` with what became known of a target, and its line."""

    def __init__(
        self,
        session: ClusterSession,
        jobs: Sequence[Job],
        take: Callable[[Job, ResultMessage | None, JobResult], None],
        row: Callable[[Target, str, TargetRow], None],
    ) -> None:
        self._session = session
        self._jobs = jobs
        self._take = take
        self._row = row
        self._left: dict[str, dict[str, Job]] = {}
        self._cells: dict[str, list[str]] = {}
        for job in jobs:
            if job.case.address not in self._left.setdefault(job.target.id, {}):
                self._left[job.target.id][job.case.address] = job
                self._cells.setdefault(job.target.id, []).append(job.case.address)
        self._known: set[str] = set()

    async def run(self, part: str = "run") -> None:
        """Send the tasks, and take their results until all have ended. Cancels them when it is cancelled."""
        session, loop = self._session, asyncio.get_running_loop()
        arrived: asyncio.Queue[Mapping[str, Any] | TaskEnd] = asyncio.Queue()

        def put(item: Mapping[str, Any] | TaskEnd) -> None:
            with suppress(RuntimeError):  # the loop is closed: the run was interrupted
                loop.call_soon_threadsafe(arrived.put_nowait, item)

        topic = f"conformance-{session.run_id}-{part}"
        cluster = session.cluster
        orders = await asyncio.to_thread(
            orders_of, self._jobs, session.engine, session.named, session.run_id, topic, keep_all=session.keep_all
        )
        documents = [(one.target, one.to_json()) for one in orders]
        await asyncio.to_thread(cluster.listen, topic, put)
        futures = await asyncio.to_thread(
            cluster.submit, perform, documents, lambda name, value, why: put(TaskEnd(name, value, why))
        )
        waiting = {one.target for one in orders}
        try:
            while waiting:
                item = await arrived.get()
                if isinstance(item, TaskEnd):
                    self._end(item)
                    waiting.discard(item.target)
                else:
                    self._packet(str(item["target"]), item["lines"])
        finally:
            if waiting:
                # Shielded from the cancellation that led here; a scheduler that is gone may not hold up the end.
                await asyncio.wait([asyncio.ensure_future(asyncio.to_thread(cluster.cancel, futures))], timeout=5)

    def _end(self, ended: TaskEnd) -> None:
        if ended.value is not None:
            self._packet(ended.target, ended.value["lines"])
        trouble = ended.trouble or (str(ended.value["trouble"]) if ended.value is not None else "")
        if trouble and ended.target not in self._known:
            target = self._any(ended.target).target
            row = failed_row(target, StartError(trouble))
            self._row(target, text_of(target_document(row)), row)
        for job in list(self._left[ended.target].values()):
            del self._left[ended.target][job.case.address]
            reason = f"the task of {ended.target} ended without a result: {trouble or 'no reason is known'}"
            self._take(job, None, not_run(job, Verdict.ERROR, reason))

    def _packet(self, target: str, lines: Sequence[Sequence[Any]]) -> None:
        """Take the lines that have not come before: those of a task that runs twice come twice."""
        for values in lines:
            message = ResultMessage(*values)
            job = self._left[target].pop(self._cells[target][message.cell], None)
            row = message.row
            if row is not None and target not in self._known:
                self._known.add(target)
                self._row((job or self._any(target)).target, message.target, row)
            if job is not None:
                self._take(job, message, message.whole)

    def _any(self, target: str) -> Job:
        return next(job for job in self._jobs if job.target.id == target)
