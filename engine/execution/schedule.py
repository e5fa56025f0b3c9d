"""The schedule: targets are started ahead of need, with a limit of their number; a target's jobs run concurrently.

``lifetimes`` documents the results of the jobs of one target if its server dies.

Commands and pytest both use it. ``engine grid`` lets everything run at once; the pytest plugin lets jobs run only a
little ahead of the item that it is about to report, so that ``-x`` leaves little work behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from engine.errors import EngineError, StartError, Unfit
from engine.execution.job import Job
from engine.execution.lifetimes import LaunchRun
from engine.execution.planning.order import NONE, Batch, Expected, batches, queue, urgencies
from engine.execution.runner.runner import not_run
from engine.execution.slots import Slot, Slots
from engine.model.protocols import LiveTarget
from engine.model.target import ServerLaunch
from engine.model.verdict import JobResult, Verdict

Start = Callable[[ServerLaunch, Sequence[Job]], Awaitable[LiveTarget]]
Run = Callable[[Job, LiveTarget], Awaitable[JobResult]]
Report = Callable[[Job, JobResult], None]
Stop = Callable[[LiveTarget], Awaitable[object]]

# The time that the orders to stop the last targets have before ``finished`` is called, in seconds.
HEAD_START = 0.005


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a schedule, as numbers of targets and of jobs.

    Attributes:
        targets: the targets that are at work at a time.
        starting: those of them that may be starting: a start keeps the processor busy, while jobs mostly wait.
        lingering: further targets whose last jobs only wait.
        own: further targets that are dedicated to one job, and mostly wait for a start or an end; with 0 they are
            counted among ``targets``.
        concurrent: the jobs that run on one target at a time.
        serial: the configurations of targets on which one job runs at a time.
        ahead: the jobs by which the start of a target may run ahead of the jobs that were allowed.
    """

    targets: int = 4
    starting: int = 3
    lingering: int = 4
    own: int = 8
    concurrent: int = 16
    serial: frozenset[str] = frozenset()
    ahead: int = 200


def unknown(job: Job) -> float:
    """Expect the same of every job, so that jobs begin in the order of the run."""
    del job
    return 0.0


async def stopped(live: LiveTarget) -> None:
    """Stop a target."""
    await live.stop()


