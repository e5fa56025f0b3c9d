"""Running the jobs of one launch on a server that may die at any time.

Theory of operation
===================

A launch is a way to start a server; a *lifetime* is one such start, from ready to its end. Jobs of a launch run side by
side on one lifetime, so when the server dies, the job that killed it is one of several, and the others see broken
connections. No result may depend on that. So a result is provisional until the server has outlived it.

States of a job::

    waiting --> under way --> provisional --> settled
       ^            |              |
       |            |              +--> suspect --> under way alone --> settled
       +------------+ (it began after the server had died)

Rules:

1. A result is provisional for ``OUTLIVES`` seconds. Then the server's process is asked for anew (``check``), and if it
   still runs, the result is settled. One task a lifetime does this for all results together (``_watch``).
2. A lifetime is over when the server's main process has ended, when nobody listens at its address any more, or when a
   worker has gone under a job that did not pass. No job begins then; those under way are left to end.
3. What is provisional or under way at that moment is a *suspect*. A job that began after the death is no suspect: it
   waits again.
4. A single suspect is to blame, and is a ``crash``. Several run again on a new server, one at a time, and the server
   is watched for ``OUTLIVES`` after each (``_alone``). The one under which it dies is a ``crash``; every other one has
   the verdict that it came to alone. Those that had passed run last.
5. Where no suspect kills the server alone, it takes several at a time, or chance. The death must show all the same,
   so each suspect that had crashed is a ``crash``, and its reason says so. From then on the launch's jobs run one at a
   time, since in company their results are worth nothing.
6. A job therefore runs twice at most. Restarts are bounded by that, and need no count that one job could exhaust for
   others. Lifetimes in which nothing began, and restarts that fail, are counted: after ``BARREN`` in a row the jobs
   that are left are an ``error``. So is everything where the first start fails.
7. Where a server is one job's own, its end concerns nobody else, and may be meant. The runner judges it.

What can go wrong: a server that dies more than ``OUTLIVES`` after the job that made it die is blamed on whoever runs
then, or on nobody where none does. A job that waits for another (``depends_on``), or to be let go, gives up waiting
when the lifetime is over: the other may be a suspect, which is settled on a later one.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from engine.errors import EngineError, StartError
from engine.execution.company import Company
from engine.execution.job import Job
from engine.execution.runner import LOG, deaf, died, not_run
from engine.model.protocols import LiveTarget
from engine.model.target import Launch
from engine.model.verdict import JobResult, Verdict

# How long a server must live on after a result for the result to count, in seconds: longer than a process takes to end
# once it has dropped its connections, and short beside a start.
OUTLIVES = 0.05

# So many lifetimes or restarts in a row that came to nothing end the launch.
BARREN = 3

T = TypeVar("T")


class Owner(Protocol):
    """What a launch needs of the schedule."""

    async def begin(self, launch: Launch, jobs: Sequence[Job]) -> LiveTarget:
        """A live target. Raises EngineError."""
        ...

    async def perform(self, job: Job, live: LiveTarget) -> JobResult: ...

    def settle(self, job: Job, result: JobResult) -> None: ...

    async def refuse(self, jobs: Sequence[Job], error: EngineError, what: str) -> None:
        """Settle jobs that could not run."""
        ...

    def may_go(self, job: Job) -> bool: ...

    async def until_allowed(self, job: Job) -> None: ...

    def drained(self, launch: Launch) -> None:
        """No job of a launch is left to begin. It may be told so again."""
        ...

    async def blocked(self, job: Job) -> str:
        """Wait for the cases that a job depends on; why it is blocked, or ""."""
        ...

    def end(self, live: LiveTarget) -> None:
        """Stop a target, without waiting for it."""
        ...


@dataclass(frozen=True, slots=True)
class Finished:
    """A job whose result is not settled, when it began, and when its result came, in seconds on the engine's clock."""

    job: Job
    result: JobResult
    began: float
    at: float


@dataclass(slots=True)
class Death:
    """The end of a lifetime: how it came, whether the main process ended, who is suspected, and what came of those that
    have run alone."""

    how: str
    fatal: bool
    suspects: deque[Finished]
    cleared: list[tuple[Finished, JobResult]] = field(default_factory=list)
    guilty: bool = False


@dataclass(slots=True)
class Lifetime:
    """A server while jobs run on it side by side. ``how`` says how it ended, "" while it lives."""

    live: LiveTarget
    company: Company
    finished: deque[Finished] = field(default_factory=deque)
    begun: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    how: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    idle: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def dead(self) -> bool:
        """Whether it is over, as far as that is known without asking."""
        if not self.how and self.live.ended is not None:
            self.end(died(self.live))
        return bool(self.how)

    def end(self, how: str) -> None:
        """Note that it is over."""
        self.how = self.how or how
        self.over.set()
        self.news.set()


