"""Running the jobs of one launch on a server that may die at any time.

Theory of operation
===================

A launch is a way to start a server; a *lifetime* is one such start, from ready to its end. Jobs of a launch run
concurrently on one lifetime, so when the server dies, the job that killed it is one of several, and the others see
broken connections. No result may depend on that. So a result is provisional until the server has outlived it.

States of a job::

    waiting --> running --> provisional --> final
       ^          |              |
       |          |              +--> suspect --> rerun by itself --> final
       +----------+ (it began after the server had died)

Rules:

1. A result is provisional for ``OUTLIVES`` seconds. Then the server's process is checked again (``check``), and if it
   still runs, the result is final. One task for each lifetime does this for all results together (``_watch``).
2. A lifetime is over when the server's main process has *ended*. If a job does not pass, it is also over if a *worker*
   has gone, or if the server is *silent*: GET /health is not answered, although the engine asks several times and waits
   long (``LiveTarget.answers``), since a starved server is not silent. No job begins then; running jobs are left to
   end.
3. Jobs that are provisional or running at that moment are *suspects*. A job that began after the process had ended is
   no suspect: it waits again.
4. A single suspect is responsible. Several are rerun on a new server, one at a time, and after each the server is
   watched for ``OUTLIVES`` and checked (``_alone``). The one under which the server ends is responsible, and every
   other one has the verdict of its rerun. Those that had passed run last.
5. The responsible job is a ``crash``, unless the server is silent and the job did not pass: it then keeps its own
   verdict, such as ``timeout``, with a remark about the silence.
6. If no suspect causes the end by itself, it takes several at a time, or chance. The end must remain visible, so each
   suspect that did not pass keeps its verdict, and its reason says so. From then on the launch's jobs run one at a
   time, since the result of a suspect among concurrent jobs proves nothing.
7. A job therefore runs twice at most. This limits the number of restarts, without a count that one job could exhaust
   for others. Lifetimes in which no job began, and restarts that fail, are counted: after ``BARREN`` in a row the
   remaining jobs are an ``error``. So are all jobs if the first start fails.
8. The end of a server that is dedicated to one job affects no other job, and may be intended. The runner decides.
9. A cancelled run keeps the provisional results on a server that was not seen to end.

Limits: a server that dies more than ``OUTLIVES`` after the job that caused it is charged to the jobs that run then, or
to none. A job that waits for another (``depends_on``), or for permission to run, gives up waiting when the lifetime is
over, since the other may be a suspect that becomes final on a later one.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol, TypeVar

from engine.errors import EngineError, StartError
from engine.execution.concurrency_gate import ConcurrencyGate
from engine.execution.job import Job
from engine.execution.runner.runner import LOG, died, not_run
from engine.model.network import display
from engine.model.protocols import LiveTarget
from engine.model.target import ServerLaunch
from engine.model.verdict import JobResult, Verdict

# The seconds that a server must outlive a result for the result to count: longer than a process takes to end once it
# has dropped its connections, and short in comparison with a start.
OUTLIVES = 0.05
# The least time between two checks of a server while jobs run on it, in seconds: a check asks another process.
LOOKS = 0.02

# The number of restarts that failed, or lifetimes without a job, in a row that ends the launch.
BARREN = 3

T = TypeVar("T")


class Owner(Protocol):
    """The interface of the schedule for a launch."""

    async def begin(self, launch: ServerLaunch, jobs: Sequence[Job]) -> LiveTarget:
        """A live target. Raises EngineError."""
        ...

    async def perform(self, job: Job, live: LiveTarget) -> JobResult: ...

    def settle(self, job: Job, result: JobResult) -> None: ...

    async def refuse(self, jobs: Sequence[Job], error: EngineError, what: str) -> None:
        """Settle jobs that could not run."""
        ...

    def may_go(self, job: Job) -> bool: ...

    async def until_allowed(self, job: Job) -> None: ...

    def drained(self, launch: ServerLaunch) -> None:
        """No job of a launch is left to begin. May be called again."""
        ...

    async def blocked(self, job: Job) -> str:
        """Wait for the cases that a job depends on. Returns the reason why it is blocked, or ""."""
        ...

    def end(self, live: LiveTarget) -> None:
        """Stop a target, without waiting for it."""
        ...


@dataclass(frozen=True, slots=True)
class FinishedJob:
    """A job whose result is not settled. ``began`` and ``at`` are the times of its begin and of its result, in seconds
    on the engine's clock."""

    job: Job
    result: JobResult
    began: float
    at: float


