"""What the engine knows: step kinds, operators, the contract and the catalogue of clauses, put together once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
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
    """``loading`` is what the loader is handed, ``kinds`` and ``match`` what the runner is. ``wsgi_contract`` is the
    contract of the apps that are called through WSGI."""

    loading: loading.Vocabulary
    kinds: Kinds
    match: Match
    operators: Registry[Operator]
    contract: Contract
    wsgi_contract: Contract


def load(places: Places, more_clauses: Sequence[Path] = ()) -> Words:
    """Import every driver and matcher, and read the contracts and the clauses. Raises DocumentError where a contract
    or a catalogue is wrong."""
    kinds = [cast(Kind, kind) for kind in found("engine.drivers", "KINDS")]
    operators = Registry("operator", [cast(Operator, operator) for operator in found("engine.matchers", "OPERATORS")])
    contract, wsgi_contract = load_contract(places.frameworks), load_wsgi_contract(places.frameworks)
    clauses = read_clauses([path for path in (places.specs, *more_clauses) if path.exists()])
    return Words(
        loading=loading.Vocabulary(kinds, operators, contract, clauses, wsgi_contract),
        kinds={(group, kind.name): kind for kind in kinds for group in kind.groups},
        match=partial(_match, operators),
        operators=operators,
        contract=contract,
        wsgi_contract=wsgi_contract,
    )


def _match(
    operators: Registry[Operator], observed: object, matcher: Matcher, situation: Situation, where: str
) -> Mismatch | None:
    return match(observed, matcher, situation, operators, where)


def write_schemas(folder: Path, words: Words) -> list[Path]:
    """Write the schemas of all documents into a folder. The files written."""
    return schema.write_schemas(folder, words.loading)
