"""Judging groups, and deciding on a verdict."""

from __future__ import annotations

import pytest

from engine.execution.runner.judge import Match, Outcomes, decide, judge
from engine.matchers.matching import match
from engine.model.case import Level
from engine.model.expectation import Expectation, Group, Matcher, Mismatch, Situation
from engine.model.source_span import SourceSpan
from engine.model.verdict import Verdict
from tests.execution.fakes import MappingObservation
from tests.matchers.helpers import OPERATORS, matcher

PLACE = SourceSpan("case.yaml", 1, 1)
BROKEN = [Mismatch("status", "200", 500, PLACE)]


def the_match(observed: object, matcher: Matcher, situation: Situation, where: str) -> Mismatch | None:
    return match(observed, matcher, situation, OPERATORS, where)


MATCH: Match = the_match


def group(*any_of: Group, **facts: object) -> Group:
    return Group(tuple(Expectation(fact, matcher(value), PLACE) for fact, value in facts.items()), any_of, PLACE)


def wrong(expected: Group, **facts: object) -> list[str]:
    return [mismatch.where for mismatch in judge(expected, MappingObservation(facts), Situation({}), MATCH)]


def test_every_expectation_is_judged() -> None:
    assert wrong(group(status=200, body="a"), status=500, body="b") == ["status", "body"]
    assert wrong(group(status=200, body="a"), status=200, body="a") == []


def test_one_group_of_any_of_must_hold_as_a_whole() -> None:
    choice = group(group(status=200, body="a"), group(outcome="closed"))
    assert wrong(choice, status=200, body="a") == []
    assert wrong(choice, outcome="closed") == []
    assert wrong(choice, status=200, body="b", outcome="response") != []


class AtTheBoundary(MappingObservation):
    """An observation that knows what the server gave."""

    def given(self, fact: str) -> bool:
        return fact.startswith("scope")


def test_a_mismatch_says_whether_it_is_about_what_the_server_gave() -> None:
    expected = group(group(**{"scope.path": "/", "returned": True}), **{"scope.type": "http", "raised": "E"})
    facts = {"scope.type": "x", "scope.path": "x", "returned": False, "raised": "F"}
    found = judge(expected, AtTheBoundary(facts), Situation({}), MATCH)
    assert [(one.where, one.given) for one in found] == [
        ("scope.type", True),
        ("raised", False),
        ("scope.path", True),
        ("returned", False),
    ]
    assert not any(one.given for one in judge(expected, MappingObservation(facts), Situation({}), MATCH))


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        (Outcomes(Level.MUST, evaluated=1), Verdict.PASS),
        (Outcomes(Level.MUST, BROKEN, evaluated=1), Verdict.FAIL),
        (Outcomes(Level.SHOULD, BROKEN, evaluated=1), Verdict.WARN),
        (Outcomes(Level.MAY, BROKEN, evaluated=1), Verdict.INFO),
        (Outcomes(Level.MUST, warned=BROKEN, evaluated=1), Verdict.WARN),
        (Outcomes(Level.MAY, warned=BROKEN, evaluated=1), Verdict.INFO),
        (Outcomes(Level.MUST, BROKEN, BROKEN, 1), Verdict.FAIL),
        (Outcomes(Level.MUST), Verdict.ERROR),
        (Outcomes(Level.MUST, evaluated=1, timed_out="late"), Verdict.TIMEOUT),
        (Outcomes(Level.SHOULD, evaluated=1, timed_out="late"), Verdict.WARN),
        (Outcomes(Level.MUST, BROKEN, crash="signal 9"), Verdict.CRASH),
        (Outcomes(Level.SHOULD, evaluated=1, timed_out="late", crash="signal 9"), Verdict.CRASH),
        (Outcomes(Level.MUST, BROKEN, evaluated=1, defect="oh"), Verdict.ERROR),
    ],
)
def test_decide(outcomes: Outcomes, verdict: Verdict) -> None:
    found, reason = decide(outcomes)
    assert found is verdict
    assert bool(reason) is (verdict is not Verdict.PASS)
