"""A whole run for a front that waits for its end: from what was asked to a run's file."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from engine.app import collector, room, workshop
from engine.app.front import Asked, Front
from engine.app.places import relative
from engine.app.run_ids import new_run_id
from engine.app.runs import Run, keep
from engine.app.session import Session, Watcher, event_loop
from engine.errors import UsageError
from engine.execution.job import Job
from engine.model.case import Case

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Done:
    """A run that is over. ``lost`` lines of it could not be written, because of ``trouble``."""

    run: Run
    path: Path
    interrupted: bool
    lost: int
    trouble: str


class Stopped(Exception):
    """Ctrl-C or SIGTERM ended what was running; everything it had to clean up is done."""


def until_stopped(running: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own. Raises Stopped after Ctrl-C or SIGTERM, by which it is cancelled."""

    async def cancellable() -> T:
        task = asyncio.current_task()
        assert task is not None
        # Not by way of SIGINT: a shell starts what it runs in the background with that one ignored.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await running

    try:
        with asyncio.Runner(loop_factory=event_loop()) as runner:
            return runner.run(cancellable())
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        raise Stopped from error


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


def run(
    front: Front,
    jobs: Sequence[Job],
    arguments: Sequence[str],
    watcher: Watcher,
    show: Callable[[Done], R],
    *,
    recheck: bool = False,
    keep_transcripts: bool = False,
) -> R:
    """Run jobs to their end, or until Ctrl-C or SIGTERM; either way every target is stopped, and what there is is kept.

    ``show`` is called once, with the run read back: as soon as all verdicts are there, while the last targets are
    being stopped, or after an interruption. What it gives is given back. ``recheck`` runs what was red again alone, and
    ``keep_transcripts`` keeps those of what passes too. Raises ResultsError where the run's file
    cannot be begun.
    """
    run_id = new_run_id()
    store = keep(front.places, run_id, arguments, jobs)
    runner = workshop.runner(run_id, keep_all=keep_transcripts)
    runtime = workshop.runtime(front, store.folder)
    session = Session(jobs, runtime, runner, store, [watcher], workshop.limits(front), front.known, recheck)
    shown: list[R] = []

    def finish(ended: str) -> None:
        session.settle()
        store.close(ended)
        # From memory, not from the file: on a full disk the file holds less than there is to show.
        rows, results = tuple(session.rows.values()), tuple(session.results)
        run = Run(run_id, store.header, rows, results, ended == "whole", ended)
        done = Done(run, store.path, ended == "interrupted", store.lost, store.trouble)
        shown.append(show(done))

    room.make_room()
    try:
        with collector.settled():
            until_stopped(session.run(lambda: finish("whole")))
    except Stopped:
        if not shown:
            finish("interrupted")
    except BaseException:
        if not shown:
            store.close("cut short")
        raise
    return shown[0]
