"""The division of a run's targets among machines. Pure.

A shard has complete targets, since a target costs a start and an environment. Targets are taken from the longest to the
shortest, and each goes to the shard with the least to do. Every machine computes the complete partition from the same
jobs and the same weights, and runs its own part; the digest of the partition stands in each record, so that a merge
knows which records belong together.

Nothing here may depend on the machine: no cache, no clock, and no order of a set.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import UsageError
from engine.execution.job import Job

FORM = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")
# Weights are compared in milliseconds, so that the order of a sum of fractions cannot change a partition.
UNIT = 1000
# Characters of the digest, of 4 bits each.
DIGITS = 16


@dataclass(frozen=True, slots=True)
class Shard:
    """One of ``count`` parts of a run. ``index`` is its number, from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


@dataclass(frozen=True, slots=True)
class Partition:
    """The number of the shard of each target, by id, in the order of the plan. ``digest`` identifies the partition: the
    number of shards, the targets of each, and the cases of each target."""

    count: int
    shards: Mapping[str, int]
    digest: str

    def targets(self, index: int) -> list[str]:
        """The ids of the targets of a shard."""
        return [target for target, shard in self.shards.items() if shard == index]

    def note(self, shard: Shard) -> dict[str, Any]:
        """The entry of a record's header: the shard, and the partition that it belongs to."""
        return {"shard": shard.index, "of": shard.count, "partition": self.digest, "targets": dict(self.shards)}


def shard_of(word: str) -> Shard:
    """The shard that ``I/N`` names. Raises UsageError for anything else."""
    form = FORM.fullmatch(word)
    if form is None:
        raise UsageError(f"{word!r} is not a shard", hint="write I/N, like --shard 1/3")
    index, count = int(form[1]), int(form[2])
    if not 1 <= index <= count:
        what = f"there is no shard {word}"
        raise UsageError(what, hint=f"shards are numbered from 1/{count} to {count}/{count}" if count else "like 1/3")
    return Shard(index, count)


def partition(jobs: Iterable[Job], weight: Callable[[Job], float], count: int, start: float) -> Partition:
    """Divide the targets of some jobs among ``count`` shards. ``weight`` gives the expected seconds of a job, ``start``
    is added for each server that is started and shared."""
    weights: dict[str, int] = {}
    launches: dict[str, set[object]] = {}
    cases: dict[str, set[str]] = {}
    for job in jobs:
        name, seconds = job.target.id, weight(job)
        weights[name] = weights.get(name, 0) + round(seconds * UNIT)
        launches.setdefault(name, set()).update([job.launch] if seconds and not job.launch.lifespan_of else ())
        cases.setdefault(name, set()).add(job.case.address)
    for name, started in launches.items():
        weights[name] += round(start * UNIT) * len(started)
    shards = longest_first(weights, count)
    content = [[name, shards[name], sorted(cases[name])] for name in sorted(shards)]
    digest = hashlib.sha256(json.dumps([count, content]).encode()).hexdigest()[:DIGITS]
    return Partition(count, {name: shards[name] for name in weights}, digest)


def longest_first(weights: Mapping[str, int], count: int) -> dict[str, int]:
    """The number of the shard of each name: from the largest weight to the smallest, each in the shard with the least
    sum. Equal weights are taken by name, equal sums by number."""
    sums, members = [0] * count, [0] * count
    found: dict[str, int] = {}
    for name in sorted(weights, key=lambda one: (-weights[one], one)):
        index = min(range(count), key=lambda number: (sums[number], members[number], number))
        sums[index] += weights[name]
        members[index] += 1
        found[name] = index + 1
    return found


def part(jobs: Sequence[Job], of: Partition, shard: Shard) -> list[Job]:
    """The jobs of a shard, in their order."""
    return [job for job in jobs if of.shards[job.target.id] == shard.index]