class LaunchRun:
    """The jobs of one launch, until each has its result."""

    def __init__(self, launch: Launch, jobs: Sequence[Job], owner: Owner, company: int) -> None:
        """``company`` is how many jobs run side by side."""
        self._launch = launch
        self._waiting = list(jobs)
        self._owner = owner
        self._company = company
        self._death: Death | None = None

    async def run(self) -> None:
        """Start the server as often as it takes. Whatever it does, every job is settled."""
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
        """Run suspects one at a time until none is left or the server dies. Whether it lives."""
        death = self._death
        how = ""
        while death is not None and death.suspects and not how:
            if live.ended is not None:  # before anybody was there to be blamed
                return False
            suspect = death.suspects.popleft()
            result, how = await self._watched(suspect.job, live)
            if how:
                death.guilty = True
                self._owner.settle(suspect.job, crash(result, how, live))
            else:
                death.cleared.append((suspect, result))
        if death is not None and not death.suspects:
            if blamed(death):
                self._company = 1
            for job, result in verdicts(death):
                self._owner.settle(job, result)
            self._death = None
        return not how

    async def _watched(self, job: Job, live: LiveTarget) -> tuple[JobResult, str]:
        """Run a job with nothing beside it. Its result, and how the server ended, "" where it lives on."""
        result = await self._owner.perform(job, live)
        if result.verdict is Verdict.CRASH:
            return result, result.reason
        await asyncio.sleep(OUTLIVES)
        await live.check()
        if live.ended is not None:
            return result, died(live)
        return result, "" if await live.listens() else deaf(live)

    # Side by side

    async def _together(self, live: LiveTarget) -> None:
        """Run jobs side by side until all are settled or the server dies, and see who is suspected then."""
        life = Lifetime(live, Company(self._company))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(life))
            jobs = self._queue()
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(self._company, len(self._waiting))):
                    workers.create_task(self._work(life, jobs))
            life.idle = True
            life.news.set()
        late = self._bury(life) if life.how else frozenset()
        self._waiting = [job for job in self._waiting if job.position in late or job.position not in life.begun]

    def _queue(self) -> Iterator[Job]:
        for left, job in enumerate(self._waiting, 1 - len(self._waiting)):
            if not left:
                self._owner.drained(self._launch)
            yield job

    async def _work(self, life: Lifetime, jobs: Iterator[Job]) -> None:
        # Each takes the next job of the queue. None waits for a job that nobody has taken: what a case depends on is
        # before it there, and whoever comes first enters first.
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
        await life.company.enter(job.case.alone)
        try:
            if life.dead():
                return
            life.begun.add(job.position)
            began = time.monotonic()
            result = await self._owner.perform(job, life.live)
        finally:
            life.company.leave(job.case.alone)
        life.finished.append(Finished(job, result, began, time.monotonic()))
        if result.verdict is Verdict.CRASH:
            life.end(result.reason)
        life.news.set()

    async def _watch(self, life: Lifetime) -> None:
        """Settle what the server has outlived, until it dies, or all is settled."""
        while life.finished or not life.idle:
            if not life.finished:
                life.news.clear()
                await life.news.wait()
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, life.finished[0].at + OUTLIVES - time.monotonic())):
                    await life.over.wait()
            outlived = time.monotonic() - OUTLIVES
            await life.live.check()
            due = [one for one in life.finished if one.at <= outlived]
            if any(one.result.verdict is not Verdict.PASS for one in due):
                gone = set(life.live.workers_lost) - life.lost
                life.lost |= gone
                if gone:
                    life.end(f"worker {', '.join(map(str, sorted(gone)))} is gone")
            if life.dead():
                return
            for one in due:
                life.finished.popleft()
                self._owner.settle(one.job, one.result)

    def _bury(self, life: Lifetime) -> frozenset[int]:
        """Tell who is suspected of a lifetime's end. The positions of those that began after it."""
        fatal = life.live.ended is not None
        late = {one.job.position for one in life.finished if fatal and one.began > life.live.ended_at}
        suspects = [one for one in life.finished if one.job.position not in late]
        if len(suspects) == 1 and (fatal or suspects[0].result.verdict is Verdict.CRASH):
            self._owner.settle(suspects[0].job, crash(suspects[0].result, life.how, life.live))
        elif suspects:
            # Of those that had passed, the latest is the likeliest.
            red = [one for one in suspects if one.result.verdict is not Verdict.PASS]
            passed = [one for one in suspects if one.result.verdict is Verdict.PASS]
            self._death = Death(life.how, fatal, deque([*red, *reversed(passed)]))
        return frozenset(late)


def blamed(death: Death) -> frozenset[int]:
    """Whom a death falls upon that none of its suspects brought about alone, as positions: those that the runner saw
    crash; where it saw none, as the news of the end came late, those that did not pass; else all. Pure."""
    if death.guilty:
        return frozenset()
    found = [one for one, _ in death.cleared if one.result.verdict is Verdict.CRASH]
    if not found and death.fatal:
        every = [one for one, _ in death.cleared]
        found = [one for one in every if one.result.verdict is not Verdict.PASS] or every
    return frozenset(one.job.position for one in found)


def verdicts(death: Death) -> list[tuple[Job, JobResult]]:
    """What the suspects of a death come to under whom the server did not die when they ran alone. Pure."""
    fallen = blamed(death)
    beside = len(death.cleared) - 1
    found: list[tuple[Job, JobResult]] = []
    for one, alone in death.cleared:
        if one.job.position in fallen:
            company = f"while this case and {beside} more ran side by side" if beside else "while this case ran"
            reason = f"{death.how} {company}; alone it comes to {alone.verdict.value}"
            found.append((one.job, replace(one.result, verdict=Verdict.CRASH, reason=reason)))
        else:
            found.append((one.job, alone))
    return found


def crash(result: JobResult, how: str, live: LiveTarget) -> JobResult:
    """The result of a job under which the server ended, or just after which."""
    if result.verdict is Verdict.CRASH:
        return result
    after = ", just after this case had passed" if result.verdict is Verdict.PASS else ""
    return replace(result, verdict=Verdict.CRASH, reason=how + after, log=result.log or live.log()[-LOG:])


async def _unless(over: asyncio.Event, waiting: Awaitable[T]) -> T | None:
    """What is waited for, or None if the event comes before."""
    wanted = asyncio.ensure_future(waiting)
    ending = asyncio.ensure_future(over.wait())
    try:
        await asyncio.wait([wanted, ending], return_when=asyncio.FIRST_COMPLETED)
        return wanted.result() if wanted.done() else None
    finally:
        for task in (wanted, ending):
            task.cancel()
