"""The parts of ``engine gateways``: one case through each gateway, and the values that the application saw."""

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
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.gateways import ValueDifference, differences
from engine.targets.catalog.gateways import load_gateways

# The default servers, by interface. Together they have every gateway; only pyuwsgi has all four for WSGI.
SERVERS = {"asgi": ("gunicorn", "fcgisgi"), "wsgi": ("pyuwsgi",)}


@dataclass(frozen=True, slots=True)
class Compared:
    """One case through several gateways: the result by label (see ``label``), the reason why a target did not start by
    label, and the values that the application did not see alike."""

    case: Case
    results: dict[str, JobResult]
    missing: dict[str, str]
    differences: Sequence[ValueDifference]

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdicts by label, of the targets that started."""
        return {label: result.verdict for label, result in self.results.items() if label not in self.missing}


def jobs_of(case: Case, options: RunOptions, engine: Engine) -> list[Job]:
    """One job for each gateway, on the first selected server that has it; ``direct`` counts as a gateway.

    Raises UsageError where fewer than two are left.
    """
    interface, named = "wsgi" if case.runs_on is RunsOn.WSGI else "asgi", options.gateways
    options = RunOptions(
        servers=options.servers or SERVERS[interface],
        frameworks=options.frameworks or (CONTROLS[interface == "wsgi"],),
        loop=options.loop,
        variants=options.variants,
        gateways=options.gateways or (ALL,),
    )
    found: dict[tuple[str, str, str], Target] = {}
    for target in engine.targets(options):
        found.setdefault((target.gateway, target.framework_configuration, target.loop), target)
    order = [DIRECT, *load_gateways()]
    chosen = sorted(found.values(), key=lambda target: order.index(target.gateway))
    jobs = [job for job in engine.plan([case], chosen) if not job.left_out]
    if len({job.target.gateway for job in jobs}) < 2:
        raise too_few(case, named, jobs)
    return jobs


def too_few(case: Case, named: Sequence[str], jobs: Sequence[Job]) -> UsageError:
    """The error about a case that runs through fewer than two gateways: of those that were ``named``, or of all."""
    if len(set(named)) == 1 and ALL not in named:
        other = "nginx-http" if named[0] == DIRECT else DIRECT
        return UsageError(
            f"a comparison needs two gateways, and --gateway {named[0]} is one",
            hint=f"add another one, such as --gateway {other}, or omit --gateway",
        )
    through = " or ".join(dict.fromkeys(job.target.gateway for job in jobs))
    return UsageError(
        f"{case.address} runs {f'only through {through}' if through else 'through none of the gateways'}, "
        "and a comparison needs two gateways",
        hint="a case with steps on the raw connection has one gateway; else name others with --server and --gateway",
    )


def run(case: Case, jobs: Sequence[Job], engine: Engine, watcher: Watcher, folder: Path) -> Compared:
    """Run the jobs and compare the calls of the application. Raises launch.Stopped after Ctrl-C."""
    run_id = new_run_id()
    session = RunSession(jobs, wiring.runtime(engine, folder), wiring.runner(run_id, keep_calls=True), None, [watcher])
    launch.until_stopped(session.run())
    names = {job.target.id: label(job.target) for job in jobs}
    came = {one.target: one for one in session.results}
    results = {name: came[id_] for id_, name in names.items() if id_ in came}
    missing = {names[id_]: error.what for id_, error in session.failures.items() if id_ in names}
    seen = {name: one.calls for name, one in results.items() if name not in missing}
    return Compared(case, results, missing, differences(seen))


def label(target: Target) -> str:
    """``nginx-http gunicorn``: the gateway, and the server behind it."""
    return f"{target.gateway} {target.configuration}" if target.gateway != DIRECT else f"direct {target.configuration}"


def markdown(found: Compared) -> str:
    """The differences as a table of Markdown."""
    verdicts = found.verdicts
    rows = [[one.name, *(one.seen.get(name, "") for name in verdicts)] for one in found.differences]
    rows.append(["(verdict)", *(verdict.value for verdict in verdicts.values())])
    rows = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return tabulate(rows, headers=["", *verdicts], tablefmt="github", disable_numparse=True)


__all__ = ["Compared", "jobs_of", "label", "markdown", "run"]
