"""What the engine knows: step kinds, operators, the contract and the catalogue of clauses, put together once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import cast

from engine.app.places import Places
from engine.drivers.base import Kind
from engine.execution.context import Kinds
from engine.execution.judge import Match
from engine.loading import schema
from engine.loading import vocabulary as loading
from engine.loading.catalogue import read_clauses
from engine.matchers.base import Operator
from engine.matchers.matching import match
from engine.model.expectation import Matcher, Mismatch, Situation
from engine.registry import Registry, found
from engine.targets.contract import Contract, load_contract, load_wsgi_contract


@dataclass(frozen=True, slots=True)
class Words:
    """``loading`` is what the loader is handed. ``wsgi_contract`` is the contract of the apps that are called through
    WSGI."""

    loading: loading.Vocabulary
    operators: Registry[Operator]
    contract: Contract
    wsgi_contract: Contract


def load(places: Places, more_clauses: Sequence[Path] = ()) -> Words:
    """Import every driver and matcher, and read the contracts and the clauses. Raises DocumentError where a contract
    or a catalogue is wrong."""
    contract, wsgi_contract = load_contract(places.frameworks), load_wsgi_contract(places.frameworks)
    clauses = read_clauses([path for path in (places.specs, *more_clauses) if path.exists()])
    return Words(
        loading=loading.Vocabulary(drivers(), operators(), contract, clauses, wsgi_contract),
        operators=operators(),
        contract=contract,
        wsgi_contract=wsgi_contract,
    )


@cache
def drivers() -> list[Kind]:
    """Every step kind and action, from the modules of the drivers."""
    return [cast(Kind, kind) for kind in found("engine.drivers", "KINDS")]


@cache
def operators() -> Registry[Operator]:
    """Every operator, from the modules of the matchers."""
    return Registry("operator", [cast(Operator, operator) for operator in found("engine.matchers", "OPERATORS")])


def kinds() -> Kinds:
    """The step kinds as the runner is handed them."""
    return {(group, kind.name): kind for kind in drivers() for group in kind.groups}


def matching() -> Match:
    """What holds an observed value against a matcher, as the runner is handed it."""
    return partial(_match, operators())


def _match(
    operators: Registry[Operator], observed: object, matcher: Matcher, situation: Situation, where: str
) -> Mismatch | None:
    return match(observed, matcher, situation, operators, where)


def write_schemas(folder: Path, words: Words) -> list[Path]:
    """Write the schemas of all documents into a folder. The files written."""
    return schema.write_schemas(folder, words.loading)
