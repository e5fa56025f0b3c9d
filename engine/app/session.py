"""A run: jobs, a runtime that starts targets, a store that keeps verdicts, and whoever watches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol

from engine.app.counterparts import PATIENCE
from engine.app.durations import Durations
from engine.app.repeating import Repeats, concurrent, key_of, to_recheck
from engine.channels.tcp import open_soon, open_tcp
from engine.errors import EngineError, EnvironmentFailed, StartError, Unfit
from engine.execution.job import Job
from engine.execution.runner.trimming import Budget
from engine.execution.schedule import Limits, Schedule, Stop, stopped, unknown
from engine.model.baseline import KnownFailure
from engine.model.protocols import Boundary, Channel, LiveTarget
from engine.model.result_event import ResultEvent
from engine.model.target import ServerLaunch, Target
from engine.model.tls import TlsClientOptions
from engine.model.verdict import JobResult
from engine.protocols.http2.frames import PREFACE
from engine.results.analysis.flakiness import rechecked
from engine.results.baseline.baseline import judged, stem
from engine.results.baseline.corpus import held_back
from engine.results.record.store import Store, TargetRow, event_line, target_document

# A function from jobs and their results to the additional jobs, so that failures can be compared.
Compare = Callable[[Sequence[Job], Sequence[JobResult]], Sequence[Job]]

# A rerun in isolation has no concurrent job, on its target or on another one.
ALONE = Limits(targets=1, lingering=0, own=0, concurrent=1)


class Runtime(Protocol):
    """The interface of a runtime, which starts targets. Raises StartError or EnvironmentFailed."""

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> LiveTarget: ...

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        """Those of some capabilities that a target does not claim, and that a probe finds there all the same."""
        ...


class JobRunner(Protocol):
    """The interface of a runner of jobs."""

    async def run(self, job: Job, live: LiveTarget) -> JobResult:
        """The result of a job on a target."""
        ...

    def script_of(self, job: Job, host: str) -> dict[str, object] | None:
        """The script of the application for a job, None without one."""
        ...


class Watcher(Protocol):
    """An observer of a run's progress. Called on the event loop of the run."""

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """A target's state: ``starting``, ``ready``, ``failed``, ``stopped``."""
        ...

    def take(self, event: ResultEvent) -> None:
        """A job has a result, a rerun in isolation has ended, or a counterpart has a result."""
        ...

    def comparing(self, cells: int) -> None:
        """After the run's own jobs: so many counterparts are run, each of which is an event of its own."""
        ...


@dataclass(slots=True)
class CounterpartEvents:
    """Watches the session of counterparts for another session, and passes on its results, marked."""

    send: Callable[[ResultEvent], None]

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """Do nothing: the user did not select the targets of counterparts."""

    def take(self, event: ResultEvent) -> None:
        """A counterpart has a result."""
        self.send(replace(event, counterpart=True))

    def comparing(self, cells: int) -> None:
        """Ignored: counterparts have no counterparts."""


