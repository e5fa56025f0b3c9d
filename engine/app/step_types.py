"""The step types and the operators, each found once."""

from __future__ import annotations

from functools import cache, partial
from typing import Any, cast

from engine.execution.runner.judge import Match
from engine.matchers.base import Operator
from engine.matchers.matching import match
from engine.model.expectation import Matcher, Mismatch, Situation
from engine.registry import Registry, found
from engine.steps.api.groups import in_scripts
from engine.steps.api.step_type import StepType, StepTypes


@cache
def every() -> list[StepType[Any]]:
    """Every step type, from the modules of ``engine.steps``."""
    return in_scripts(cast(StepType[Any], step_type) for step_type in found("engine.steps", "STEP_TYPES", deep=True))


@cache
def operators() -> Registry[Operator]:
    """Every operator, from the modules of ``engine.matchers``."""
    return Registry("operator", [cast(Operator, operator) for operator in found("engine.matchers", "OPERATORS")])


def by_name() -> StepTypes:
    """The step types as the runner gets them."""
    return {(group, step_type.name): step_type for step_type in every() for group in step_type.groups}


def matching() -> Match:
    """The function that applies a matcher to an observed value, for the runner."""
    return partial(_match, operators())


def _match(
    operators: Registry[Operator], observed: object, matcher: Matcher, situation: Situation, where: str
) -> Mismatch | None:
    return match(observed, matcher, situation, operators, where)
