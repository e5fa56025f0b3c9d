"""The decision about a change: what counts as broken after repetitions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.verdict import Attempt, JobResult, Verdict
from engine.results.analysis.comparison import Comparison, compare, servers
from engine.results.analysis.gate import Decision, candidates, decide
from tests.results.synthetic import result, row, run

PASS, FAIL, WARN, KNOWN, FLAKY = Verdict.PASS, Verdict.FAIL, Verdict.WARN, Verdict.KNOWN, Verdict.FLAKY
OLD, NEW = "s==1 f", "s==2 f"


def compared(before: JobResult | Verdict, after: JobResult | Verdict) -> Comparison:
    made = run({OLD: before, NEW: after})
    return compare(*servers(made, ["s==1"], ["s==2"]))


def decided(before: Verdict, after: JobResult | Verdict, *again: JobResult) -> Decision:
    return decide(compared(before, after), again)


def repeated(name: str, *verdicts: Verdict) -> JobResult:
    """The result of a repeated job."""
    whole = verdicts[0] if len(set(verdicts)) == 1 else FLAKY
    return replace(result(row(name), whole), attempts=tuple(Attempt(one) for one in verdicts))


@pytest.mark.parametrize("verdict", [FAIL, Verdict.TIMEOUT, Verdict.CRASH, Verdict.ERROR])
def test_a_failure_that_repeats_is_broken(verdict: Verdict) -> None:
    found = decided(PASS, verdict, repeated(OLD, PASS, PASS), repeated(NEW, verdict, verdict))
    assert [one.after for one in found.broken] == [verdict]
    assert (found.exit_code, found.unsure) == (1, ())


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ((PASS, PASS), (FAIL, PASS), ((2, 2), (1, 2))),
        ((PASS, PASS), (PASS, PASS), ((2, 2), (2, 2))),
        ((FAIL, PASS), (FAIL, FAIL), ((1, 2), (0, 2))),
        ((FAIL, FAIL), (FAIL, FAIL), ((0, 2), (0, 2))),
    ],
)
def test_a_failure_that_does_not_repeat_is_flaky_and_breaks_nothing(
    before: tuple[Verdict, ...], after: tuple[Verdict, ...], counts: tuple[tuple[int, int], ...]
) -> None:
    found = decided(PASS, FAIL, repeated(OLD, *before), repeated(NEW, *after))
    assert (found.broken, found.exit_code) == ((), 0)
    assert [(one.before, one.after) for one in found.unsure] == [counts]


def test_a_side_without_repetitions_is_taken_as_it_was() -> None:
    assert decided(PASS, FAIL, repeated(NEW, FAIL, FAIL)).exit_code == 1
    assert decided(PASS, FAIL).exit_code == 1
    assert decided(PASS, FAIL, repeated(NEW, FAIL, PASS)).unsure[0].before == (0, 0)


def test_known_failures_and_cases_that_are_held_back_break_nothing() -> None:
    assert decided(PASS, KNOWN).exit_code == 0
    held = replace(result(row(NEW), FAIL), held_back="0.3")
    assert decided(PASS, held).exit_code == 0
    assert candidates(compared(PASS, held)) == candidates(compared(PASS, KNOWN)) == []


@pytest.mark.parametrize("before", [FAIL, FLAKY, Verdict.UNSUPPORTED])
def test_what_failed_before_is_not_broken(before: Verdict) -> None:
    assert decided(before, FAIL).exit_code == 0


def test_what_passes_now_is_fixed() -> None:
    found = decided(FAIL, PASS)
    assert [one.before for one in found.fixed] == [FAIL]
    assert found.exit_code == 0


def test_a_warning_counts_only_if_that_is_asked_for() -> None:
    assert decided(PASS, WARN).exit_code == 0
    made = run({OLD: PASS, NEW: WARN})
    found = compare(*servers(made, ["s==1"], ["s==2"]), strict=True)
    assert decide(found, [repeated(NEW, WARN, WARN)], strict=True).exit_code == 1
    assert decide(found, [repeated(NEW, PASS, PASS)], strict=True).exit_code == 0


def test_a_target_that_no_longer_starts_is_broken() -> None:
    made = run({OLD: PASS, NEW: PASS}, replace(row(NEW), failed="it ended"))
    found = decide(compare(*servers(made, ["s==1"], ["s==2"])), ())
    assert ([one.id for one in found.stopped], found.exit_code) == ([row(NEW).id], 1)


def test_nothing_compared_is_no_success() -> None:
    assert decided(Verdict.UNSUPPORTED, Verdict.UNSUPPORTED).exit_code == 3