@dataclass(slots=True)
class RunSession:
    """One run, from its first start to its last stop. With ``recheck``, failures are rerun in isolation before the end.
    ``compare`` says which jobs are run last, for comparison (``engine.app.counterparts``); their session is
    ``counterparts``. By ``durations`` the longest jobs begin first; those of this run are added to them. ``stop`` is
    awaited with each target that the run no longer needs.

    Jobs that differ only in their ``repeat`` have one result, which is reported for the first of them.
    """

    jobs: Sequence[Job]
    runtime: Runtime
    runner: JobRunner
    store: Store | None
    watchers: Sequence[Watcher]
    limits: Limits = field(default_factory=Limits)
    known: Sequence[KnownFailure] = ()
    recheck: bool = False
    durations: Durations | None = None
    compare: Compare | None = None
    corpus: str = ""
    stop: Stop = stopped
    rows: dict[str, TargetRow] = field(default_factory=dict)
    results: list[JobResult] = field(default_factory=list)
    failures: dict[str, EngineError] = field(default_factory=dict)
    schedule: Schedule = field(init=False)
    counterparts: RunSession | None = field(init=False, default=None)
    _known: dict[str, list[KnownFailure]] = field(init=False, default_factory=dict)
    _repeats: Repeats = field(init=False)
    _budget: Budget = field(init=False, default_factory=Budget)
    _started: set[ServerLaunch] = field(init=False, default_factory=set)
    _today: date = field(init=False, default_factory=date.today)

    def __post_init__(self) -> None:
        for line in self.known:
            self._known.setdefault(stem(line.case), []).append(line)
        self._repeats = Repeats.of(self.jobs)
        expected = self.durations.expected if self.durations is not None else unknown
        self.schedule = Schedule(
            self.jobs, self._start, self.runner.run, self._report, self.limits, expected=expected, stop=self.stop
        )

    async def run(self, finished: Callable[[], None] | None = None) -> None:
        """Until every job has its verdict and every target is stopped; the same when it is cancelled.

        ``finished`` is called in between, while the last targets are being stopped.
        """
        self.jobs = await confirmed(self.jobs, self.runtime.unclaimed)
        self.schedule.revise(self.jobs)
        started = {job.target for job in self.jobs if not job.left_out}
        for target in dict.fromkeys(job.target for job in self.jobs):
            if target not in started:
                # Its cases are reported as unsupported anyway.
                self._row(_bare(target))
        planned: list[Job] = []

        def over() -> None:
            planned.extend(self.compare(self.jobs, self.results) if self.compare is not None else ())
            if finished is not None and not (self.recheck or planned):
                finished()

        try:
            await self.schedule.run(over)
        finally:
            if self.durations is not None:
                self.durations.keep()
        if self.recheck:
            await self.run_again(None if planned else finished)
        if planned:
            await self.run_counterparts(planned)
            if finished is not None:
                finished()

    async def run_counterparts(self, jobs: Sequence[Job]) -> list[dict[str, Any]]:
        """Run jobs for comparison, and keep their results apart. The lines about it in the run's file. Results that are
        missing after PATIENCE seconds are left out."""
        for watcher in self.watchers:
            watcher.comparing(len({key_of(job) for job in jobs}))
        events = CounterpartEvents(self._send)
        beside = self.counterparts = RunSession(jobs, self.runtime, self.runner, None, [events], self.limits)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await beside.run()
        if self.store is not None:
            for row in beside.rows.values():
                self.store.target(row, counterpart=True)
        found = [ResultEvent(0, result, counterpart=True) for result in beside.results]
        return [*(target_document(row, counterpart=True) for row in beside.rows.values()), *map(event_line, found)]

    async def run_again(self, finished: Callable[[], None] | None = None) -> None:
        """Rerun failures, one job at a time and nothing else meanwhile. The first verdicts stand."""
        jobs = to_recheck(self.jobs, self.results)
        repeats = Repeats.of(jobs)

        def take(job: Job, result: JobResult) -> None:
            settled = repeats.take(job, result)
            if settled is not None:
                self._rechecked(*settled)

        # One after the other, since a schedule runs a job's own process at the same time as a shared one.
        shared = [job for job in jobs if not job.launch.lifespan_of]
        own = [job for job in jobs if job.launch.lifespan_of]
        for part, over in ((shared, None), (own, finished)):
            schedule = Schedule(part, self._start, self.runner.run, take, ALONE)
            await schedule.allow(len(jobs))
            await schedule.run(over)

    def settle(self) -> None:
        """Report what there is of jobs that were not run as often as they should have been: the run was cut short."""
        for job, result in self._repeats.rest():
            self._take(job, result)

    async def _start(self, launch: ServerLaunch, jobs: Sequence[Job]) -> LiveTarget:
        target = launch.target
        plain = not launch.options and not launch.lifespan_of
        if target.id in self.failures and not plain:
            raise self.failures[target.id]
        self._tell(target, "starting", launch.id if not plain else "")
        try:
            live = await self.runtime.start(launch, self._preparation(launch, jobs))
        except Unfit as error:
            self.failures[target.id] = error
            self._row(_bare(target))
            self._tell(target, "stopped", error.what)
            raise
        except EngineError as error:
            # A target that has run, and cannot be started once more, is no target that does not start.
            if launch not in self._started and (plain or isinstance(error, EnvironmentFailed)):
                self.failures[target.id] = error
                self._row(failed_row(target, error))
            elif target.id not in self.rows:  # it may still start otherwise; until then this is all that is known of it
                self._row(failed_row(target, error))
            self._tell(target, "failed", error.what)
            raise
        self._started.add(launch)
        row = self.rows.get(target.id)
        # A server that a step starts does not run yet, and of one that failed to start nothing is known.
        if row is None or (row.failed and target.id not in self.failures) or not row.found_loop:
            self._row(live_row(target, live))
        # Options are probed when the first launch has some.
        elif set(live.facts.refuted) - set(row.refuted):
            self._row(replace(row, refuted=live.facts.refuted))
        self._tell(target, "ready")
        return live

    def _preparation(self, launch: ServerLaunch, jobs: Sequence[Job]) -> Callable[[Boundary], None] | None:
        """Puts the script of a case with a process of its own where the application finds it when it starts."""
        if not launch.lifespan_of:
            return None
        job = jobs[0]

        def prepare(boundary: Boundary) -> None:
            script = self.runner.script_of(job, "")
            if script is not None:
                boundary.stage(job.id, script)

        return prepare

    def _row(self, row: TargetRow) -> None:
        self.rows[row.id] = row
        if self.store is not None:
            self.store.target(row)

    def _tell(self, target: Target, state: str, detail: str = "") -> None:
        for watcher in self.watchers:
            watcher.target(target, state, detail)

    def _report(self, job: Job, result: JobResult) -> None:
        if self.durations is not None and result.seconds:
            self.durations.take(job, result.seconds)
        settled = self._repeats.take(job, self._budget.fit(result))
        if settled is not None:
            self._take(*settled)

    def _take(self, job: Job, result: JobResult) -> None:
        row = self.rows.get(job.target.id) or _bare(job.target)
        result = judged(result, row, self._known.get(job.case.stem, ()), self._today)
        result = held_back(result, job.case.since, self.corpus)
        self.results.append(result)
        self._send(ResultEvent(job.position, result))

    def _rechecked(self, job: Job, again: JobResult) -> None:
        key = key_of(job)
        index = next(index for index, one in enumerate(self.results) if (one.address, one.target) == key)
        result = rechecked(self.results[index], again, was_concurrent=concurrent(job))
        self.results[index] = result
        position = next(one.position for one in self.jobs if key_of(one) == key)
        self._send(ResultEvent(position, result, attempt=2))

    def _send(self, event: ResultEvent) -> None:
        """Hand a result to the record and to every watcher."""
        if self.store is not None:
            self.store.take(event)
        for watcher in self.watchers:
            watcher.take(event)


