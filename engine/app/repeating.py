"""Running each job several times, and failures once more in isolation. Pure, apart from ``Repeats``, which counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from engine.errors import UsageError
from engine.execution.job import Job
from engine.execution.planning.plan import renumbered
from engine.model.verdict import JobResult
from engine.results.analysis.flakiness import together

MOST = 1000


def checked(times: int) -> int:
    """The number of repetitions. Raises UsageError for a number out of range."""
    if not 1 <= times <= MOST:
        raise UsageError(f"cannot run each case {times} times", hint=f"a number from 1 to {MOST}")
    return times


def repeated(jobs: Sequence[Job], times: int, *, rounds: bool = True) -> list[Job]:
    """A plan in which each job stands several times, with its number.

    With ``rounds`` all jobs that share a process are run once, then all again; without, a job's repeats follow each
    other, so that whoever waits for one job has not to wait for all. A job that is left out is not repeated.
    """
    found: list[Job] = []
    for _, group in groupby(jobs, lambda job: job.launch):
        batch = list(group)
        if not rounds:
            found += [again for job in batch for again in copies(job, times)]
            continue
        for _, stretch in groupby(batch, lambda job: job.case.alone == "all"):
            part = list(stretch)
            found += [
                replace(job, repeat=number) for number in range(times) for job in part if number < count(job, times)
            ]
    return renumbered(found)


def copies(job: Job, times: int) -> list[Job]:
    """A job as often as it is to be run."""
    return [replace(job, repeat=number) for number in range(count(job, times))]


def count(job: Job, times: int) -> int:
    """The number of runs of a job: 1 if it is left out, which costs nothing."""
    return 1 if job.left_out else times


@dataclass(slots=True)
class Repeats:
    """Gathers the results of repeated jobs, and gives one for all when the last has come."""

    expected: dict[tuple[str, str], int] = field(default_factory=dict)
    firsts: dict[tuple[str, str], Job] = field(default_factory=dict)
    waiting: dict[tuple[str, str], dict[int, JobResult]] = field(default_factory=dict)

    @classmethod
    def of(cls, jobs: Iterable[Job]) -> Repeats:
        """For the jobs of a run."""
        repeats = cls()
        for job in jobs:
            key = key_of(job)
            repeats.expected[key] = repeats.expected.get(key, 0) + 1
            repeats.firsts.setdefault(key, job)
        return repeats

    def take(self, job: Job, result: JobResult) -> tuple[Job, JobResult] | None:
        """One more result. The first job of its sort and the combined result, once all are there."""
        key = key_of(job)
        if self.expected[key] == 1:
            return job, result
        found = self.waiting.setdefault(key, {})
        found[job.repeat] = result
        return self._settled(key) if len(found) == self.expected[key] else None

    def rest(self) -> list[tuple[Job, JobResult]]:
        """The results of jobs that ran less often than planned."""
        return [self._settled(key) for key in list(self.waiting)]

    def _settled(self, key: tuple[str, str]) -> tuple[Job, JobResult]:
        found = self.waiting.pop(key)
        return self.firsts[key], together([found[number] for number in sorted(found)])


def key_of(job: Job) -> tuple[str, str]:
    """The key that all repetitions of one job share."""
    return job.case.address, job.target.id


def concurrent(job: Job) -> bool:
    """True if anything else ran on a job's target at the same time."""
    return job.case.alone != "all" and not job.case.own_process


def to_recheck(jobs: Iterable[Job], results: Iterable[JobResult]) -> list[Job]:
    """The jobs that failed, as a plan of their own, without those that never ran since their target did not start."""
    red = {(result.address, result.target) for result in results if result.verdict.excusable}
    return renumbered([job for job in jobs if key_of(job) in red])
