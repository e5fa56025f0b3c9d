"""The outcome of a mutant."""

from __future__ import annotations

import pytest

from engine.app.mutation.judging import MOST, after_second_look, elsewhere, kills, outcome, refuted, unproved
from engine.app.mutation.table import Row, Table
from engine.model.expectation import Mismatch
from engine.model.verdict import JobResult, Verdict

MISMATCH = Mismatch("status", "200", 500)


def result(case: str, verdict: Verdict, reason: str = "", *mismatches: Mismatch) -> JobResult:
    return JobResult(case, "specs/x.yaml", "reference~a-control-asyncio", "http", "must", verdict, reason, mismatches)


def test_a_second_look_replaces_the_first() -> None:
    table = Table({"a": Row(("x.yaml::one", "x.yaml::two")), "b": Row(("x.yaml::one",), ("x.yaml::slow",))})
    first = {
        "a": outcome("a", [result("one", Verdict.PASS), result("two", Verdict.FAIL)]),
        "b": outcome("b", [result("one", Verdict.ERROR, "busy"), result("slow", Verdict.TIMEOUT)]),
    }
    chosen = {name: frozenset(row.cases) for name, row in table.rows.items()}
    again = unproved(table, chosen, first)
    assert again == {"a": {"x.yaml::one"}, "b": {"x.yaml::one"}}
    found = after_second_look(first["a"], outcome("a", [result("one", Verdict.FAIL)]))
    assert found == outcome("a", [result("one", Verdict.FAIL), result("two", Verdict.FAIL)])
    found = after_second_look(first["b"], outcome("b", [result("one", Verdict.PASS)]))
    assert found == outcome("b", [result("one", Verdict.PASS), result("slow", Verdict.TIMEOUT)])


def test_what_is_not_proved_is_looked_for_on_other_mutants_and_with_other_cases() -> None:
    table = Table(
        {
            "a": Row(("x.yaml::one", "x.yaml::two")),
            "b": Row(("x.yaml::one", "x.yaml::rare")),
            "c": Row(("x.yaml::one",)),
            "d": Row(("x.yaml::two",)),
        }
    )
    chosen = {"a": {"x.yaml::one", "x.yaml::two"}, "b": {"x.yaml::one"}}
    first = {
        "a": outcome("a", [result("one", Verdict.PASS), result("two", Verdict.FAIL)]),
        "b": outcome("b", [result("one", Verdict.PASS)]),
    }
    further = elsewhere(table, chosen, first)
    assert further == {"b": {"x.yaml::rare"}, "c": {"x.yaml::one"}}
    assert refuted(table, chosen, first).broken == (
        "b survives",
        "x.yaml::one passes on a",
        "x.yaml::one passes on b",
    )
    third = {
        "b": outcome("b", [result("rare", Verdict.FAIL)]),
        "c": outcome("c", [result("one", Verdict.FAIL)]),
        "d": outcome("d", [result("two", Verdict.PASS)]),
    }
    found = refuted(table, chosen, {**first, "b": after_second_look(first["b"], third["b"])}, third)
    assert found.broken == ()
    assert found.doubtful == ("x.yaml::one passes on a", "x.yaml::one passes on b")


def test_a_case_is_looked_for_on_a_few_mutants_those_first_that_few_kill() -> None:
    many = {f"m{number}": Row(("x.yaml::one", *(f"x.yaml::{more}" for more in range(number)))) for number in range(9)}
    table = Table({"a": Row(("x.yaml::one",)), **many})
    first = {"a": outcome("a", [result("one", Verdict.PASS)])}
    assert elsewhere(table, {"a": {"x.yaml::one"}}, first) == {f"m{number}": {"x.yaml::one"} for number in range(MOST)}


def test_all_that_is_proved_needs_no_third_look() -> None:
    table = Table({"a": Row(("x.yaml::one",)), "b": Row(("x.yaml::one", "x.yaml::two"))})
    first = {
        "a": outcome("a", [result("one", Verdict.FAIL)]),
        "b": outcome("b", [result("one", Verdict.PASS), result("two", Verdict.FAIL)]),
    }
    assert elsewhere(table, {name: set(row.cases) for name, row in table.rows.items()}, first) == {}
    assert elsewhere(table, {}, first) == {}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_failed_expectations_kill(verdict: Verdict) -> None:
    assert kills(result("one", verdict)) is (verdict in (Verdict.FAIL, Verdict.WARN))


def test_a_crash_kills_by_a_failed_expectation() -> None:
    assert kills(result("one", Verdict.CRASH, "", MISMATCH))


def test_an_outcome_keeps_kills_timeouts_passes_and_errors_apart() -> None:
    found = outcome(
        "reference~a",
        [
            result("slow", Verdict.TIMEOUT),
            result("fails", Verdict.FAIL),
            result("dies", Verdict.CRASH),
            result("passes", Verdict.PASS),
            result("may", Verdict.INFO),
            result("breaks", Verdict.ERROR, "no start"),
        ],
    )
    assert found.row == Row(("x.yaml::fails",), ("x.yaml::dies", "x.yaml::slow"))
    assert found.passed == ("x.yaml::may", "x.yaml::passes")
    assert found.errors == (("x.yaml::breaks", "no start"),)
    assert found.killed
    assert not found.by_timeout


def test_a_mutant_that_only_exceeds_time_limits_is_killed_by_a_timeout() -> None:
    assert outcome("reference~a", [result("slow", Verdict.TIMEOUT)]).by_timeout


def test_errors_alone_do_not_kill() -> None:
    assert not outcome("reference~a", [result("breaks", Verdict.ERROR)]).killed


def test_claims_are_refuted_by_survivors_and_by_cases_that_kill_nothing() -> None:
    table = Table({"r~a": Row(("x.yaml::one", "x.yaml::two")), "r~b": Row(("x.yaml::one",)), "r~c": Row()})
    outcomes = {
        "r~a": outcome("r~a", [result("one", Verdict.FAIL), result("two", Verdict.PASS), result("more", Verdict.PASS)]),
        "r~b": outcome("r~b", [result("one", Verdict.PASS)]),
        "r~c": outcome("r~c", [result("one", Verdict.PASS)]),
    }
    chosen = {"r~a": {"x.yaml::one", "x.yaml::two"}, "r~b": {"x.yaml::one"}}
    found = refuted(table, chosen, outcomes)
    assert found.broken == ("r~b survives", "x.yaml::two passes on r~a")
    assert found.doubtful == ("x.yaml::one passes on r~b",)
