"""``same_as`` as a statement: the parts of an observation are kept, and those of a later one compared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.model.case import Case, Step
from engine.model.expectation import SameAs
from engine.reproduce.unroll.facts import FactExpressions
from engine.reproduce.unroll.source import CannotUnroll
from engine.steps.api.inner import inside
from engine.steps.api.step_type import StepTypes


@dataclass(frozen=True, slots=True)
class EarlierObservation:
    """The parts of an observation, which a variable keeps: the step whose script it belongs to, the facts that are
    compared, and the depth of the block that binds the variable."""

    owner: Step
    sort: tuple[str, ...]
    variable: str
    depth: int


def compared_steps(case: Case, step_types: StepTypes) -> frozenset[str]:
    """The names of the steps that later ones are compared with."""

    def names() -> Iterator[str]:
        for step in (one for outer in case.body.steps for one in (outer, *inside(outer, step_types))):
            for group in (step.checks.expect, step.checks.should):
                if group is not None and group.same_as is not None:
                    yield group.same_as.step

    return frozenset(names())


def is_named(step: Step, names: frozenset[str]) -> bool:
    """True if a step, or its connection, has one of the names."""
    return step.name in names or step.connection in names


def parts(sort: Sequence[str], facts: FactExpressions, variable: str, connection: str) -> str:
    """The expression of an observation's parts. ``connection`` is the variable of its connection, "" for none."""
    if "status" in sort:
        return f"response_parts({variable})"
    if "calls" in sort:
        return f"call_parts({variable}s, {variable})"
    port = f"{connection}.port" if connection else "0"
    found = [f"{fact!r}: {{{fact!r}: without_port({facts.of(fact, variable)}, {port})}}" for fact in sort]
    return f"{{{', '.join(found)}}}"


def earlier(
    same_as: SameAs, kept: Sequence[EarlierObservation], owner: Step, sort: tuple[str, ...], depth: int
) -> EarlierObservation:
    """The observation that one of ``owner`` is compared with: that of the same turn among those of its sort. Raises
    CannotUnroll if there is none, or if its variable is one of another function."""
    named = frozenset({same_as.step})
    fitting = [one for one in kept if one.sort == sort and one.owner is not owner and is_named(one.owner, named)]
    last = [one for one in fitting if one.owner is fitting[-1].owner]
    turn = sum(one.owner is owner and one.sort == sort for one in kept)
    if turn >= len(last):
        raise CannotUnroll(f"`same_as: {same_as.step}` has nothing to compare with")
    if last[turn].depth > depth:
        raise CannotUnroll(f"`same_as: {same_as.step}` compares with a step inside another one")
    return last[turn]


def comparison(check: str, same_as: SameAs, before: str, now: str, sort: tuple[str, ...]) -> str:
    """The statement that compares the parts ``now`` with those ``before``."""
    left = [fact for fact in sort if fact not in same_as.without]
    only = "" if list(same_as.facts) in (left, list(sort)) else f", only={same_as.facts!r}"
    without = f", without={same_as.without!r}" if same_as.without else ""
    return f"compare({check}, {before}, {now}{only}{without})"
