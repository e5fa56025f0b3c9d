"""Groups: where a key means a step type.

``step`` is the group of a case's ``steps``. A step type with a script has a group of its own name, and what stands in
that script belongs to it. Any other group is a set of actions and assertions, such as ``stream`` (those of a byte
stream): a script gets its members where its step type ``includes`` the set. A member of the script's own group goes
before one of that name from a set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.steps.api.step_type import StepType

STEP = "step"


def in_scripts(types: Iterable[StepType[Any]]) -> list[StepType[Any]]:
    """The step types as they were declared, with each set in their ``groups`` replaced by the scripts that include it,
    sorted. A member of a set that no script includes has no group."""
    types = list(types)
    scripts = [one for one in types if STEP in one.groups]
    own = {(group, one.name) for one in types for group in one.groups}
    names = {one.name for one in scripts}

    def found(one: StepType[Any]) -> tuple[str, ...]:
        sets = [group for group in one.groups if group != STEP and group not in names]
        if not sets:
            return one.groups
        kept = [group for group in one.groups if group not in sets]
        including = {
            script.name
            for script in scripts
            for group in sets
            if group in script.includes and (script.name, one.name) not in own
        }
        return (*kept, *sorted(including))

    return [replace(one, groups=found(one)) for one in types]