class Schedule:
    """Runs all jobs of a run, each once, and reports each result as it comes.

    Jobs that share a launch must follow each other: a batch holds its slot until its last job has begun, and if a
    job of another batch stood between, the two could wait for each other.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        start: Start,
        run: Run,
        report: Report,
        limits: Limits,
        *,
        expected: Expected = unknown,
        stop: Stop = stopped,
    ) -> None:
        """``stop`` is awaited with each target that has no more jobs, or that is over."""
        self._jobs = jobs
        self._stop = stop
        self._start = start
        self._run = run
        self._report = report
        self._limits = limits
        self._expected = expected
        self._allowed = len(jobs)
        self._changed = asyncio.Condition()
        self._starting = asyncio.Semaphore(limits.starting)
        self._urgencies = NONE
        self._slots: dict[ServerLaunch, Slot] = {}
        self._settled: dict[tuple[str, str, str, int], asyncio.Future[JobResult]] = {}
        self._stopping: set[asyncio.Task[object]] = set()

    def revise(self, jobs: Sequence[Job]) -> None:
        """Replace the jobs by other versions of the same ones; to be called before ``run``."""
        self._jobs = jobs

    async def allow(self, position: int) -> None:
        """Let every job before this position begin. Before the first call every job may."""
        async with self._changed:
            self._allowed = position
            self._changed.notify_all()

    def hold(self) -> None:
        """Let no job begin until ``allow`` is called; to be called before ``run``."""
        self._allowed = 0

    async def run(self, finished: Callable[[], None] | None = None) -> None:
        """Run until every job has its result, and every target is stopped. Cancelling it stops the targets as well.

        ``finished`` is called when every job has its result and the last targets have been asked to stop: a server
        without work may take a second to exit, and the results do not depend on it.
        """
        loop = asyncio.get_running_loop()
        for job in self._jobs:
            self._settled[_key(job, job.case.id)] = loop.create_future()
        runnable = batches(job for job in self._jobs if not job.left_out)
        self._urgencies = urgencies(runnable, self._expected, self._limits.concurrent)
        try:
            async with asyncio.TaskGroup() as group:
                for job in self._jobs:
                    if job.left_out:
                        group.create_task(self._leave_out(job))
                limits = self._limits
                sorts: dict[bool, list[Batch]] = {False: [], True: []}
                for batch in runnable:
                    sorts[bool(limits.own and batch.launch.lifespan_of)].append(batch)
                group.create_task(self._in_turn(sorts[False], Slots(limits.targets, limits.lingering), group))
                group.create_task(self._in_turn(sorts[True], Slots(limits.own, 0), group))
            if finished is not None:
                await asyncio.sleep(HEAD_START)
                finished()
        finally:
            if self._stopping:
                await asyncio.shield(asyncio.gather(*self._stopping, return_exceptions=True))

    async def _in_turn(self, chosen: Sequence[Batch], slots: Slots, group: asyncio.TaskGroup) -> None:
        """Begin batches, each as soon as it has a slot."""
        left = list(chosen)
        while left:
            slot = await slots.take()
            batch = await self._next(left)
            left.remove(batch)
            self._slots[batch.launch] = slot
            group.create_task(self._batch(batch))

    async def _next(self, left: Sequence[Batch]) -> Batch:
        """The batch to begin: the most urgent of those whose jobs were all let go, or else the first that is near
        enough. One that waits to be let go itself never takes the place of an earlier one."""
        await self._until(left[0].jobs[0].position - self._limits.ahead)
        free = [batch for batch in left if self._free(batch)]
        return max(free, key=lambda batch: self._urgencies.launches[batch.launch]) if free else left[0]

    def _free(self, batch: Batch) -> bool:
        """True if all jobs of a batch were let go."""
        return batch.jobs[-1].position < self._allowed

    async def _until(self, position: int) -> None:
        if position < self._allowed:
            return
        async with self._changed:
            await self._changed.wait_for(lambda: position < self._allowed)

    async def _leave_out(self, job: Job) -> None:
        await self._until(job.position)
        self.settle(job, not_run(job, Verdict.UNSUPPORTED, job.left_out))

    async def _batch(self, batch: Batch) -> None:
        # Within a window every job that was let go begins at once, and the order of the run is the one to keep.
        jobs = queue(batch, self._urgencies) if self._free(batch) else batch.jobs
        try:
            alone = batch.launch.target.configuration in self._limits.serial
            await LaunchRun(batch.launch, jobs, self, 1 if alone else self._limits.concurrent).run()
        finally:
            self._slots.pop(batch.launch).leave()

    # The interface for a launch: lifetimes.Owner

    async def begin(self, launch: ServerLaunch, jobs: Sequence[Job]) -> LiveTarget:
        """Start a target. Raises EngineError."""
        if self._limits.own and launch.lifespan_of:
            return await self._start(launch, jobs)
        async with self._starting:
            return await self._start(launch, jobs)

    async def perform(self, job: Job, live: LiveTarget) -> JobResult:
        """The result of a job on a live target."""
        return await self._run(job, live)

    def may_go(self, job: Job) -> bool:
        """True if a job was let go."""
        return job.position < self._allowed

    async def until_allowed(self, job: Job) -> None:
        """Wait until a job is let go."""
        await self._until(job.position)

    def drained(self, launch: ServerLaunch) -> None:
        """No job of a launch is left to begin."""
        self._slots[launch].drained()

    async def blocked(self, job: Job) -> str:
        """Wait for the cases that a job depends on. Returns the reason why it is blocked, or "".

        A case that stands later in the run is not waited for: both could wait for ever.
        """
        for other in self._jobs:
            same_place = other.target == job.target and other.case.file == job.case.file
            if not same_place or not job.case.needs_first(other.case):
                continue
            if other.repeat != job.repeat and not other.left_out:
                continue
            if other.position >= job.position:
                return f"it depends on {other.case.id}, which this run has after it"
            result = await asyncio.shield(self._settled[_key(other, other.case.id)])
            if not result.verdict.good:
                return f"it depends on {other.case.id}, whose verdict is {result.verdict.value}"
        return ""

    async def refuse(self, jobs: Sequence[Job], error: EngineError, what: str) -> None:
        """Settle jobs that could not run. ``what`` is a clause about the target, ``error`` the cause of it."""
        # A target that starts without a case's options has no row that would show the hint.
        reason = f"{what}: {error.what}" + (f": {error.hint}" if error.hint else "")
        verdict, log = Verdict.ERROR, error.log if isinstance(error, StartError) else ""
        if isinstance(error, Unfit):
            verdict, reason = Verdict.UNSUPPORTED, error.what
        for job in jobs:
            await self._until(job.position)
            self.settle(job, replace(not_run(job, verdict, reason), log=log))

    def settle(self, job: Job, result: JobResult) -> None:
        """Report a result, unless the job has one."""
        future = self._settled[_key(job, job.case.id)]
        if not future.done():
            future.set_result(result)
            self._report(job, result)

    def end(self, live: LiveTarget) -> None:
        """End a target while the next one starts: a server without work may take a second to exit."""
        task: asyncio.Task[object] = asyncio.ensure_future(self._stop(live))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)


def _key(job: Job, case: str) -> tuple[str, str, str, int]:
    return job.target.id, job.case.file, case, job.repeat
