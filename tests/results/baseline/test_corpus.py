"""Cases that came after the corpus that a run asks for."""

from __future__ import annotations

import pytest

from engine.model.verdict import JobResult, Verdict
from engine.results.baseline.corpus import held_back
from engine.results.record.codec import result_from_json, result_to_json

BROKEN = [one for one in Verdict if one.failing]


def result(verdict: Verdict) -> JobResult:
    return JobResult("a", "specs/a.yaml", "gunicorn-control-auto", "x", "must", verdict, "status is 201")


@pytest.mark.parametrize("verdict", BROKEN)
def test_a_later_case_that_fails_is_a_warning_that_says_why(verdict: Verdict) -> None:
    found = held_back(result(verdict), "0.2", "0.1")
    assert found.verdict is Verdict.WARN
    assert found.reason.startswith("status is 201; held back")
    assert "corpus 0.2" in found.reason
    assert "0.1" in found.reason


@pytest.mark.parametrize("verdict", [*BROKEN, Verdict.WARN, Verdict.FLAKY])
def test_no_option_makes_a_later_case_break_a_build(verdict: Verdict) -> None:
    one = result(verdict)
    assert one.breaks_build(strict=True, flaky_fails=True)
    found = held_back(one, "0.2", "0.1")
    assert found.held_back == "0.2"
    assert not found.breaks_build(strict=True, flaky_fails=True)
    assert result_from_json(result_to_json(found)).held_back == "0.2"


@pytest.mark.parametrize(
    ("since", "corpus"),
    [("", ""), ("0.2", ""), ("", "0.1"), ("0.1", "0.1"), ("0.2", "0.2"), ("0.2", "0.10"), ("0.9", "1.0"), ("", "1.0")],
)
@pytest.mark.parametrize("verdict", BROKEN)
def test_other_cases_fail_as_ever(verdict: Verdict, since: str, corpus: str) -> None:
    one = result(verdict)
    assert held_back(one, since, corpus) is one
    assert one.breaks_build()


@pytest.mark.parametrize(("since", "corpus"), [("0.10", "0.9"), ("1.0", "0.9"), ("0.2", "0.1")])
def test_versions_are_numbers(since: str, corpus: str) -> None:
    assert held_back(result(Verdict.FAIL), since, corpus).verdict is Verdict.WARN


@pytest.mark.parametrize("verdict", [one for one in Verdict if not one.failing and one not in ("warn", "flaky")])
def test_any_other_verdict_stands(verdict: Verdict) -> None:
    """A known failure that passes breaks the build still: its line is the user's to take out."""
    one = result(verdict)
    assert held_back(one, "0.2", "0.1") is one
