"""What a run is called, where it is kept, and what its file begins with."""

from __future__ import annotations

import platform
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine import version
from engine.execution.job import Job


def new_run_id() -> str:
    """A name for a run that sorts by time and is a nonce: ``20261121-093000-3f2a``."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"


def header(arguments: Sequence[str], jobs: Sequence[Job], baselines: Sequence[Path] = ()) -> dict[str, Any]:
    """What a run's first line says besides its id. ``baselines`` are the files that it read."""
    return {
        "engine": version,
        "python": platform.python_version(),
        "system": platform.platform(),
        "arguments": list(arguments),
        "targets": list(dict.fromkeys(job.target.id for job in jobs)),
        "categories": list(dict.fromkeys(job.case.category for job in sorted(jobs, key=lambda job: job.case.file))),
        "jobs": len(jobs),
        "baselines": [str(path.absolute()) for path in baselines],
    }


def nonce(run_id: str) -> str:
    """The short part of a run's id, which cases see in ``$(run)``."""
    return run_id.rpartition("-")[2]


def folder_of(results: Path, run_id: str) -> Path:
    """Where a run is kept."""
    return results / "runs" / run_id
