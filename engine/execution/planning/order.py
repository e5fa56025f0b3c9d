"""The order in which a schedule begins jobs and launches: longest first. Pure.

Two cores and a few seconds of waiting make the length of a run: once the processor has nothing left to do, the run
still waits for the longest job that was begun too late. So the job that keeps a run waiting longest begins first.

The urgency of a job is the time from its beginning until the run can be over: its own expected seconds, and those of
the longest chain of jobs that depend on it. A launch takes its start, then its concurrent jobs, then the exclusive
ones in sequence; it is as urgent as this time and the launches that hold jobs which depend on its own.

A job only waits for jobs before it in the run, so a job that others depend on is never less urgent than these, and
comes first among equals. Therefore no job that has begun waits for one that cannot begin.

The order never changes a verdict: expected seconds may be wrong, and then the run is longer, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from engine.execution.job import Job
from engine.model.target import ServerLaunch

# Seconds that a job is expected to take on its target.
Expected = Callable[[Job], float]

# Seconds from the order to start a server until it answers, on a small machine.
START = 1.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Jobs that share a process, in the order of the run."""

    launch: ServerLaunch
    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Urgencies:
    """``jobs`` by position, ``launches`` by launch; in seconds."""

    jobs: dict[int, float]
    launches: dict[ServerLaunch, float]


NONE = Urgencies({}, {})


def batches(jobs: Iterable[Job]) -> list[Batch]:
    """Jobs by launch, in the order in which each launch first appears."""
    found: dict[ServerLaunch, list[Job]] = {}
    for job in jobs:
        found.setdefault(job.launch, []).append(job)
    return [Batch(launch, tuple(members)) for launch, members in found.items()]


def urgencies(of: Sequence[Batch], expected: Expected, concurrent: int) -> Urgencies:
    """The urgency of each job and launch; at most ``concurrent`` jobs run on a launch at a time."""
    jobs = sorted((job for batch in of for job in batch.jobs), key=lambda job: job.position)
    dependents = _dependents(jobs)
    urgent: dict[int, float] = {}
    for job in reversed(jobs):
        after = max((urgent[other.position] for other in dependents.get(job.position, ())), default=0.0)
        urgent[job.position] = max(0.0, expected(job)) + after
    lengths: dict[ServerLaunch, float] = {}
    for batch in sorted(of, key=lambda batch: batch.jobs[0].position, reverse=True):
        elsewhere = {
            other.launch
            for job in batch.jobs
            for other in dependents.get(job.position, ())
            if other.launch != batch.launch
        }
        after = max((lengths.get(launch, 0.0) for launch in elsewhere), default=0.0)
        lengths[batch.launch] = _length(batch, urgent, concurrent) + after
    return Urgencies(urgent, lengths)


def queue(batch: Batch, urgencies: Urgencies) -> list[Job]:
    """The order in which a launch's jobs begin, where all may begin at once. Exclusive jobs follow the others, and
    each round of repeats follows the one before it."""
    found: list[Job] = []
    for _, stretch in groupby(batch.jobs, lambda job: (job.case.alone == "all", job.repeat)):
        found += sorted(stretch, key=lambda job: -urgencies.jobs[job.position])
    return found


def _length(batch: Batch, urgent: dict[int, float], concurrent: int) -> float:
    """The expected duration of a launch, in seconds."""
    together = [urgent[job.position] for job in batch.jobs if job.case.alone != "all"]
    alone = sum(urgent[job.position] for job in batch.jobs if job.case.alone == "all")
    return START + max(max(together, default=0.0), sum(together) / concurrent) + alone


def _dependents(jobs: Sequence[Job]) -> dict[int, list[Job]]:
    """By position, the jobs that depend on a job. ``jobs`` are in the order of the run."""
    if not any(job.case.depends_on for job in jobs):
        return {}
    before: dict[tuple[object, ...], list[Job]] = {}
    found: dict[int, list[Job]] = {}
    for job in jobs:
        earlier = before.setdefault((job.target, job.case.file, job.repeat), [])
        for other in earlier if job.case.depends_on else ():
            if job.case.needs_first(other.case):
                found.setdefault(other.position, []).append(job)
        earlier.append(job)
    return found


__all__ = ["NONE", "START", "Batch", "Expected", "Urgencies", "batches", "queue", "urgencies"]
