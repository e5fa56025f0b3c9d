"""Runs as both fronts keep them: begun, taken verdict by verdict, read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.app.places import Places
from engine.app.run_ids import folder_of, header
from engine.execution.job import Job
from engine.model.verdict import JobResult
from engine.results.codec import result_from_json, result_to_json
from engine.results.store import Run, Store, TargetRow, read, recheck_line, row_to_json


def keep(places: Places, run_id: str, arguments: Sequence[str], jobs: Sequence[Job]) -> Store:
    """Begin a run's file. Raises ResultsError where the folder of results cannot be written."""
    return Store(folder_of(places.results, run_id), run_id, header(arguments, jobs))


def again(named: str, places: Places) -> Run:
    """A run by its path, or by its id. Raises ResultsError where it is none."""
    path = Path(named)
    return read(path if path.exists() else folder_of(places.results, named))


def to_document(result: JobResult, row: TargetRow | None) -> dict[str, Any]:
    """A verdict, and what became known of its target, as JSON's types: for the way between processes."""
    document: dict[str, Any] = {"result": result_to_json(result)}
    if row is not None:
        document["target"] = row_to_json(row)
    return document


def from_document(document: Mapping[str, Any]) -> JobResult:
    """The verdict that ``to_document`` was given; what was observed is text now."""
    return result_from_json(document["result"])


def to_recheck_document(result: JobResult) -> dict[str, Any]:
    """What came of running a red job again alone, as JSON's types: for the way between processes."""
    return recheck_line(result)


def take(store: Store, document: Mapping[str, Any]) -> None:
    """Append what ``to_document`` made."""
    if "target" in document:
        store.target(TargetRow(**document["target"]))
    store.document(document["result"])


__all__ = [
    "Run", "Store", "TargetRow", "again", "from_document", "keep", "take", "to_document", "to_recheck_document",
]  # fmt: skip
