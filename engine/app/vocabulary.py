"""The vocabulary of the engine: step types, operators, the contract and the catalogue of clauses, loaded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.app import declarations, step_types
from engine.app.project_paths import ProjectPaths
from engine.app.target_names import target_names
from engine.loading import vocabulary as loading
from engine.loading.schema import compose as schema
from engine.matchers.base import Operator
from engine.model.clause import Clause
from engine.registry import Registry
from engine.targets.catalog.contract import Contract, load_contract, load_wsgi_contract


@dataclass(frozen=True, slots=True)
class EngineVocabulary:
    """``loading`` is what the loader is handed. ``wsgi_contract`` is the contract of the apps that are called through
    WSGI."""

    loading: loading.Vocabulary
    operators: Registry[Operator]
    contract: Contract
    wsgi_contract: Contract


def load(project_paths: ProjectPaths, clauses: Mapping[str, Clause]) -> EngineVocabulary:
    """Import every driver and matcher, and read the contracts. ``clauses`` are those that cases may cite. Raises
    DocumentError where a contract is wrong."""
    contract, wsgi_contract = load_contract(project_paths.frameworks), load_wsgi_contract(project_paths.frameworks)
    return EngineVocabulary(
        loading=loading.Vocabulary(
            step_types.every(), step_types.operators(), contract, target_names(project_paths), clauses, wsgi_contract
        ),
        operators=step_types.operators(),
        contract=contract,
        wsgi_contract=wsgi_contract,
    )


def schemas(words: EngineVocabulary) -> dict[str, Mapping[str, Any]]:
    """The schemas of all documents and declarations, by the names of their files."""
    declared = {name: {"$schema": schema.DRAFT, **one} for name, one in declarations.SCHEMAS.items()}
    return {**schema.compose_schemas(words.loading), **declared}


def write_schemas(folder: Path, words: EngineVocabulary) -> list[Path]:
    """Write the schemas of all documents and declarations into a folder. The files written."""
    return schema.write_schemas(folder, schemas(words))