class EndReason(Enum):
    """The reason why a lifetime is over."""

    ENDED = "its main process ended"
    WORKER = "a worker that served it is gone"
    SILENT = "it does not answer"


@dataclass(frozen=True, slots=True)
class LifetimeEnd:
    """The end of a lifetime: its reason, and a clause about it for people."""

    sort: EndReason
    how: str


@dataclass(slots=True)
class Death:
    """The end of a lifetime, its suspects, and the results of those that were rerun by themselves."""

    end: LifetimeEnd
    suspects: deque[FinishedJob]
    cleared: list[tuple[FinishedJob, JobResult]] = field(default_factory=list)
    guilty: bool = False


@dataclass(slots=True)
class Lifetime:
    """A server while jobs run on it concurrently. ``end`` is None while it lives."""

    live: LiveTarget
    gate: ConcurrencyGate
    finished: deque[FinishedJob] = field(default_factory=deque)
    begun: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    end: LifetimeEnd | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    idle: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def dead(self) -> bool:
        """True if it is over, as far as is known without a check."""
        if self.end is None and self.live.ended is not None:
            self.finish(LifetimeEnd(EndReason.ENDED, died(self.live)))
        return self.end is not None

    def finish(self, end: LifetimeEnd) -> None:
        """Note that it is over."""
        self.end = self.end or end
        self.over.set()
        self.news.set()


