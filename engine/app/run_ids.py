"""The id of a run, its folder, and the header of its record."""

from __future__ import annotations

import platform
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine import version
from engine.documents.roots import absolute
from engine.execution.job import Job


def new_run_id() -> str:
    """A new id, which sorts by time and is a nonce: ``20261121-093000-3f2a``."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"


def header(
    arguments: Sequence[str], jobs: Sequence[Job], baselines: Sequence[Path], data: Mapping[str, str]
) -> dict[str, Any]:
    """The header of a record, apart from the id. ``cases`` are the addresses of the cases in the order of their files,
    ``documents`` the absolute paths of their suites by address. ``baselines`` are the files that the run read, ``data``
    are the origin, the folder and the version of the suites and frameworks."""
    in_files = sorted((job.case for job in jobs), key=lambda case: (case.file, case.place.line))
    return {
        "engine": version,
        "python": platform.python_version(),
        "system": platform.platform(),
        "arguments": list(arguments),
        "targets": list(dict.fromkeys(job.target.id for job in jobs)),
        "categories": list(dict.fromkeys(job.case.category for job in sorted(jobs, key=lambda job: job.case.file))),
        "cases": list(dict.fromkeys(case.address for case in in_files)),
        "documents": {case.file: str(absolute(Path(case.place.file))) for case in in_files},
        "jobs": len(jobs),
        "baselines": [str(path.absolute()) for path in baselines],
        "data": dict(data),
    }


def nonce(run_id: str) -> str:
    """The short part of a run's id, for ``$(run)``."""
    return run_id.rpartition("-")[2]


def folder_of(results: Path, run_id: str) -> Path:
    """The folder of a run."""
    return results / "runs" / run_id
