"""A whole run for a front that waits for its end: from what was asked to a run's file."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.app.front import Asked, Front
from engine.app.grids import relative
from engine.app.runs import Run, keep
from engine.app.session import Session, Watcher, event_loop, new_run_id
from engine.errors import UsageError
from engine.execution.job import Job
from engine.model.case import Case
from engine.results.store import read


@dataclass(frozen=True, slots=True)
class Done:
    """A run that is over. ``lost`` lines of it could not be written, because of ``trouble``."""

    run: Run
    path: Path
    interrupted: bool
    lost: int
    trouble: str


def paths_of(named: Sequence[str], front: Front) -> list[Path]:
    """The paths that were named, or specs. Raises UsageError for one that is not there."""
    paths = [Path(path) for path in named] or [relative(front.places.specs)]
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no {path}", hint="name files or folders of suites")
    return paths


def jobs_of(front: Front, cases: Sequence[Case], asked: Asked) -> list[Job]:
    """The jobs that were asked for. Raises UsageError where there is none, or a name that there is not."""
    asked.selection.check(cases)
    jobs = front.plan([case for case in cases if asked.selection.takes(case)], front.targets(asked))
    if not jobs:
        raise UsageError("no case was selected", hint="look at --category, --level and --framework")
    return jobs


def run(front: Front, jobs: Sequence[Job], arguments: Sequence[str], watcher: Watcher) -> Done:
    """Run jobs to their end, or until Ctrl-C or SIGTERM; either way every target is stopped, and what there is is kept.

    Raises ResultsError where the run's file cannot be begun.
    """
    run_id = new_run_id()
    store = keep(front.places, run_id, arguments, jobs)
    session = Session(jobs, front.runtime(store.folder), front.runner(run_id), store, [watcher], known=front.known)
    ended = "cut short"
    try:
        with asyncio.Runner(loop_factory=event_loop()) as loop:
            loop.get_loop().add_signal_handler(signal.SIGTERM, signal.raise_signal, signal.SIGINT)
            loop.run(session.run())
        ended = "whole"
    except KeyboardInterrupt:
        ended = "interrupted"
    finally:
        store.close(ended)
    return Done(read(store.path), store.path, ended == "interrupted", store.lost, store.trouble)
