"""The id of a run, its folder, and the header of its record."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from engine import version
from engine.documents.roots import absolute
from engine.execution.job import Job
from engine.model.packaged import opened

if TYPE_CHECKING:
    from engine.app.sharding import Division


def new_run_id() -> str:
    """A new id, which sorts by time and is a nonce: ``20261121-093000-3f2a``."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"


def header(
    arguments: Sequence[str],
    jobs: Sequence[Job],
    baselines: Sequence[Path],
    data: Mapping[str, str],
    division: Division | None = None,
) -> dict[str, Any]:
    """The header of a record, apart from the id. ``cases`` are the addresses of the cases in the order of their files,
    ``documents`` the absolute paths of their suites by address. ``baselines`` are the files that the run read, ``data``
    are the origin, the folder and the version of the suites and frameworks. ``digests`` are the SHA-256 of the suites
    by address, and ``machine`` describes this one. ``division`` is the shard that the run is: its
    record has the cases of the complete plan, so that all shards have one order."""
    every = jobs if division is None else division.every
    in_files = sorted((job.case for job in every), key=lambda case: (case.file, case.place.line))
    return {
        "engine": version,
        "python": platform.python_version(),
        "system": platform.platform(),
        "arguments": list(arguments),
        "targets": list(dict.fromkeys(job.target.id for job in jobs)),
        "categories": list(dict.fromkeys(job.case.category for job in sorted(jobs, key=lambda job: job.case.file))),
        "cases": list(dict.fromkeys(case.address for case in in_files)),
        "documents": {case.file: str(absolute(Path(case.place.file))) for case in in_files},
        "digests": digests({case.file: case.place.file for case in in_files}),
        "machine": machine(),
        "jobs": len(jobs),
        "baselines": [str(path.absolute()) for path in baselines],
        "data": dict(data),
        **({} if division is None else {"shard": division.note}),
    }


def digests(files: Mapping[str, str]) -> dict[str, str]:
    """The SHA-256 of some files in hex, by the keys of their paths. One that cannot be read is left out."""
    found: dict[str, str] = {}
    for key, path in files.items():
        with suppress(OSError):
            found[key] = hashlib.sha256(opened(path).read_bytes()).hexdigest()
    return found


def machine() -> dict[str, Any]:
    """The processor, its cores that this process may use, and the memory in bytes of this machine; 0 and "" where the
    system does not state them."""
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0,
        "memory": psutil.virtual_memory().total,
        "architecture": platform.machine(),
    }


def _processor() -> str:
    """The model of the processor: of Linux from /proc, elsewhere as Python knows it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor()


def nonce(run_id: str) -> str:
    """The short part of a run's id, for ``$(run)``."""
    return run_id.rpartition("-")[2]


def folder_of(results: Path, run_id: str) -> Path:
    """The folder of a run."""
    return results / "runs" / run_id
