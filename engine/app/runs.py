"""The records of runs in the results folder: begun, appended to, read again."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from engine.app.project_paths import ProjectPaths
from engine.app.run_ids import folder_of, header
from engine.errors import UsageError
from engine.execution.job import Job
from engine.registry import nearest
from engine.results.record.store import (
    Run,
    Store,
    TargetRow,
    ordered,
    read,
)
from engine.worker.messages import ResultMessage

if TYPE_CHECKING:
    from engine.app.sharding import Division

LAST = re.compile(r"(?:last(?:~([0-9]{1,6}))?)?")
ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")
MAKES = "`engine grid` makes one"
IGNORE_ALL = "# Written by the conformance engine: runs are no sources.\n*\n"
NAMES_FOLDER = "name the folder with --results; without it that is results/"


def keep(
    project_paths: ProjectPaths,
    run_id: str,
    arguments: Sequence[str],
    jobs: Sequence[Job],
    baselines: Sequence[Path] = (),
    *,
    division: Division | None = None,
) -> Store:
    """Begin the record of a run. ``division`` is the shard that it is. Raises ResultsError if the
    folder of results is not writable."""
    make_folder(project_paths.results)
    return Store(
        folder_of(project_paths.results, run_id),
        run_id,
        header(arguments, jobs, baselines, project_paths.data, division),
    )


def make_folder(results: Path) -> None:
    """Make the folder of results where there is none, with a .gitignore that excludes all of it: otherwise the runs
    would change the content of a checkout under test, and each would require a new environment. A folder that exists
    stays as it is. Errors are ignored here, since writing the run raises them again."""
    with suppress(OSError):
        results.mkdir(parents=True)
        (results / ".gitignore").write_text(IGNORE_ALL)


def ids(project_paths: ProjectPaths) -> list[str]:
    """The ids of all recorded runs, the newest first. Raises UsageError if the results are no folder."""
    if project_paths.results.exists() and not project_paths.results.is_dir():
        raise UsageError(f"{project_paths.results} is not a folder", hint=NAMES_FOLDER)
    folder = project_paths.results / "runs"
    if not folder.is_dir():
        return []
    return [path.name for path in sorted(filter(Path.is_dir, folder.iterdir()), key=_time, reverse=True)]


def _time(folder: Path) -> tuple[str, str]:
    """The order of runs: by the time in the id; a run with a name that a user chose is as old as its folder."""
    if ID.fullmatch(folder.name):
        return folder.name, ""
    return time.strftime("%Y%m%d-%H%M%S", time.localtime(folder.stat().st_mtime)), folder.name


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


def take(store: Store, message: ResultMessage) -> None:
    """Append a result, and what became known of its target."""
    if message.target:
        store.text(message.target)
    store.verdict(message.verdict, message.result)


__all__ = [
    "NAMES_FOLDER",
    "Run",
    "Store",
    "TargetRow",
    "again",
    "folder",
    "ids",
    "keep",
    "ordered",
    "take",
]
