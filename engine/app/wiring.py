"""Construction of the parts that run jobs: the runner, the runtime, and the limits of concurrency."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from engine.app.counterparts import COMPARED, counterparts
from engine.app.durations import FILE as DURATIONS
from engine.app.durations import Durations
from engine.app.engine import Engine
from engine.app.probing import probes
from engine.app.run_ids import nonce
from engine.app.session import Compare, Runtime, open_channel
from engine.documents.lines import DocumentLines
from engine.errors import UsageError
from engine.execution.job import Job
from engine.execution.planning.estimate import estimate
from engine.execution.runner.runner import Runner, nowhere
from engine.execution.schedule import Limits
from engine.model.target import DOCKER, RUNNING
from engine.model.verdict import JobResult, Verdict
from engine.observer.spool import FOLDERS, ObserverSpool
from engine.results.record import tracebacks
from engine.targets.environments.packages import Environments
from engine.targets.runtimes.base import Host
from engine.targets.runtimes.external.runtime import RunningRuntime
from engine.targets.runtimes.local.host import LocalHost
from engine.targets.runtimes.starter import READY_WITHIN, Starter


def limits(engine: Engine) -> Limits:
    """The limits of concurrency. Starting and ending a container costs far more than a process, and cases with a
    dedicated server must keep their time limits all the same. A server with one connection at a time has one case at a
    time."""
    found = Limits(targets=3, starting=2, lingering=1, own=3) if engine.way == DOCKER else Limits()
    return replace(found, serial=frozenset(name for name, server in engine.configured.items() if server.serial))


def runner(run_id: str, folder: Path | None = None, *, keep_all: bool = False, keep_calls: bool = False) -> Runner:
    """A runner of a run's jobs; ``folder`` is the run's and takes the tracebacks of what breaks, ``keep_all`` keeps the
    transcripts of what passes as well, ``keep_calls`` the calls. Its nonce is short, since it goes into headers."""
    # Every driver is loaded here, and meanwhile targets may start already.
    from engine.app import step_types  # noqa: PLC0415

    words = step_types.by_name(), step_types.matching(), open_channel
    broken = nowhere if folder is None else partial(tracebacks.keep, folder)
    return Runner(
        *words,
        nonce(run_id),
        keep_all=keep_all,
        keep_calls=keep_calls,
        keep_traceback=broken,
        excerpt_of=DocumentLines(),
    )


def durations(engine: Engine) -> Durations:
    """The expected durations of jobs: measured in earlier runs, else estimated from their steps."""
    from engine.app import step_types  # noqa: PLC0415 (likewise)

    words = step_types.by_name()

    def guess(job: Job) -> float:
        own = bool(job.launch.lifespan_of)
        return estimate(job.whole, lambda step: words[step.group, step.step_type].lasts, own_process=own)

    return Durations(engine.project_paths.cache / DURATIONS, guess)


def compare(
    engine: Engine, *, warnings: bool = False, known: bool = False, others: Collection[tuple[str, str]] = ()
) -> Compare:
    """The function that selects the counterparts of failed results; ``warnings`` and ``known`` include warnings and
    known failures. ``others`` are cells that run elsewhere."""
    red = {*COMPARED, *([Verdict.WARN] if warnings else []), *([Verdict.KNOWN] if known else [])}

    def planned(jobs: Sequence[Job], results: Sequence[JobResult]) -> Sequence[Job]:
        return counterparts(jobs, results, engine.plan, engine.servers, red=red, others=others)

    return planned


def runtime(engine: Engine, folder: Path, *, probing: bool = True, ready_within: float = READY_WITHIN) -> Runtime:
    """The runtime of the engine's settings; logs go into ``folder``/logs. Without ``probing`` the capabilities that
    servers declare are believed. ``ready_within`` limits each start, in seconds. Raises UsageError if this system
    cannot run it."""
    if sys.platform == "win32":
        raise UsageError("Windows is not supported", hint="use Linux, macOS, or WSL")
    if engine.way == RUNNING:
        return RunningRuntime(engine.services, engine.frameworks, engine.configured, boundary_of=open_spool)
    host: Host = LocalHost(Environments(engine.project_paths.cache, on_install=engine.activity))
    if engine.way == DOCKER:
        # The client of Docker costs a tenth of a second, and most runs need none.
        from engine.targets.runtimes.docker.host import DockerHost  # noqa: PLC0415

        host = DockerHost(
            cache=engine.project_paths.cache,
            root=engine.project_paths.frameworks.parent,
            on_progress=lambda text: print(f"engine: {text}", file=sys.stderr, flush=True),
        )
    return Starter(
        host,
        engine.configured_frameworks,
        engine.configured,
        boundary_of=ObserverSpool.create,
        folder=folder,
        ready_within=ready_within,
        prober=probes(engine.project_paths) if probing else None,
        nginx=engine.nginx,
    )


def open_spool(folder: Path) -> ObserverSpool:
    """The engine's side of a spool that a service of another user writes to as well. Raises OSError."""
    spool = ObserverSpool.create(folder)
    for name in FOLDERS:
        # Whoever made it has seen to that already, where it is not the engine's.
        with suppress(PermissionError):
            (folder / name).chmod(0o777)
    return spool
