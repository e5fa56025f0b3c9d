"""The language as the loader knows it: step types, operators, endpoints and clauses.

The loader imports no step and no matcher; it gets the contents of the registries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import Any, Protocol

from engine.loading.target_names import TargetNames
from engine.matchers.base import Operator
from engine.model.clause import Clause
from engine.model.facts import ANY, FactType
from engine.steps.api.facts import Fact
from engine.steps.api.groups import STEP
from engine.steps.api.step_type import StepType

Schema = Mapping[str, Any]


class Endpoints(Protocol):
    """The endpoints of a contract, as far as a document can contradict them. ``kind`` is ``http`` or
    ``websocket``."""

    def knows(self, method: str, path: str, kind: str) -> bool:
        """True if the contract answers that path (without its query) at all, by that method."""
        ...

    def bare(self, method: str, path: str, kind: str) -> bool:
        """True if only the bare app answers that."""
        ...

    def nearest(self, path: str) -> str:
        """A hint: the most similar endpoint, "" if none does."""
        ...


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """All words that a document may use. ``wsgi_endpoints`` is the contract of the WSGI apps."""

    step_types: Sequence[StepType[Any]]
    operators: Mapping[str, Operator]
    endpoints: Endpoints
    names: TargetNames
    clauses: Mapping[str, Clause] = field(default_factory=dict)
    wsgi_endpoints: Endpoints | None = None

    @cached_property
    def groups(self) -> dict[str, dict[str, StepType[Any]]]:
        """The step types of each group by name."""
        found: dict[str, dict[str, StepType[Any]]] = {STEP: {}}
        for step_type in sorted(self.step_types, key=lambda step_type: step_type.name):
            for group in step_type.groups:
                found.setdefault(group, {})[step_type.name] = step_type
        return found

    @cached_property
    def by_name(self) -> dict[tuple[str, str], StepType[Any]]:
        """The step types by group and name."""
        return {(group, name): one for group, several in self.groups.items() for name, one in several.items()}

    def step_type(self, group: str, name: str) -> StepType[Any]:
        """The step type of a key in a group. Raises KeyError; the schema guarantees that there is one."""
        return self.groups[group][name]


@lru_cache(maxsize=1024)
def fact_pattern(name: str) -> re.Pattern[str]:
    """A regular expression for the names of a fact: ``.*`` is one more word, ``[.*]`` any path or none."""
    pattern = re.escape(name).replace(r"\[\.\*\]", r"(?:\..+)?").replace(r"\.\*", r"\.[^.]+")
    return re.compile(pattern)


def fact_of(step_type: StepType[Any], name: str) -> Fact | None:
    """The fact of a step type for a name in a document, or None. Facts without a star take precedence; those followed
    by a path come last."""
    if (exact := step_type.facts_by_name.get(name)) is not None:
        return exact
    fitting = [fact for fact in step_type.starred_facts if fact_pattern(fact.name).fullmatch(name)]
    return min(fitting, key=lambda fact: "[.*]" in fact.name, default=None)


def type_of(step_type: StepType[Any], name: str) -> FactType:
    """The type of the fact for a name in a document; any value for an unknown name."""
    fact = fact_of(step_type, name)
    if fact is None:
        return ANY
    root = fact.name.removesuffix("[.*]")
    if name == root or not fact.name.endswith("[.*]"):
        return fact.type
    rest = name[len(root) + 1 :]
    return next((part for pattern, part in fact.parts if fnmatchcase(rest, pattern)), ANY)
