"""Step types and operators: what the drivers and the matchers can do, found once."""

from __future__ import annotations

from functools import cache, partial
from typing import Any, cast

from engine.execution.runner.judge import Match
from engine.execution.runner.scope import Kinds
from engine.matchers.base import Operator
from engine.matchers.matching import match
from engine.model.expectation import Matcher, Mismatch, Situation
from engine.registry import Registry, found
from engine.steps.api.groups import in_scripts
from engine.steps.api.step_type import StepType


@cache
def drivers() -> list[StepType[Any]]:
    """Every step type and action, from the modules of the drivers."""
    return in_scripts(cast(StepType[Any], kind) for kind in found("engine.steps", "KINDS", deep=True))


@cache
def operators() -> Registry[Operator]:
    """Every operator, from the modules of the matchers."""
    return Registry("operator", [cast(Operator, operator) for operator in found("engine.matchers", "OPERATORS")])


def kinds() -> Kinds:
    """The step types as the runner gets them."""
    return {(group, kind.name): kind for kind in drivers() for group in kind.groups}


def matching() -> Match:
    """The function that applies a matcher to an observed value, for the runner."""
    return partial(_match, operators())


def _match(
    operators: Registry[Operator], observed: object, matcher: Matcher, situation: Situation, where: str
) -> Mismatch | None:
    return match(observed, matcher, situation, operators, where)