class LaunchRun:
    """The jobs of one launch, until each has its result."""

    def __init__(self, launch: ServerLaunch, jobs: Sequence[Job], owner: Owner, concurrent: int) -> None:
        """``concurrent`` is the number of jobs that may run at the same time."""
        self._launch = launch
        self._waiting = list(jobs)
        self._owner = owner
        self._concurrent = concurrent
        self._death: Death | None = None

    async def run(self) -> None:
        """Start the server as often as necessary. Every job is settled, whatever the server does."""
        lives = barren = 0
        while left := self._left():
            before = len(self._waiting), len(left)
            try:
                live = await self._owner.begin(self._launch, left)
            except EngineError as error:
                barren += 1
                if not lives:
                    await self._owner.refuse(left, error, "the target did not start")
                elif barren >= BARREN:
                    await self._owner.refuse(left, error, "the target died, and did not start again")
                else:
                    continue
                return
            lives += 1
            try:
                await self._live(live)
            finally:
                self._owner.end(live)
            barren = barren + 1 if (len(self._waiting), len(self._left())) == before else 0
            if barren >= BARREN:
                trouble = StartError(f"it died {BARREN} times in a row while no case was running", hint="see its log")
                await self._owner.refuse(self._left(), trouble, "the target does not stay up")
                return

    def _left(self) -> list[Job]:
        suspects = self._death.suspects if self._death is not None else ()
        return [*(one.job for one in suspects), *self._waiting]

    async def _live(self, live: LiveTarget) -> None:
        """One lifetime."""
        if self._launch.lifespan_of:
            while self._waiting:
                await self._own(self._waiting.pop(0), live)
        elif await self._alone(live):
            await self._together(live)

    async def _own(self, job: Job, live: LiveTarget) -> None:
        await self._owner.until_allowed(job)
        blocked = await self._owner.blocked(job) if job.case.depends_on else ""
        result = not_run(job, Verdict.BLOCKED, blocked) if blocked else await self._owner.perform(job, live)
        self._owner.settle(job, result)

    # One at a time

    async def _alone(self, live: LiveTarget) -> bool:
        """Run suspects one at a time until none is left or the server dies. Returns True if it lives."""
        death = self._death
        end: LifetimeEnd | None = None
        while death is not None and death.suspects and end is None:
            if live.ended is not None:  # before any suspect ran
                return False
            suspect = death.suspects.popleft()
            result, end = await self._watched(suspect.job, live)
            if end is not None:
                death.guilty = True
                self._owner.settle(suspect.job, guilty(result, end, live))
            else:
                death.cleared.append((suspect, result))
        if death is not None and not death.suspects:
            if blamed(death):
                self._concurrent = 1
            for job, result in verdicts(death):
                self._owner.settle(job, result)
            self._death = None
        return end is None

    async def _watched(self, job: Job, live: LiveTarget) -> tuple[JobResult, LifetimeEnd | None]:
        """Run a job with no other job at the same time. Its result, and how the server ended, None if it lives on."""
        result = await self._owner.perform(job, live)
        await asyncio.sleep(OUTLIVES)
        await live.check()
        if live.ended is not None or result.verdict is Verdict.CRASH:
            return result, end_of(result, live)
        if await live.answers():
            return result, None
        silence = LifetimeEnd(EndReason.SILENT, silent(live))
        return result, silence if live.ended is None else end_of(result, live)

    # Concurrently

    async def _together(self, live: LiveTarget) -> None:
        """Run jobs concurrently until all are settled or the server dies, and find the suspects then."""
        life = Lifetime(live, ConcurrencyGate(self._concurrent))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch(life))
                jobs = self._queue()
                async with asyncio.TaskGroup() as workers:
                    for _ in range(min(self._concurrent, len(self._waiting))):
                        workers.create_task(self._work(life, jobs))
                life.idle = True
                life.news.set()
        except asyncio.CancelledError:
            # Ctrl-C leaves no time to see whether the server outlives them; nothing speaks against them so far.
            for one in () if life.dead() else life.finished:
                self._owner.settle(one.job, one.result)
            raise
        late = self._bury(life, life.end) if life.end is not None else frozenset()
        self._waiting = [job for job in self._waiting if job.position in late or job.position not in life.begun]

    def _queue(self) -> Iterator[Job]:
        for left, job in enumerate(self._waiting, 1 - len(self._waiting)):
            if not left:
                self._owner.drained(self._launch)
            yield job

    async def _work(self, life: Lifetime, jobs: Iterator[Job]) -> None:
        # Each takes the next job of the queue. None waits for a job that is still in the queue: a case stands behind
        # the cases that it depends on, and the gate admits jobs in the order in which they come.
        for job in jobs:
            if not self._owner.may_go(job):
                await _unless(life.over, self._owner.until_allowed(job))
            if life.dead():
                return
            blocked: str | None = ""
            if job.case.depends_on:
                blocked = await _unless(life.over, self._owner.blocked(job))
            if blocked:
                life.begun.add(job.position)
                self._owner.settle(job, not_run(job, Verdict.BLOCKED, blocked))
            elif blocked is not None:
                await self._one(job, life)

    async def _one(self, job: Job, life: Lifetime) -> None:
        await life.gate.enter(job.case.alone)
        try:
            if life.dead():
                return
            life.begun.add(job.position)
            began = time.monotonic()
            result = await self._owner.perform(job, life.live)
        finally:
            life.gate.leave(job.case.alone)
        life.finished.append(FinishedJob(job, result, began, time.monotonic()))
        if result.verdict is Verdict.CRASH:
            life.finish(end_of(result, life.live))
        life.news.set()

    async def _watch(self, life: Lifetime) -> None:
        """Settle the results that the server has outlived, until it dies or all are settled."""
        looked = 0.0
        while life.finished or not life.idle:
            if not life.finished:
                life.news.clear()
                await life.news.wait()
                continue
            due_at = life.finished[0].at + OUTLIVES
            if not life.idle:
                due_at = max(due_at, looked + LOOKS)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due_at - time.monotonic())):
                    await life.over.wait()
            looked = time.monotonic()
            outlived = looked - OUTLIVES
            await life.live.check()
            due = [one for one in life.finished if one.at <= outlived]
            broken = [one for one in due if one.result.verdict is not Verdict.PASS]
            if broken and not life.dead():
                await self._look_into(life)
            if life.dead():
                return
            for one in due:
                life.finished.popleft()
                self._owner.settle(one.job, one.result)

    @staticmethod
    async def _look_into(life: Lifetime) -> None:
        """Check a server on which jobs did not pass: for lost workers, and for an answer."""
        gone = set(life.live.workers_lost) - life.lost
        life.lost |= gone
        if gone:
            life.finish(LifetimeEnd(EndReason.WORKER, f"worker {', '.join(map(str, sorted(gone)))} is gone"))
            return
        await life.gate.enter("")  # no exclusive job runs meanwhile
        try:
            if not await life.live.answers() and not life.dead():
                life.finish(LifetimeEnd(EndReason.SILENT, silent(life.live)))
        finally:
            life.gate.leave("")

    def _bury(self, life: Lifetime, end: LifetimeEnd) -> frozenset[int]:
        """Report the suspects of a lifetime's end. Returns the positions of those that began after it."""
        ended = end.sort is EndReason.ENDED
        late = {one.job.position for one in life.finished if ended and one.began > life.live.ended_at}
        suspects = [one for one in life.finished if one.job.position not in late]
        if len(suspects) == 1:
            self._owner.settle(suspects[0].job, guilty(suspects[0].result, end, life.live))
        elif suspects:
            # Of those that had passed, the latest is the likeliest.
            failed = [one for one in suspects if one.result.verdict is not Verdict.PASS]
            passed = [one for one in suspects if one.result.verdict is Verdict.PASS]
            self._death = Death(end, deque([*failed, *reversed(passed)]))
        return frozenset(late)


