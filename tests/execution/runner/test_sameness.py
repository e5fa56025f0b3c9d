"""A case whose bytes are cut has the same result as with uncut bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.execution.job import Job
from engine.model.case import Case
from engine.model.delivery import BYTES, PIECES
from engine.model.expectation import Checks, Expectation, Group, OperatorCall, Operators
from engine.model.facts import ANY
from engine.model.target import ServerLaunch
from engine.model.verdict import JobResult, Verdict
from engine.steps.api.context import Context
from engine.steps.api.facts import Fact
from engine.steps.api.observation import Observation
from tests.execution.fakes import TARGET, FakeLive, MappingObservation, case, group, job, step, step_type
from tests.execution.runner.test_runner import PLACE, run_with

FACTS = tuple(Fact(name, "", ANY) for name in ("status", "outcome", "body", "scope[.*]", "calls"))
BODY = Checks(expect=group(body="ok"))
EITHER = Checks(expect=Group((), (group(status=200), group(status=400)), PLACE))
AT_LEAST = Checks(
    expect=Group((Expectation("status", Operators((OperatorCall("at_least", 200, PLACE),), PLACE), PLACE),), (), PLACE)
)


def result(whole: dict[str, object], cut: dict[str, object], checks: Checks = BODY, **changes: Any) -> JobResult:
    """The result of a case, byte by byte, whose one step observes this."""

    async def see(params: object, ctx: Context) -> Observation:
        facts = whole if ctx.case.delivery.whole else cut
        return MappingObservation({name: _filled(value, ctx) for name, value in facts.items()})

    types = dict([step_type("see", see)])
    types = {key: replace(one, facts=FACTS) for key, one in types.items()}
    one: Job = job(case(step("see", checks=checks)).delivered(BYTES))
    return run_with(replace(one, **changes), types, FakeLive())


def _filled(value: object, ctx: Context) -> object:
    return value.replace("$(run)", str(ctx.variables["run"])) if isinstance(value, str) else value


OK = {"status": 200, "outcome": "response", "body": "ok"}


def test_the_same_passes() -> None:
    found = result(OK, OK)
    assert (found.verdict, found.case, found.sending) == (Verdict.PASS, "case[bytes]", "bytes")


def test_a_difference_that_no_expectation_names_fails() -> None:
    found = result(OK, {**OK, "status": 400})
    assert found.verdict is Verdict.FAIL
    assert found.reason == "delivered whole: status 200; byte by byte: status 400"
    [mismatch] = found.mismatches
    assert (mismatch.where, mismatch.actual, mismatch.why) == ("status", 400, found.reason)


def test_a_difference_that_an_expectation_names_is_said_once() -> None:
    found = result(OK, {**OK, "status": 400}, Checks(expect=group(status=200, body="ok")))
    assert found.reason == "delivered whole: status 200; byte by byte: status 400"
    [mismatch] = found.mismatches
    assert mismatch.expected == "200"
    assert mismatch.why == found.reason


def test_a_failure_in_another_fact_says_that_whole_it_passes() -> None:
    found = result(OK, {**OK, "body": "k"})
    assert found.reason == "expected body 'ok', got 'k'; delivered whole it passes"


def test_what_fails_whole_fails_for_the_same_reason() -> None:
    found = result({**OK, "body": "k"}, {**OK, "body": "k"})
    assert found.reason == "expected body 'ok', got 'k'"


@pytest.mark.parametrize("checks", [EITHER, AT_LEAST])
def test_what_an_expectation_leaves_to_the_server_may_differ(checks: Checks) -> None:
    assert result(OK, {**OK, "status": 400}, checks).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("whole", "cut"),
    [
        ({"outcome": "reset"}, {"outcome": "closed"}),
        ({"scope.path": "/$(run)"}, {"scope.path": "/$(run)"}),
        ({"scope.path": "/a"}, {}),
        ({"scope.path": "/a", "calls": 1}, {"scope.path": "/b", "calls": 2}),
    ],
)
def test_what_differs_by_itself_is_not_compared(whole: dict[str, object], cut: dict[str, object]) -> None:
    assert result({**OK, **whole}, {**OK, **cut}).verdict is Verdict.PASS


def test_the_request_at_the_boundary_is_compared() -> None:
    found = result({**OK, "scope.path": "/ab"}, {**OK, "scope.path": "/a"})
    assert found.reason == "delivered whole: scope.path /ab; byte by byte: scope.path /a"


def test_a_case_with_a_server_of_its_own_is_performed_once() -> None:
    launch = ServerLaunch(TARGET, lifespan_of="j0")
    assert result(OK, {**OK, "status": 400}, launch=launch).verdict is Verdict.PASS


def test_each_performance_has_a_nonce_and_an_id_of_its_own() -> None:
    seen: list[tuple[str, object]] = []

    async def see(params: object, ctx: Context) -> Observation:
        seen.append((ctx.job, ctx.variables["run"]))
        return MappingObservation({"body": "ok"})

    one: Case = case(step("see", checks=BODY)).delivered(PIECES)
    run_with(one, dict([step_type("see", see)]), FakeLive())
    assert seen == [("j0-whole", "abcd-j0-whole"), ("j0", "abcd-j0")]
