from __future__ import annotations

import pytest

from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.history import Outcome, case_outcome, case_outcomes, of_address, proposal

A, B = "specs/a.yaml::one[a]", "specs/a.yaml::one[b]"


def of(verdict: str, address: str = A, target: str = "t") -> JobResult:
    file, _, case = address.partition("::")
    return JobResult(case, file, target, "first", "must", Verdict(verdict), "status is 500")


@pytest.mark.parametrize(
    ("bad", "fixed", "outcome"),
    [
        ("fail", "pass", Outcome.FINDS),
        ("timeout", "pass", Outcome.FINDS),
        ("crash", "warn", Outcome.FINDS),
        ("known", "pass", Outcome.FINDS),
        ("known", "unexpected-pass", Outcome.FINDS),
        ("warn", "pass", Outcome.FINDS),
        ("info", "pass", Outcome.FINDS),
        ("pass", "pass", Outcome.BOTH_PASS),
        ("fail", "fail", Outcome.BOTH_FAIL),
        ("fail", "known", Outcome.BOTH_FAIL),
        ("warn", "warn", Outcome.BOTH_FAIL),
        ("pass", "fail", Outcome.REVERSED),
        ("pass", "warn", Outcome.REVERSED),
        ("error", "pass", Outcome.NOT_COMPARED),
        ("fail", "error", Outcome.NOT_COMPARED),
        ("fail", "unsupported", Outcome.NOT_COMPARED),
        ("blocked", "pass", Outcome.NOT_COMPARED),
    ],
)
def test_outcomes(bad: str, fixed: str, outcome: Outcome) -> None:
    one = case_outcome(A, of(bad), of(fixed))
    assert (one.outcome, one.finds) == (outcome, outcome is Outcome.FINDS)
    assert bool(one.reason) == (outcome is Outcome.NOT_COMPARED)


@pytest.mark.parametrize(
    ("bad", "outcome"), [("fail", Outcome.FINDS), ("pass", Outcome.PASSES), ("error", Outcome.NOT_COMPARED)]
)
def test_a_bug_that_no_release_has_fixed(bad: str, outcome: Outcome) -> None:
    assert case_outcome(A, of(bad), None, is_fixed=False).outcome is outcome


def test_a_missing_result_is_not_compared() -> None:
    assert case_outcome(A, of("fail"), None).reason == "no result on the release without the bug"
    assert case_outcome(A, None, of("pass")).reason == "no result on the release with the bug"


def test_of_several_targets_the_worst_counts() -> None:
    found = case_outcomes([of("pass"), of("fail", target="u")], [of("pass"), of("error", target="u")])
    assert found[A].finds


def test_one_value_of_an_address_is_enough() -> None:
    found = case_outcomes([of("pass"), of("fail", B)], [of("pass"), of("pass", B)])
    assert of_address("specs/a.yaml::one", found).address == B
    assert of_address(A, found).outcome is Outcome.BOTH_PASS
    assert of_address("specs/a.yaml::two", found).outcome is Outcome.NOT_COMPARED


@pytest.mark.parametrize(("other", "names"), [("fail", ["specs/a.yaml::one"]), ("pass", [A]), ("error", [A])])
def test_a_case_all_of_whose_values_find_the_bug_has_one_address(other: str, names: list[str]) -> None:
    assert proposal(case_outcomes([of("fail"), of(other, B)], [of("pass"), of("pass", B)])) == names
