"""Repeated runs of one job, and reruns of failures in isolation, as one result. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine.model.verdict import Attempt, JobResult, Recheck, Verdict
from engine.results.record.normal import words_of

# The maximum number of different reasons on one line.
REASONS = 3


def attempt(result: JobResult) -> Attempt:
    """A result as one of several. Its reason reads as it would in any other run, so that the same one is seen to be."""
    return Attempt(result.verdict, reason(result), result.seconds)


def reason(result: JobResult) -> str:
    """The reason of a result, without the ports and dates of its own run."""
    return words_of(result.transcript).text(result.reason)


def together(results: Sequence[JobResult]) -> JobResult:
    """Repeated runs of one job, in the order of their numbers, as one result.

    If they agree, it is the first of those that ran. If they disagree, the verdict is ``flaky``, with the details of
    the first one that did not pass, or that warned. An error in one is an error of all: it says nothing of the target.
    So is a crash: a server that ends in one run of many is broken, and does not waver. Runs of which some warn and none
    fails are a warning: each met every must.
    """
    if len(results) == 1:
        return results[0]
    attempts = tuple(attempt(result) for result in results)
    ran = [result for result in results if result.verdict.ran]
    if not ran:
        return replace(results[0], attempts=attempts)
    seconds = sum(result.seconds for result in ran)
    broken = next((result for result in ran if result.verdict is Verdict.ERROR), None)
    if broken is not None or len({result.verdict for result in ran}) == 1:
        return replace(broken or ran[0], attempts=attempts, seconds=seconds)
    crashed = next((result for result in ran if result.verdict is Verdict.CRASH), None)
    if crashed is not None:
        return replace(crashed, reason=summary(attempts), attempts=attempts, seconds=seconds)
    if all(result.verdict.good for result in ran):
        warned = next((result for result in ran if result.verdict is Verdict.WARN), None)
        why = ran[0].reason if warned is None else summary(attempts)
        return replace(warned or ran[0], reason=why, attempts=attempts, seconds=seconds)
    best = min(ran, key=lambda result: result.verdict.good + result.verdict.clean)
    return replace(best, verdict=Verdict.FLAKY, reason=summary(attempts), attempts=attempts, seconds=seconds)


def score(attempts: Iterable[Attempt]) -> tuple[int, int]:
    """The number of attempts that passed, and of all attempts."""
    ran = [one for one in attempts if one.verdict.ran]
    return sum(one.verdict.good for one in ran), len(ran)


def scored(result: JobResult) -> tuple[int, int]:
    """The number of runs of a job that passed, and of all runs; a job that ran once counts once."""
    return score(result.attempts or (attempt(result),))


def tally(results: Iterable[JobResult]) -> tuple[int, int]:
    """The same for several jobs together: a cell of the grid, or a row."""
    pairs = [scored(result) for result in results]
    return sum(passed for passed, _ in pairs), sum(ran for _, ran in pairs)


def summary(attempts: Sequence[Attempt]) -> str:
    """Runs that disagree, on one line: ``passed 3 of 5; fail 2 times: expected status 200, got 500``. Runs that warned
    are counted apart from those that passed without: ``passed 3 of 5 without a warning; warn twice: ...``."""
    passed, ran = score(attempts)
    quiet = sum(one.verdict.clean for one in attempts)
    others = Counter((one.verdict, one.reason) for one in attempts if one.verdict.ran and not one.verdict.clean)
    parts = [f"passed {passed} of {ran}" if quiet == passed else f"passed {quiet} of {ran} without a warning"]
    for (verdict, reason), count in others.most_common(REASONS):
        parts.append(f"{verdict.value} {times(count)}" + (f": {reason}" if reason else ""))
    if len(others) > REASONS:
        parts.append(f"and {len(others) - REASONS} other reasons")
    return "; ".join(parts)


def times(count: int) -> str:
    """``once``, ``twice``, ``3 times``."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def rechecked(first: JobResult, again: JobResult, *, was_concurrent: bool) -> JobResult:
    """The first result with the result of rerunning its job in isolation. Its verdict stands."""
    return replace(first, recheck=Recheck(again.verdict, reason(again), was_concurrent, again.attempts))


def isolation(result: JobResult) -> str:
    """A sentence on whether concurrent jobs caused the failure; "" if the job was not rerun."""
    recheck = result.recheck
    if recheck is None:
        return ""
    passed, ran = score(recheck.attempts) if recheck.attempts else (int(recheck.verdict.good), 1)
    other = f": {recheck.reason}" if recheck.reason and recheck.reason not in (reason(result), result.reason) else ""
    count = f" {passed} of {ran}" if ran > 1 else ""
    again = " again" if recheck.verdict is result.verdict else ""
    warned = " with a warning" if recheck.verdict is Verdict.WARN else ""
    if not recheck.verdict.judged:
        return f"The rerun in isolation did not run ({recheck.verdict.value}{other})."
    if recheck.verdict.good:
        if result.verdict is Verdict.FLAKY and ran == 1:
            return "Passes once in isolation; more runs are needed to decide if concurrent load is the cause."
        if recheck.was_concurrent:
            chance = "" if ran > 1 else ", as far as a single run shows (--repeat runs more)"
            return f"Passes{count}{warned} in isolation; it fails only under concurrent load{chance}."
        return f"Passes{count}{warned} when rerun; the first run was in isolation too, so it is flaky."
    if count:
        return f"Passes{count} in isolation; the verdict is{again} {recheck.verdict.value}{other}"
    return f"The verdict in isolation is{again} {recheck.verdict.value}{other}"


def mattered(result: JobResult) -> bool:
    """True if a job that failed among concurrent jobs passed each rerun in isolation."""
    recheck = result.recheck
    return (
        recheck is not None
        and recheck.verdict.good
        and recheck.was_concurrent
        and (result.verdict is not Verdict.FLAKY or len(recheck.attempts) > 1)
    )