def blamed(death: Death) -> frozenset[int]:
    """The jobs that are charged with an end that none of its suspects caused by itself, as positions: those that the
    runner saw crash; if there are none, because the end was noticed late, those that did not pass; else all. Pure."""
    if death.guilty:
        return frozenset()
    every = [one for one, _ in death.cleared]
    found = [one for one in every if one.result.verdict is Verdict.CRASH]
    if not found and death.end.sort is not EndReason.WORKER:
        found = [one for one in every if one.result.verdict is not Verdict.PASS] or every
    return frozenset(one.job.position for one in found)


def verdicts(death: Death) -> list[tuple[Job, JobResult]]:
    """The results of suspects, if the server did not end under any of them in isolation. Pure."""
    fallen = blamed(death)
    many = sum(one.result.verdict is not Verdict.PASS for one, _ in death.cleared)
    when = f"while {many} cases ran concurrently" if many > 1 else "while this case ran"
    found: list[tuple[Job, JobResult]] = []
    for one, alone in death.cleared:
        if one.job.position in fallen:
            reason = f"{death.end.how}, {when}; in isolation this one ends as {alone.verdict.value}"
            own = death.end.sort is EndReason.SILENT and not one.result.verdict.good
            found.append(
                (one.job, replace(one.result, verdict=one.result.verdict if own else Verdict.CRASH, reason=reason))
            )
        else:
            found.append((one.job, alone))
    return found


def end_of(result: JobResult, live: LiveTarget) -> LifetimeEnd:
    """The end of a lifetime in which the runner saw a crash: that of the process, if it is known, or of a worker."""
    if live.ended is not None:
        return LifetimeEnd(EndReason.ENDED, died(live))
    return LifetimeEnd(EndReason.WORKER, result.reason)


def silent(live: LiveTarget) -> str:
    """A clause about a server that runs and does not answer."""
    return f"the server at {display(live.address)} no longer answers, but its process is still running"


def guilty(result: JobResult, end: LifetimeEnd, live: LiveTarget) -> JobResult:
    """The result of a job during which, or just after which, the server ended."""
    if result.verdict is Verdict.CRASH or (end.sort is EndReason.WORKER and result.verdict is not Verdict.PASS):
        return result
    log = result.log or live.log()[-LOG:]
    if result.verdict.good:
        came = "passed" if result.verdict is Verdict.PASS else f"ended as {result.verdict.value}"
        return replace(result, verdict=Verdict.CRASH, reason=f"{end.how}, just after this case had {came}", log=log)
    if end.sort is EndReason.SILENT:
        return replace(result, reason=f"{result.reason}; {end.how}", log=log)
    return replace(result, verdict=Verdict.CRASH, reason=end.how, log=log)


async def _unless(over: asyncio.Event, waiting: Awaitable[T]) -> T | None:
    """Await the result of ``waiting``; None if the event ``over`` comes first."""
    wanted = asyncio.ensure_future(waiting)
    ending = asyncio.ensure_future(over.wait())
    try:
        await asyncio.wait([wanted, ending], return_when=asyncio.FIRST_COMPLETED)
        return wanted.result() if wanted.done() else None
    finally:
        for task in (wanted, ending):
            task.cancel()
