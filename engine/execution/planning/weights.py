"""The expected seconds of jobs, where no cache of the machine may have a say: measured ones, and guesses. Pure.

Measured seconds come from a file that ``engine merge --weights`` has written: for each target and suite the mean of the
cases that ran, as their part of the time in which the target was busy. A guess follows from the header of a case, so
that a process that reads no bodies has the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from engine.execution.job import Job
from engine.execution.planning.estimate import OF_TIMEOUT, OWN_PROCESS
from engine.model.case import CaseHeader

# Seconds by which a plain case makes a run longer on a small machine, as one of several that run at a time.
PLAIN = 0.035
# So many jobs of a target wait at a time, so that their waits overlap, but for exclusive ones.
TOGETHER = 10

Seconds = Mapping[str, Mapping[str, float]]


def guess(case: CaseHeader) -> float:
    """The seconds by which a case is expected to make a run longer, by its header."""
    waits = OF_TIMEOUT * case.timeout if case.is_long else 0.0
    waits += OWN_PROCESS if case.own_process or case.starts else 0.0
    return PLAIN + (waits if case.alone == "all" else waits / TOGETHER)


@dataclass(frozen=True)
class Weights:
    """Measured seconds of a case by target and suite; without any, everything is guessed."""

    seconds: Seconds = field(default_factory=dict)

    def expected(self, job: Job) -> float:
        """The seconds of a job: those of its suite on its target, else the median of the suite on other targets, else a
        guess."""
        suite = job.case.file
        measured = self.seconds.get(job.target.id, {}).get(suite)
        return measured if measured is not None else self._medians.get(suite, guess(job.case))

    @cached_property
    def _medians(self) -> dict[str, float]:
        by_suite: dict[str, list[float]] = {}
        for suites in self.seconds.values():
            for suite, seconds in suites.items():
                by_suite.setdefault(suite, []).append(seconds)
        return {suite: median(found) for suite, found in by_suite.items()}


NO_WEIGHTS = Weights()
