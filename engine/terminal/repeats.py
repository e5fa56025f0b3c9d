"""The findings of repeating and rechecking, below the grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.flakiness import isolation, mattered, scored
from engine.results.analysis.summary import counted_noun
from engine.terminal.escape import visible


def lines(results: Sequence[JobResult]) -> Iterator[str]:
    """An empty line and then the cases whose runs disagree, with the number of runs that passed; and the results of
    rerunning failures in isolation. Nothing if neither was requested."""
    repeated = [one for one in results if len(one.attempts) > 1]
    if repeated:
        unsteady = [one for one in repeated if disagrees(one)]
        most = max(len(one.attempts) for one in repeated)
        yield ""
        steady = f"{len(repeated) - len(unsteady)} of {len(repeated)}"
        yield f"run {most} times each: {steady} had the same verdict every time"
        for one in sorted(unsteady, key=lambda one: (one.address, one.target)):
            passed, ran = scored(one)
            excused = "" if one.verdict is Verdict.FLAKY else f"{one.verdict.value}: "
            yield f"  {passed}/{ran}  {visible(one.address)}[{visible(one.target)}]: {excused}{visible(one.reason)}"
    again = [one for one in results if one.recheck is not None]
    if again:
        yield ""
        yield f"rerun in isolation: {counted_noun(len(again), 'failure')}, of which {verdict_of(again)}"
        for one in again:
            yield f"  {visible(one.address)}[{visible(one.target)}]: {visible(isolation(one))}"


def disagrees(result: JobResult) -> bool:
    """True if the runs of a job had different verdicts."""
    return len({one.verdict for one in result.attempts if one.verdict.ran}) > 1


def verdict_of(again: Sequence[JobResult]) -> str:
    """The number of failures that concurrent load caused."""
    count = sum(mattered(one) for one in again)
    return f"{count} {'passes' if count == 1 else 'pass'} in isolation" if count else "none passes in isolation"