def _bare(target: Target) -> TargetRow:
    return TargetRow(
        target.id, target.server, target.framework, target.loop, target.gateway, target.runtime,
        release=target.release, variant=target.variant, interface=target.interface, source=target.source,
        given=target.given, framework_release=target.framework_release, framework_source=target.framework_source,
        application=target.answers is not None,
        http=target.http,
        interpreter=target.interpreter,
        upstream=target.upstream,
    )  # fmt: skip


async def confirmed(
    jobs: Sequence[Job], unclaimed: Callable[[Target, Collection[str]], Awaitable[frozenset[str]]]
) -> Sequence[Job]:
    """The jobs, including those that were skipped for an undeclared capability that the probe found: the declaration of
    a server is believed once it has been probed, or if it cannot be probed."""
    lacks: dict[Target, set[str]] = {}
    for job in jobs:
        if job.lacks:
            lacks.setdefault(job.target, set()).update(job.lacks)
    found: dict[Target, frozenset[str]] = {}
    for target, words in lacks.items():
        with suppress(EngineError):
            found[target] = await unclaimed(target, words)
    return [
        replace(job, left_out="", lacks=())
        if job.lacks and found.get(job.target, frozenset()).issuperset(job.lacks)
        else job
        for job in jobs
    ]


def live_row(target: Target, live: LiveTarget) -> TargetRow:
    """The row of a target that became ready."""
    facts = live.facts
    return replace(
        _bare(target),
        found_loop=facts.loop_name,
        python=facts.python,
        versions=dict(sorted(facts.versions.items())),
        version=facts.version,
        commit=facts.commit,
        framework_version=facts.framework_version,
        framework_commit=facts.framework_commit,
        offers=facts.offers,
        refuted=facts.refuted,
    )


def failed_row(target: Target, error: EngineError) -> TargetRow:
    """The row of a target that did not start."""
    log = error.log if isinstance(error, (StartError, EnvironmentFailed)) else ""
    return replace(_bare(target), failed=error.what, hint=error.hint, log=log)


async def open_channel(
    address: tuple[str, int],
    subject: str,
    receive_buffer: int | None = None,
    tls_options: TlsClientOptions | None = None,
    soon: bool = False,
) -> Channel:
    """A recording TCP stream, with TLS where ``tls_options`` begins it. With ``soon``, the first bytes are HTTP/2's
    preface, and the server may decide between protocols by what comes within a second. Raises ConnectionRefused, and
    HandshakeFailed."""
    if tls_options is not None:
        from engine.channels.tls import open_tls  # OpenSSL is for those runs that have TLS

        return await open_tls(address, tls_options, label=subject, receive_buffer=receive_buffer)
    if soon:
        return await open_soon(address, PREFACE, label=subject, receive_buffer=receive_buffer)
    return await open_tcp(address, label=subject, receive_buffer=receive_buffer)


def event_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    """The factory of the engine's own loop: uvloop."""
    import uvloop

    return uvloop.new_event_loop
