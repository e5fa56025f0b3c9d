"""The decision about a change: the regressions of a comparison that also fail when they are repeated. Pure.

A result counts as broken if it passed before the change and fails after it, and if each repetition on both sides says
the same. Any other regression is flaky: it is named, and breaks nothing. Entries of the baseline and cases that the
requested corpus holds back break nothing either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.comparison import Comparison, Difference, Pair
from engine.results.analysis.transitions import Change
from engine.results.record.store import TargetRow

Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Unsure:
    """A regression that its repetitions do not confirm. ``before`` and ``after`` are the passes and the number of runs
    on each side; the number is 0 for a side that was not repeated."""

    pair: Pair
    before: tuple[int, int]
    after: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Decision:
    """The effects of a change on the cases. ``broken`` and ``fixed`` are differences with their cells; ``stopped`` are
    targets that no longer start."""

    comparison: Comparison
    broken: tuple[Difference, ...]
    fixed: tuple[Difference, ...]
    unsure: tuple[Unsure, ...]

    @property
    def stopped(self) -> tuple[TargetRow, ...]:
        return self.comparison.stopped

    @property
    def exit_code(self) -> int:
        """1 if anything is broken, 3 if nothing was compared, else 0."""
        if self.broken or self.stopped:
            return 1
        return 0 if self.comparison.judged or self.comparison.started else 3


def candidates(found: Comparison) -> list[Pair]:
    """The results of a comparison that are to be repeated: regressions that nothing excuses."""
    return [pair for one in found.of(Change.REGRESSED) for pair in one.pairs if counts(pair.after)]


def counts(result: JobResult) -> bool:
    """True if a failure may count: it is neither a known failure nor held back."""
    return result.verdict is not Verdict.KNOWN and not result.held_back


def decide(found: Comparison, repeated: Iterable[JobResult], *, strict: bool = False) -> Decision:
    """The decision after the repetitions of ``candidates``. A side that was not repeated, as that of an earlier run, is
    taken as it was."""
    again: Mapping[Cell, JobResult] = {(one.address, one.target): one for one in repeated}
    broken: list[Difference] = []
    unsure: list[Unsure] = []
    for difference in found.of(Change.REGRESSED):
        pairs = [pair for pair in difference.pairs if counts(pair.after)]
        sure = [pair for pair in pairs if confirmed(pair, again, strict=strict)]
        unsure += [_unsure(pair, again) for pair in pairs if pair not in sure]
        if sure:
            broken.append(replace(difference, pairs=tuple(sure)))
    return Decision(found, tuple(broken), found.of(Change.FIXED), tuple(unsure))


def confirmed(pair: Pair, again: Mapping[Cell, JobResult], *, strict: bool = False) -> bool:
    """True if the repetitions of both sides agree with the first results."""
    before, after = (again.get((one.address, one.target)) for one in (pair.before, pair.after))
    if before is not None and not passes(before, strict=strict):
        return False
    return after is None or (after.verdict is not Verdict.FLAKY and not passes(after, strict=strict))


def passes(result: JobResult, *, strict: bool = False) -> bool:
    """True if a result is no failure; a warning is one if ``strict``."""
    return result.verdict.good and not (strict and result.verdict is Verdict.WARN)


def _unsure(pair: Pair, again: Mapping[Cell, JobResult]) -> Unsure:
    return Unsure(pair, *(_count(again.get((one.address, one.target))) for one in (pair.before, pair.after)))


def _count(result: JobResult | None) -> tuple[int, int]:
    """The passes and the number of the runs of a repeated result."""
    if result is None:
        return 0, 0
    verdicts = [one.verdict for one in result.attempts] or [result.verdict]
    return sum(one.good for one in verdicts), len(verdicts)
