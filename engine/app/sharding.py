"""The shard of a run: its partition, by weights from a file or by guesses, and the file of weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.app.engine import Engine
from engine.errors import UsageError
from engine.execution.job import Job
from engine.execution.planning import plan
from engine.execution.planning.order import START
from engine.execution.planning.shards import Partition, Shard, part, partition, shard_of
from engine.execution.planning.weights import NO_WEIGHTS, Weights
from engine.model.target import Target

FORMAT = 1
WRITES = "`engine merge RUN... -o RUN --weights FILE` writes one"


@dataclass(frozen=True, slots=True)
class Sharding:
    """The values of ``--shard`` and ``--weights``."""

    shard: Shard
    weights: Weights = NO_WEIGHTS

    def divide(self, engine: Engine, jobs: Sequence[Job]) -> Division:
        """The partition of some jobs, and this shard's part."""
        found = partition_of(engine, jobs, self)
        return Division(self.shard, found, tuple(part(jobs, found, self.shard)), tuple(jobs))


@dataclass(frozen=True, slots=True)
class Division:
    """A shard of a run: the partition of ``every`` job, and the jobs that are this shard's."""

    shard: Shard
    partition: Partition
    jobs: tuple[Job, ...]
    every: tuple[Job, ...]

    @property
    def note(self) -> dict[str, Any]:
        """The entry of a record's header."""
        return self.partition.note(self.shard)

    @property
    def line(self) -> str:
        """A line on the shard: ``shard 2/3: 5 of 17 targets, partition 3f2a...``."""
        own, every = len(self.partition.targets(self.shard.index)), len(self.partition.shards)
        return f"shard {self.shard}: {own} of {every} target{'s' * (every != 1)}, partition {self.partition.digest}"

    @property
    def idle(self) -> str:
        """A line on a shard without work."""
        every = len(self.partition.shards)
        return (
            f"shard {self.shard} has no work: the run has {every} target{'s' * (every != 1)}, "
            f"partition {self.partition.digest}"
        )


def sharding(word: str, weights: str) -> Sharding | None:
    """The sharding of a run by its options, None without one. Raises UsageError for a wrong shard, and for a file that
    has no weights."""
    if not word:
        if weights:
            raise UsageError("--weights has no effect without --shard", hint="add --shard I/N, or omit --weights")
        return None
    return Sharding(shard_of(word), read_weights(Path(weights)) if weights else NO_WEIGHTS)


def partition_of(engine: Engine, jobs: Sequence[Job], by: Sharding) -> Partition:
    """The partition of some jobs. A job that the declarations leave out has no weight. Probes and this
    machine have no influence, so every machine has the same partition."""
    offered: dict[Target, frozenset[str]] = {}
    whole: dict[Target, bool] = {}

    def weight(job: Job) -> float:
        target = job.target
        if target not in offered:
            offered[target] = engine.declared(target)
            whole[target] = not engine.unsupported(target, {})
        if not whole[target] or plan.reason(job.case, target, offered[target], engine.unsupported):
            return 0.0
        return by.weights.expected(job)

    return partition(jobs, weight, by.shard.count, START)


def read_weights(path: Path) -> Weights:
    """The weights in a file. Raises UsageError."""
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"the weights {path} cannot be read: {error.strerror}", hint=WRITES) from None
    except ValueError as error:
        raise UsageError(f"the weights {path} are not JSON: {error}", hint=WRITES) from None
    found = document.get("seconds") if isinstance(document, dict) else None
    if not isinstance(found, dict) or document.get("format") != FORMAT:
        raise UsageError(f"{path} is not a file of weights of format {FORMAT}", hint=WRITES)
    return Weights({str(target): _suites(target, suites, path) for target, suites in found.items()})


def _suites(target: str, suites: object, path: Path) -> dict[str, float]:
    found: dict[str, float] = {}
    for suite, seconds in suites.items() if isinstance(suites, dict) else [("", None)]:
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < 1e6:
            raise UsageError(f"{path} has no seconds for {suite or 'the suites'} of {target}", hint=WRITES)
        found[str(suite)] = float(seconds)
    return found


def weights_text(seconds: Mapping[str, Mapping[str, float]]) -> str:
    """The file of weights: sorted, a line for each suite, so that a repository can have it."""
    rounded = {target: {suite: round(one, 3) for suite, one in suites.items()} for target, suites in seconds.items()}
    return json.dumps({"format": FORMAT, "seconds": rounded}, indent=1, sort_keys=True) + "\n"
