"""Comparison of the results of cases under a release with a bug and under one without it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.model.addresses import bare, meant
from engine.model.verdict import JobResult, Verdict


class Outcome(StrEnum):
    """The relation of two results of one case."""

    FINDS = "finds the bug"
    BOTH_PASS = "passes on both"
    BOTH_FAIL = "fails on both"
    REVERSED = "fails only without the bug"
    PASSES = "passes on the release with the bug"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """The outcome of one case: its results on the release with the bug and on the fixed one, None without such a
    release. ``reason`` is the reason for NOT_COMPARED."""

    address: str
    bad: JobResult | None
    fixed: JobResult | None
    outcome: Outcome
    reason: str = ""

    @property
    def finds(self) -> bool:
        """True if the case distinguishes the two releases."""
        return self.outcome is Outcome.FINDS


def case_outcome(address: str, bad: JobResult | None, fixed: JobResult | None, *, is_fixed: bool = True) -> CaseOutcome:
    """The outcome of a case from its two results. A failure that a baseline excuses is one; a warning is less than a
    failure and more than a pass. Unless ``is_fixed``, no release has fixed the bug, and the failure is enough."""
    for result, release in ((bad, "with the bug"), *([(fixed, "without the bug")] if is_fixed else [])):
        if result is None:
            return CaseOutcome(address, bad, fixed, Outcome.NOT_COMPARED, f"no result on the release {release}")
        if not result.verdict.judged:
            reason = f"{result.verdict.value} on the release {release}: {result.reason}"
            return CaseOutcome(address, bad, fixed, Outcome.NOT_COMPARED, reason)
    before, after = _rank(bad), _rank(fixed) if is_fixed else 0
    if before > after:
        outcome = Outcome.FINDS
    elif before < after:
        outcome = Outcome.REVERSED
    elif not is_fixed:
        outcome = Outcome.PASSES
    else:
        outcome = Outcome.BOTH_FAIL if before else Outcome.BOTH_PASS
    return CaseOutcome(address, bad, fixed, outcome)


def _rank(result: JobResult | None) -> int:
    if result is None:
        return 0
    return 2 if result.verdict.unmet else int(result.verdict in (Verdict.WARN, Verdict.INFO))


def case_outcomes(
    bad: Iterable[JobResult], fixed: Iterable[JobResult], *, is_fixed: bool = True
) -> dict[str, CaseOutcome]:
    """The outcome of each case that has a result on either release, by address."""
    before, after = _by_address(bad), _by_address(fixed)
    return {
        address: case_outcome(address, before.get(address), after.get(address), is_fixed=is_fixed)
        for address in dict.fromkeys([*before, *after])
    }


def _by_address(results: Iterable[JobResult]) -> dict[str, JobResult]:
    """The results by case; of several targets the worst that is a verdict."""
    found: dict[str, JobResult] = {}
    for result in results:
        held = found.get(result.address)
        if held is None or (result.verdict.judged, _rank(result)) > (held.verdict.judged, _rank(held)):
            found[result.address] = result
    return found


def of_address(address: str, found: Mapping[str, CaseOutcome]) -> CaseOutcome:
    """The outcome for an address of a document of history: of the values of a matrix, the first that finds the
    bug, else the first that was compared."""
    outcomes = [found[one] for one in meant(address, list(found))]
    order = sorted(outcomes, key=lambda one: (not one.finds, one.outcome is Outcome.NOT_COMPARED))
    return order[0] if order else case_outcome(address, None, None)


def proposal(found: Mapping[str, CaseOutcome]) -> list[str]:
    """The addresses of the cases that find the bug. A case has one address if all of its values find it."""
    every: dict[str, list[CaseOutcome]] = {}
    for address, one in found.items():
        every.setdefault(bare(address), []).append(one)
    lines: list[str] = []
    for stem, several in every.items():
        found_by = [one.address for one in several if one.finds]
        lines += [stem] if len(found_by) == len(several) else found_by
    return lines
