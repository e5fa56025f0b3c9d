"""Several results of one job as one, and the fields of a record's line that this changes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.flakiness import attempt, summary, together
from engine.results.record.codec import result_to_json

# The fields of a line that follow from a verdict. All others stay as they were recorded.
CHANGED = ("verdict", "reason", "excuse", "step", "attempts", "seconds", "held_back")


def once(results: Sequence[JobResult]) -> tuple[int, JobResult]:
    """Results of one job in several runs, in a fixed order, as one: the number of the result that it stands for, and
    the result. Results that agree are the first of them. Others are combined like repetitions of one run."""
    if len({one.verdict for one in results}) == 1:
        return 0, results[0]
    made = together(results)
    number = next(
        index
        for index, one in enumerate(results)
        if replace(one, verdict=made.verdict, reason=made.reason, attempts=made.attempts, seconds=made.seconds) == made
    )
    attempts = tuple(each for one in results for each in (one.attempts or (attempt(one),)))
    combined = made.verdict in (Verdict.FLAKY, Verdict.CRASH)
    return number, replace(made, attempts=attempts, reason=summary(attempts) if combined else made.reason)


def patched(document: Mapping[str, Any], result: JobResult) -> dict[str, Any]:
    """The line of a result with the fields of another verdict. Its traffic and values stay as they were recorded, since
    reading and writing them again would cut them twice."""
    light = replace(
        result, transcript=None, recorded={}, mismatches=(), warnings=(), reproduce="", log="", recheck=None, calls=()
    )
    now = result_to_json(light)
    kept = {name: value for name, value in document.items() if name not in CHANGED or name in now}
    return {**kept, **{name: now[name] for name in CHANGED if name in now}}
