"""Judging: an observation against what a step expects, and a job's outcomes against its level. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from engine.model.case import Level
from engine.model.expectation import Group, Matcher, Mismatch, Situation
from engine.model.showing import shown
from engine.model.verdict import Verdict
from engine.steps.api.observation import AtBoundary, Observation


class Match(Protocol):
    """A matcher applied to a value: what differs, or None. ``where`` is the name under which a reader knows it."""

    def __call__(self, observed: object, matcher: Matcher, situation: Situation, where: str) -> Mismatch | None: ...


def judge(group: Group, observation: Observation, situation: Situation, match: Match) -> list[Mismatch]:
    """Every expectation of a group that does not hold, in the order of the document."""
    mismatches: list[Mismatch] = []
    for expectation in group.expectations:
        fact = expectation.fact
        found = match(observation.fact(fact), expectation.matcher, situation, fact)
        if found is not None:
            given = isinstance(observation, AtBoundary) and observation.given(fact)
            mismatches.append(replace(found, given=given))
    if group.any_of:
        tries = [judge(choice, observation, situation, match) for choice in group.any_of]
        if all(tries):
            nearest = min(tries, key=len)
            count = len(tries)
            mismatches.extend(replace(one, why=f"none of {count} groups of any_of holds") for one in nearest)
    return mismatches


def count(group: Group) -> int:
    """How many expectations a group holds, a group of ``any_of`` counting as one."""
    return len(group.expectations) + bool(group.any_of)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of a job's steps.

    ``broken`` are mismatches of ``expect``, ``warned`` those of ``should``; ``evaluated`` counts expectations that
    were judged and values that were recorded; ``timed_out`` says what was under way when the case's time was over,
    ``crash`` how the target or a worker died, ``defect`` what broke in the engine; all "" if it did not happen.
    """

    level: Level
    broken: Sequence[Mismatch] = ()
    warned: Sequence[Mismatch] = ()
    evaluated: int = 0
    timed_out: str = ""
    crash: str = ""
    defect: str = ""


# What an unmet expectation comes to, by the case's level. A `may` takes no side.
UNMET = {Level.MUST: Verdict.FAIL, Level.SHOULD: Verdict.WARN, Level.MAY: Verdict.INFO}


def decide(outcomes: Outcomes) -> tuple[Verdict, str]:
    """The verdict, and one line that says why."""
    level = outcomes.level
    if outcomes.defect:
        return Verdict.ERROR, outcomes.defect
    if outcomes.crash and (outcomes.broken or outcomes.timed_out):
        return Verdict.CRASH, outcomes.crash
    if outcomes.timed_out:
        return (Verdict.TIMEOUT if level is Level.MUST else UNMET[level]), outcomes.timed_out
    if outcomes.broken:
        return UNMET[level], summary(outcomes.broken)
    if not outcomes.evaluated:
        return Verdict.ERROR, "the case evaluated nothing"
    if outcomes.crash:
        return Verdict.CRASH, outcomes.crash
    if outcomes.warned:
        return (Verdict.INFO if level is Level.MAY else Verdict.WARN), summary(outcomes.warned)
    return Verdict.PASS, ""


def summary(mismatches: Sequence[Mismatch]) -> str:
    """One line for the first of several mismatches."""
    first = mismatches[0]
    more = f" (and {len(mismatches) - 1} more)" if len(mismatches) > 1 else ""
    return f"{first.where} {first.expected}, but it is {shown(first.actual)}{more}"
