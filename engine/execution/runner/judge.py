"""Judging: an observation against the expectations of a step, and the outcomes of a job against its level. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from engine.execution.runner.earlier import Earlier, Observed, differences
from engine.model.case import Level
from engine.model.expectation import Group, Matcher, Mismatch, SameAs, Situation
from engine.model.phrasing import sentence
from engine.model.variables import WrongValue
from engine.model.verdict import Verdict
from engine.steps.api.observation import AtBoundary, Observation


class Match(Protocol):
    """The function that applies a matcher to a value: a mismatch or None. ``where`` is the name of the value for
    readers."""

    def __call__(self, observed: object, matcher: Matcher, situation: Situation, where: str) -> Mismatch | None: ...


def none_earlier(same_as: SameAs) -> tuple[Observed, Observed]:
    """No step was performed before. Raises ValueError."""
    raise WrongValue(f"no step {same_as.step!r} was performed before")


def judge(
    group: Group, observation: Observation, situation: Situation, match: Match, earlier: Earlier = none_earlier
) -> list[Mismatch]:
    """The mismatches of a group, in the order of the document, then those of ``same_as``. Of ``any_of``, those of the
    group with the fewest. Raises ValueError if ``earlier`` knows no observation for ``same_as``."""
    mismatches: list[Mismatch] = []
    for expectation in group.expectations:
        fact = expectation.fact
        found = match(observation.fact(fact), expectation.matcher, situation, fact)
        if found is not None:
            given = isinstance(observation, AtBoundary) and observation.given(fact)
            mismatches.append(replace(found, given=given))
    if group.same_as is not None:
        mismatches += differences(group.same_as, *earlier(group.same_as))
    if group.any_of:
        tries = [judge(choice, observation, situation, match, earlier) for choice in group.any_of]
        if all(tries):
            nearest = min(tries, key=len)
            count = len(tries)
            mismatches.extend(replace(one, why=f"none of {count} groups of any_of holds") for one in nearest)
    return mismatches


def count(group: Group) -> int:
    """The number of expectations in a group; ``any_of`` and ``same_as`` count as one."""
    return len(group.expectations) + bool(group.any_of) + (group.same_as is not None)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcomes of a job's steps.

    ``broken`` are mismatches of ``expect``, ``warned`` those of ``should``; ``evaluated`` counts evaluated expectations
    and recorded values. ``timed_out`` is the activity at the end of the case's time, ``crash`` the end of the server or
    of a server worker, ``defect`` an error of the engine or of the case; each is a sentence, or "" if it did not
    happen.
    """

    level: Level
    broken: Sequence[Mismatch] = ()
    warned: Sequence[Mismatch] = ()
    evaluated: int = 0
    timed_out: str = ""
    crash: str = ""
    defect: str = ""


# The verdict of an unmet expectation, by the case's level. A `may` takes no side.
UNMET = {Level.MUST: Verdict.FAIL, Level.SHOULD: Verdict.WARN, Level.MAY: Verdict.INFO}


def decide(outcomes: Outcomes) -> tuple[Verdict, str]:
    """The verdict, and one line with its reason. docs/architecture.md has the order of the rules."""
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
    """One line about the first of several mismatches, with the number of the others."""
    first = mismatches[0]
    more = f" (and {len(mismatches) - 1} more)" if len(mismatches) > 1 else ""
    return f"{sentence(first)}{more}"
