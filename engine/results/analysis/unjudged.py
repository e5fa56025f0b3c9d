"""Runs in which no case ran, and the reasons. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from engine.model.verdict import JobResult
from engine.results.record.store import Run


def nothing_judged(run: Run) -> bool:
    """True if every result of a run is unsupported or blocked, or belongs to a target that did not start. False for a
    run without results and without failed targets: it was cut short before it began."""
    failed = {row.id for row in run.targets if row.failed}
    if not run.results:
        return bool(run.targets) and len(failed) == len(run.targets)
    return all(not one.verdict.ran or one.target in failed for one in run.results)


def reasons(results: Iterable[JobResult]) -> list[str]:
    """One line for each reason why jobs were not run, with their number, the most frequent first:
    ``12 unsupported: daphne does not run on uvloop``."""
    counts = Counter((one.verdict, one.reason) for one in results if not one.verdict.ran)
    return [f"{count} {verdict.value}: {reason}" for (verdict, reason), count in counts.most_common()]
