"""What the loader is told about the language: step kinds, operators, endpoints and clauses.

The loader imports no step and no matcher. These protocols are the shape of
``engine.steps.api.step_type.StepType`` and ``engine.matchers.base.Operator``, as far as reading a document needs them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import Any, Protocol

from engine.model.case import Clause
from engine.model.facts import ANY, FactType
from engine.model.nodes import Node
from engine.model.requirements import Requirement

Schema = Mapping[str, Any]

STEP = "step"
"""The group of the kinds that stand in a case's ``steps``."""


class FactLike(Protocol):
    """A fact that a kind exposes. See ``engine.steps.api.facts.Fact``."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    @property
    def type(self) -> FactType: ...

    @property
    def parts(self) -> Sequence[tuple[str, FactType]]: ...


class StepTypeLike(Protocol):
    """A step kind, or an action of a script. See ``engine.steps.api.step_type.StepType``."""

    @property
    def name(self) -> str: ...

    @property
    def groups(self) -> Sequence[str]: ...

    @property
    def summary(self) -> str: ...

    @property
    def schema(self) -> Schema: ...

    @property
    def parse(self) -> Callable[[Node, Any], object]: ...

    @property
    def facts(self) -> Sequence[FactLike]: ...

    @property
    def looks(self) -> bool: ...

    @property
    def within(self) -> str: ...

    @property
    def quiet(self) -> bool: ...

    @property
    def named(self) -> bool: ...

    @property
    def connects(self) -> bool: ...

    @property
    def needs(self) -> Sequence[str]: ...

    @property
    def requires(self) -> frozenset[Requirement]: ...

    @property
    def lifecycle(self) -> str: ...

    @property
    def before_start(self) -> bool: ...

    @property
    def turns(self) -> tuple[str, str] | None: ...

    @property
    def endpoint(self) -> tuple[str, str] | None: ...

    @property
    def refers(self) -> Sequence[str]: ...

    @property
    def marks(self) -> str: ...


class OperatorLike(Protocol):
    """An operator. ``argument`` is a word of ``engine.matchers.base.Argument``, ``part`` one of ``Part``."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    @property
    def argument(self) -> str: ...

    @property
    def words(self) -> Sequence[str]: ...

    @property
    def takes(self) -> Collection[str]: ...

    @property
    def part(self) -> str: ...


class Endpoints(Protocol):
    """The contract, as far as a document can go against it. ``kind`` is ``http`` or ``websocket``."""

    def knows(self, method: str, path: str, kind: str) -> bool:
        """True if the contract answers that path (without its query) at all, by that method."""
        ...

    def nearest(self, path: str) -> str:
        """A hint: the endpoint that looks most like it, "" if none does."""
        ...


@dataclass(frozen=True, slots=True)
class TargetNames:
    """The names by which a case chooses its targets, and the ``capabilities`` that it may need."""

    servers: Sequence[str]
    frameworks: Sequence[str]
    loops: Sequence[str]
    gateways: Sequence[str]
    runtimes: Sequence[str]
    capabilities: Sequence[str]


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """All that a document may speak of. ``wsgi_endpoints`` is the contract of the WSGI apps."""

    kinds: Sequence[StepTypeLike]
    operators: Mapping[str, OperatorLike]
    endpoints: Endpoints
    names: TargetNames
    clauses: Mapping[str, Clause] = field(default_factory=dict)
    wsgi_endpoints: Endpoints | None = None

    @cached_property
    def groups(self) -> dict[str, dict[str, StepTypeLike]]:
        """The kinds of each group by name."""
        found: dict[str, dict[str, StepTypeLike]] = {STEP: {}}
        for kind in sorted(self.kinds, key=lambda kind: kind.name):
            for group in kind.groups:
                found.setdefault(group, {})[kind.name] = kind
        return found

    def kind(self, group: str, name: str) -> StepTypeLike:
        """The kind that a key means in a group. Raises KeyError; the schema has seen to it that there is one."""
        return self.groups[group][name]


@lru_cache(maxsize=1024)
def fact_pattern(name: str) -> re.Pattern[str]:
    """The pattern of the names that a fact stands for: ``.*`` is one more word, ``[.*]`` any path or none."""
    pattern = re.escape(name).replace(r"\[\.\*\]", r"(?:\..+)?").replace(r"\.\*", r"\.[^.]+")
    return re.compile(pattern)


def fact_of(kind: StepTypeLike, name: str) -> FactLike | None:
    """The fact of a kind that a name in a document means, or None. One without a star goes first, one in which a whole
    path may follow last."""
    for fact in kind.facts:
        if fact.name == name:
            return fact
    fitting = [fact for fact in kind.facts if "*" in fact.name and fact_pattern(fact.name).fullmatch(name)]
    return min(fitting, key=lambda fact: "[.*]" in fact.name, default=None)


def type_of(kind: StepTypeLike, name: str) -> FactType:
    """The type of the fact that a name in a document means; any value for a name that means none."""
    fact = fact_of(kind, name)
    if fact is None:
        return ANY
    root = fact.name.removesuffix("[.*]")
    if name == root or not fact.name.endswith("[.*]"):
        return fact.type
    rest = name[len(root) + 1 :]
    return next((part for pattern, part in fact.parts if fnmatchcase(rest, pattern)), ANY)
