"""A whole run, from its options to its record, for a caller that waits for the end.

Theory of operation
-------------------
``run`` has three things going on: documents are read and planned (``prepare``), targets start, and somebody may press
Ctrl-C. Reading takes seconds where documents have changed, a start takes a second, and the first needs nothing of the
second: the options name the first target.

*Order.* With ``early`` the event loop begins at once: the Prewarmer starts these launches, and ``prepare`` runs in a
daemon thread. When it returns, a second thread reads the baselines, imports the step types and begins the run's file;
then the session runs on the loop. Launches that no job needs are stopped before that. Containers and services that run
already have no ``early``; there ``prepare`` runs before the loop.

*Ownership.* A started target belongs to the Prewarmer until the session asks for it, and to the session from then on.
Both stop what they own when cancelled, so every path out of ``run`` stops every target. The run's folder belongs
to nobody until its file is begun: where that never happens, what a target has written there is removed, and so are
folders that were made for it.

*Interruptions.* SIGINT, SIGTERM and SIGHUP cancel the task of the run. Nothing waits for ``prepare``, which ends with
the process. Results so far are kept: the file ends with ``interrupted``, and ``show`` is called as for a whole run.

*Errors.* ``prepare`` raises errors of documents and options, and these leave ``run`` as they are. A defect of the
engine closes the file as ``cut short``, and its traceback is kept in the run's folder.

``show`` is called exactly once for every run whose file was begun and that no error broke.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine.app import gc_tuning, open_files, wiring
from engine.app.engine import Engine, RunOptions
from engine.app.prewarm import Prewarmer
from engine.app.run_ids import folder_of, new_run_id
from engine.app.runs import keep
from engine.app.session import Compare, RunSession, Runtime, Watcher, event_loop
from engine.app.sharding import Division
from engine.documents.roots import BASELINE, absolute
from engine.errors import EngineError, NothingToRun, UsageError
from engine.execution.job import Job
from engine.execution.planning.plan import app_of, distinct, not_meant
from engine.loading.loaded import Loaded
from engine.model.case import CaseHeader, RunsOn
from engine.model.commands import framework_word
from engine.model.packaged import display_path
from engine.model.target import ServerLaunch, Target
from engine.results.analysis.summary import plural
from engine.results.record import tracebacks
from engine.results.record.store import Run, Store, ordered

if TYPE_CHECKING:
    from engine.app.cluster.connection import Cluster
    from engine.app.cluster.session import ClusterSession

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
    """Ctrl-C, SIGTERM or SIGHUP ended what was running; everything it had to clean up is done."""


def until_stopped(running: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own. Raises Stopped after Ctrl-C, SIGTERM, or the end of the terminal (SIGHUP),
    by which it is cancelled. A SIGHUP that the caller ignores, as nohup(1) does, stays ignored."""

    async def cancellable() -> T:
        task = asyncio.current_task()
        assert task is not None
        # Not by way of SIGINT: a shell starts what it runs in the background with that one ignored.
        ends = [signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            ends.append(signal.SIGHUP)
        for number in ends:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await running

    try:
        with asyncio.Runner(loop_factory=event_loop()) as runner:
            return runner.run(cancellable())
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        raise Stopped from error


async def in_daemon_thread(work: Callable[[], T]) -> T:
    """The result or the exception of ``work``, from a thread of its own. After a cancellation nothing waits for the
    thread, which ends with the process at the latest: so Ctrl-C is not delayed by documents that are being read."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(returned: list[T], error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(returned[0])

    def body() -> None:
        returned: list[T] = []
        error: BaseException | None = None
        try:
            returned.append(work())
        except BaseException as raised:
            error = raised
        with suppress(RuntimeError):  # the loop is closed: the run was interrupted
            loop.call_soon_threadsafe(settle, returned, error)

    threading.Thread(target=body, daemon=True).start()
    return await future


def jobs_of(engine: Engine, cases: Sequence[CaseHeader], options: RunOptions) -> list[Job]:
    """The jobs that were asked for. Raises UsageError for an unknown name and for a selection without cases or targets,
    and NothingToRun where no selected case is meant for the selected targets."""
    distinct(cases)
    options.selection.check(cases)
    selected, targets = [case for case in cases if options.selection.takes(case)], engine.targets(options)
    jobs = engine.plan(selected, targets)
    if not jobs and not (selected and targets):
        raise UsageError("no case was selected", hint=nothing_selected(options, targets))
    if not jobs:
        raise NothingToRun("no case ran", hint="\n  ".join(not_meant_lines(selected, targets)))
    return jobs


def nothing_selected(options: RunOptions, targets: Sequence[Target]) -> str:
    """The options that leave nothing to run: those that select cases if there are targets, else those that select
    targets."""
    of_cases = {
        "--category": options.categories,
        "--level": options.levels,
        "--tag": options.tags,
        "-k": options.keyword,
    }
    of_targets = {"--server": options.servers, "--framework": options.frameworks, "--gateway": options.gateways}
    given = [option for option, value in (of_cases if targets else of_targets).items() if value]
    if not given:
        return "the selected files contain no cases" if targets else "no selected server can run any of the frameworks"
    return f"no {'case' if targets else 'target'} is left by {' and '.join(given)}"


def left_behind(engine: Engine, cases: Sequence[CaseHeader], jobs: Sequence[Job], options: RunOptions) -> list[str]:
    """A line for each framework that was asked for by its name and has no job: why no case is meant for it. One more
    for targets without a job whose cases run on another target."""
    cases = [case for case in cases if options.selection.takes(case)]
    targets = engine.targets(options)
    with_jobs = {word for job in jobs for word in (job.target.framework_configuration, framework_word(job.target))}
    lines = []
    for name in dict.fromkeys(options.frameworks):
        of_name = [target for target in targets if name in (target.framework_configuration, framework_word(target))]
        if name in with_jobs or not of_name:
            continue
        if of_name[0].answers is not None:
            lines += not_meant_lines(cases, of_name)
        elif of_name[0].interface == "wsgi" and all(case.runs_on is not RunsOn.WSGI for case in cases):
            lines.append(f"{name}: no case of these suites is for WSGI apps")
        elif of_name[0].interface == "asgi" and all(case.runs_on is RunsOn.WSGI for case in cases):
            lines.append(f"{name}: no case of these suites is for ASGI apps")
        else:
            lines += not_meant_lines(cases, of_name)
    return [*lines, *elsewhere_line(targets, jobs)]


def elsewhere_line(targets: Sequence[Target], jobs: Sequence[Job]) -> list[str]:
    """A line that names the targets without a job, if a framework of theirs runs cases without a server elsewhere."""
    busy = {job.target for job in jobs}
    elsewhere = {app_of(job.target): job.target for job in reversed(jobs) if job.case.without_server}
    idle = [target for target in targets if target not in busy and app_of(target) in elsewhere]
    if not idle:
        return []
    first = idle[0]
    have = f"{first.id} has" if len(idle) == 1 else f"{len(idle)} targets, such as {first.id}, have"
    return [
        f"{have} no case: a case without a server runs once for each framework, here on {elsewhere[app_of(first)].id}"
    ]


def unread_baselines(engine: Engine, loaded: Loaded, jobs: Sequence[Job]) -> list[str]:
    """A line for each baseline among some documents that a run of these jobs does not read, for its name or its place.
    None where a baseline was named."""
    if engine.baseline:
        return []
    read = {absolute(path) for path in engine.baselines({job.case.place.file: 0 for job in jobs})}
    files = dict.fromkeys(line.place.file for line in loaded.known_failures)
    hint = f"a baseline is a {BASELINE} in a suite's folder or above it, or is named with --baseline"
    return [f"{display_path(file)} is not read: {hint}" for file in files if absolute(Path(file)) not in read]


def not_meant_lines(cases: Sequence[CaseHeader], targets: Sequence[Target]) -> list[str]:
    """One line for each reason why cases are not meant for targets: ``84 cases on flask: it is for ASGI apps``."""
    counts = Counter((target.framework, not_meant(case, target)) for target in targets for case in cases)
    return [f"{plural(count, 'case')} on {framework}: {why}" for (framework, why), count in counts.most_common()]


@dataclass(frozen=True, slots=True)
class Work:
    """The jobs of a run, and its watchers. ``division`` is the shard that the run is, if it is one. ``named`` are the
    paths that it was asked for, which a cluster needs."""

    jobs: Sequence[Job]
    watcher: Watcher
    division: Division | None = None
    named: Sequence[Path] = ()


def run(
    engine: Engine,
    prepare: Callable[[], Work],
    arguments: Sequence[str],
    show: Callable[[Done], R],
    *,
    early: Sequence[ServerLaunch] = (),
    recheck: bool = False,
    keep_transcripts: bool = False,
    compare: Compare | None = None,
    on: Cluster | None = None,
) -> R:
    """Run jobs to their end, or until a signal ends them; either way every target is stopped, and what there is is
    kept.

    ``prepare`` says what there is to do, while the targets of ``early`` come up already; what it raises is raised.
    ``show`` is called once, with the run read back: as soon as all verdicts are there, while the last targets are being
    stopped, or after an interruption. Its value is returned. ``recheck`` reruns failures in isolation, and
    ``keep_transcripts`` keeps the transcripts of passing cases too. ``compare`` says which jobs are run in the end so
    that what failed can be compared. ``on`` is a cluster that performs the jobs. Raises ResultsError where the run's
    file cannot be begun, and KeyboardInterrupt where there was nothing to keep when it was interrupted.
    """
    work = None if early else prepare()
    run_id = new_run_id()
    folder = folder_of(engine.project_paths.results, run_id)
    stray = [one for one in (folder, folder.parent, folder.parent.parent) if not one.exists()]
    begun: list[tuple[RunSession | ClusterSession, Store]] = []
    outcomes: list[R] = []

    def begin(runtime: Runtime, found: Work) -> RunSession | ClusterSession:
        runner = wiring.runner(run_id, folder, keep_all=keep_transcripts)
        baselines = engine.baselines({job.case.place.file: 0 for job in found.jobs})
        known = engine.known(baselines)
        store = keep(engine.project_paths, run_id, arguments, found.jobs, baselines, division=found.division)
        if on is not None:
            from engine.app.cluster.session import ClusterSession  # noqa: PLC0415 - few runs are on a cluster

            elsewhere = ClusterSession(
                found.jobs, on, engine, found.named, run_id, store, [found.watcher], known, compare, keep_transcripts
            )
            begun.append((elsewhere, store))
            return elsewhere
        session = RunSession(
            found.jobs, runtime, runner, store, [found.watcher], wiring.limits(engine), known, recheck,
            wiring.durations(engine), compare, engine.corpus,
        )  # fmt: skip
        begun.append((session, store))
        return session

    def finish(ended: str) -> None:
        session, store = begun[0]
        session.settle()
        store.close(ended)
        # From memory, not from the file: on a full disk the file holds less than there is to show.
        rows, results = tuple(session.rows.values()), tuple(session.results)
        beside = session.counterparts
        more = (tuple(beside.results), tuple(beside.rows.values())) if beside is not None else ((), ())
        seconds = time.time() - store.header["started"]
        run = ordered(Run(run_id, store.header, rows, results, ended == "whole", ended, *more, seconds))
        done = Done(run, store.path, ended == "interrupted", store.lost, store.trouble)
        outcomes.append(show(done))

    async def whole() -> None:
        runtime = Prewarmer(wiring.runtime(engine, folder))
        for launch in early:
            runtime.begin(launch)
        try:
            if work is None:
                session = await asyncio.to_thread(begin, runtime, await in_daemon_thread(prepare))
            else:
                session = begin(runtime, work)
            await runtime.leave({job.launch for job in session.jobs if not job.left_out})
            with gc_tuning.frozen():
                await session.run(lambda: finish("whole"))
        finally:
            await runtime.leave()

    open_files.raise_limit()
    try:
        until_stopped(whole())
    except Stopped:
        if not begun:
            raise KeyboardInterrupt from None
        if not outcomes:
            finish("interrupted")
    except BaseException as error:
        if begun and not outcomes:
            begun[0][1].close("cut short")
        if begun and isinstance(error, Exception) and not isinstance(error, EngineError):
            error.add_note(tracebacks.keep(folder, "the run", error).removeprefix("; "))
        raise
    finally:
        if stray and not begun:
            # The output of a target that was started in vain.
            shutil.rmtree(folder, ignore_errors=True)
            for one in stray:
                with suppress(OSError):
                    one.rmdir()
    return outcomes[0]
