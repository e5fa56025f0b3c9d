"""The records of runs in the results folder: begun, appended to, read again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.app.project_paths import ProjectPaths
from engine.app.run_ids import folder_of, header
from engine.errors import UsageError
from engine.execution.job import Job
from engine.model.verdict import JobResult
from engine.registry import nearest
from engine.results.record.codec import result_from_json, result_to_json
from engine.results.record.store import (
    Run,
    Store,
    TargetRow,
    ordered,
    read,
    recheck_line,
    row_of,
    target_document,
    text_of,
)

LAST = re.compile(r"(?:last(?:~([0-9]{1,6}))?)?")
ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")
MAKES = "`engine grid` makes one"
NAMES_FOLDER = "name the folder with --results; without it that is results/"


def keep(
    project_paths: ProjectPaths,
    run_id: str,
    arguments: Sequence[str],
    jobs: Sequence[Job],
    baselines: Sequence[Path] = (),
) -> Store:
    """Begin the record of a run. Raises ResultsError if the folder of results is not writable."""
    return Store(
        folder_of(project_paths.results, run_id), run_id, header(arguments, jobs, baselines, project_paths.data)
    )


def ids(project_paths: ProjectPaths) -> list[str]:
    """The ids of all recorded runs, the newest first. Raises UsageError if the results are no folder."""
    if project_paths.results.exists() and not project_paths.results.is_dir():
        raise UsageError(f"{project_paths.results} is no folder, and runs are kept in one", hint=NAMES_FOLDER)
    folder = project_paths.results / "runs"
    return sorted((path.name for path in folder.iterdir() if path.is_dir()), reverse=True) if folder.is_dir() else []


def folder(named: str, project_paths: ProjectPaths) -> Path:
    """The folder of a run by its path or its id; of the newest for ``last`` or "", of the one before for ``last~1``,
    and so on. Raises UsageError if there is none, with the nearest id."""
    known = ids(project_paths)
    if match := LAST.fullmatch(named):
        number = int(match[1] or 0)
        if number < len(known):
            return folder_of(project_paths.results, known[number])
        what = f"there is no run {named!r}" if known else f"there is no run in {project_paths.results}"
        raise UsageError(what, hint=f"there are {len(known)}, from last to last~{len(known) - 1}" if known else MAKES)
    path = (
        Path(named) if os.sep in named or Path(named).suffix == ".ndjson" else folder_of(project_paths.results, named)
    )
    path = path.parent if path.is_file() else path
    if not path.is_dir():
        close = nearest(named, known)
        rest = f"the newest is {known[0]}; `engine list runs` lists all" if known else MAKES
        raise UsageError(f"there is no run {named!r}", hint=close if close.startswith("did you mean") else rest)
    return path


def again(named: str, project_paths: ProjectPaths) -> Run:
    """A run by its path, its id, or as ``last``. Raises UsageError if there is none, ResultsError if it cannot be
    read."""
    return read(folder(named, project_paths))


@dataclass(frozen=True, slots=True)
class ResultMessage:
    """A verdict on its way between processes: what most readers need of it, and the rest as it stands in the run's
    file, since most results are never read again. ``seconds`` is how long the job took, ``recorded`` whether the case
    recorded anything; ``result`` and ``target`` are lines of the file, ``target`` "" where nothing new became known of
    it. No line holds a tab: JSON writes it as ``\\t``."""

    verdict: str
    seconds: float
    recorded: bool
    result: str
    target: str = ""

    @property
    def line(self) -> str:
        """The whole as one line of text."""
        return f"{self.verdict}\t{self.seconds}\t{'yes' if self.recorded else ''}\t{self.result}\t{self.target}"

    @classmethod
    def of(cls, line: str) -> ResultMessage:
        """The message that ``line`` encodes."""
        verdict, seconds, recorded, result, target = line.split("\t")
        return cls(verdict, float(seconds), bool(recorded), result, target)

    @property
    def row(self) -> TargetRow | None:
        """The target's properties, None if nothing new is known of them."""
        return TargetRow(**row_of(self.target)) if self.target else None


def told(result: JobResult, row: TargetRow | None) -> ResultMessage:
    """A verdict, and what became known of its target."""
    target = text_of(target_document(row)) if row is not None else ""
    line = text_of(result_to_json(result))
    return ResultMessage(result.verdict.value, result.seconds, bool(result.recorded), line, target)


def from_told(told: ResultMessage) -> JobResult:
    """The verdict that ``told`` was given; what was observed is text now."""
    return result_from_json(json.loads(told.result))


def to_recheck_document(result: JobResult) -> dict[str, Any]:
    """A recheck as JSON's types, for another process."""
    return recheck_line(result)


def take(store: Store, told: ResultMessage) -> None:
    """Append a verdict that was told, and what became known of its target."""
    if told.target:
        store.text(told.target)
    store.verdict(told.verdict, told.result)


__all__ = [
    "NAMES_FOLDER",
    "ResultMessage",
    "Run",
    "Store",
    "TargetRow",
    "again",
    "folder",
    "from_told",
    "ids",
    "keep",
    "ordered",
    "take",
    "to_recheck_document",
    "told",
]
