"""What ``engine ways`` is made of: one case by every way in, and what the application saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from engine.app import launch, wiring
from engine.app.engine import ALL, Engine, RunOptions
from engine.app.run_ids import new_run_id
from engine.app.session import RunSession, Watcher
from engine.errors import UsageError
from engine.execution.job import Job
from engine.model.case import Case, RunsOn
from engine.model.target import CONTROLS, DIRECT, Target
from engine.model.verdict import JobResult
from engine.results.analysis.gateways import ValueDifference, differences
from engine.targets.catalog.gateways import load_gateways

# Who serves where nobody says who: between them they have every way in. pyuwsgi alone has all four for WSGI.
SERVERS = {"asgi": ("gunicorn", "fcgisgi"), "wsgi": ("pyuwsgi",)}


@dataclass(frozen=True, slots=True)
class Compared:
    """A case by several ways: each way's name and result, and where the application saw something else."""

    case: Case
    results: dict[str, JobResult]
    missing: dict[str, str]
    differences: Sequence[ValueDifference]


def jobs_of(case: Case, asked: RunOptions, front: Engine) -> list[Job]:
    """The case on each target, one a way: the first server that was asked for which has it. Raises UsageError where
    fewer than two ways are left."""
    interface = "wsgi" if case.runs_on is RunsOn.WSGI else "asgi"
    asked = RunOptions(
        servers=asked.servers or SERVERS[interface],
        frameworks=asked.frameworks or (CONTROLS[interface == "wsgi"],),
        loop=asked.loop,
        variants=asked.variants,
        gateways=asked.gateways or (ALL,),
    )
    found: dict[tuple[str, str, str], Target] = {}
    for target in front.targets(asked):
        found.setdefault((target.gateway, target.framework, target.loop), target)
    order = [DIRECT, *load_gateways()]
    chosen = sorted(found.values(), key=lambda target: order.index(target.gateway))
    jobs = [job for job in front.plan([case], chosen) if not job.left_out]
    if len({job.target.gateway for job in jobs}) < 2:
        hint = "cases with steps on the raw connection are meant for one way; name others, or --server and --gateway"
        raise UsageError(f"{case.address} can be sent by one way at most", hint=hint)
    return jobs


def run(case: Case, jobs: Sequence[Job], front: Engine, watcher: Watcher, folder: Path) -> Compared:
    """Send the case by every way. Raises launch.Stopped after Ctrl-C."""
    run_id = new_run_id()
    session = RunSession(jobs, wiring.runtime(front, folder), wiring.runner(run_id, keep_calls=True), None, [watcher])
    launch.until_stopped(session.run())
    names = {job.target.id: way(job.target) for job in jobs}
    came = {one.target: one for one in session.results}
    results = {name: came[id_] for id_, name in names.items() if id_ in came}
    missing = {names[id_]: error.what for id_, error in session.failures.items() if id_ in names}
    seen = {name: one.calls for name, one in results.items() if name not in missing}
    return Compared(case, results, missing, differences(seen))


def way(target: Target) -> str:
    """How a request comes in, in words: the gateway, and the server behind it."""
    return f"{target.gateway} {target.configuration}" if target.gateway != DIRECT else f"direct {target.configuration}"


def text(found: Compared, form: str) -> str:
    """The table of what was seen otherwise; ``form`` is one of tabulate's."""
    ways = [name for name in found.results if name not in found.missing]
    rows = [[one.name, *(one.seen.get(name, "") for name in ways)] for one in found.differences]
    rows.append(["(verdict)", *(found.results[name].verdict.value for name in ways)])
    return tabulate(rows, headers=["", *ways], tablefmt=form, disable_numparse=True)


__all__ = ["Compared", "jobs_of", "run", "text", "way"]
