"""Counterparts: the failed cases on the targets that decide the cause. Pure, apart from planning.

A failure in isolation has many possible causes: the server, the framework, its app and the case. Attribution compares
it with cells of the same case (``engine.results.analysis.attribution``), and a run of one framework has none of them.
So the run adds them after its own jobs, for its failures and nothing else:

    for a cell                         these run as well
    server with framework              the bare app on the same server; the bare app and the framework on the reference
                                       server
    of a WSGI app, or behind a         the bare app there; the bare app and the framework on another pinned server of
    gateway                            the same interface behind the same gateway; without the gateway, both on the
                                       same server

Cells of the run itself do not run again. Results of counterparts are evidence and nothing else: they stand in the run's
file with a mark of their own, and in no grid, total, exit code, report of tests, baseline or comparison. If one cannot
run (no network to make its environment, a service that runs already), the cause stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from engine.app.repeating import copies, key_of
from engine.execution.job import Job
from engine.execution.planning.plan import renumbered
from engine.model.case import CaseHeader
from engine.model.target import CONTROL, CONTROLS, DIRECT, HTTP_1_1, RUNNING, Target
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.attribution import REFERENCE
from engine.targets.catalog.servers.base import Server
from engine.targets.matrix.fitting import directly, gateways_of, speaks
from engine.targets.matrix.matrix import DEFAULTS

# So many jobs are added, and those that the last failure needs: a server that fails everything does so for few reasons.
MOST = 256
# So long they may take together, in seconds: what has not come by then is missing, and its cause is unknown.
PATIENCE = 60.0
# The verdicts that are compared by default.
COMPARED = frozenset(verdict for verdict in Verdict if verdict.excusable)

Plan = Callable[[Sequence[CaseHeader], Sequence[Target]], Sequence[Job]]


def counterparts(
    jobs: Sequence[Job],
    results: Sequence[JobResult],
    plan: Plan,
    servers: Mapping[str, Server],
    *,
    red: Collection[Verdict] = COMPARED,
    others: Collection[tuple[str, str]] = (),
) -> list[Job]:
    """The jobs that a run adds, as a plan of their own.

    ``servers`` are the pinned ones, ``red`` the verdicts that are compared. ``others`` are cells, by the case's address
    and the target's id, that are run elsewhere.
    """
    # A case that varies is compared with as many runs as it had itself, since a single pass would prove little.
    failed = {(one.address, one.target): runs(one) for one in results if one.verdict in red}
    there = {*((one.address, one.target) for one in results), *others}
    cases: dict[Target, dict[str, CaseHeader]] = {}
    times: dict[tuple[str, str], int] = {}
    added = 0
    for job in _in_turn([job for job in jobs if key_of(job) in failed and job.repeat == 0]):
        if added >= MOST:
            break
        for target in compared_with(job.target, servers):
            key = job.case.address, target.id
            if key in there:
                continue
            cases.setdefault(target, {})[job.case.address] = job.case
            before, times[key] = times.get(key, 0), max(times.get(key, 0), failed[key_of(job)])
            added += times[key] - before
    planned = chain.from_iterable(plan(list(found.values()), [target]) for target, found in cases.items())
    return renumbered([again for job in planned if not job.left_out for again in copies(job, times[key_of(job)])])


def runs(result: JobResult) -> int:
    """The number of repetitions of a counterpart: that of the failed case where its repetitions disagree, else 1."""
    return max(len(result.attempts), 1) if result.verdict is Verdict.FLAKY else 1


def _in_turn(jobs: Sequence[Job]) -> Iterator[Job]:
    """One job of each target after the other, so that where there are too many, each target has its share."""
    by_target: dict[Target, list[Job]] = {}
    for job in jobs:
        by_target.setdefault(job.target, []).append(job)
    for row in zip_longest(*by_target.values()):
        yield from (job for job in row if job is not None)


def compared_with(target: Target, servers: Mapping[str, Server]) -> list[Target]:
    """The targets that a failing cell of this one is compared with; none for a service that runs already."""
    if target.runtime == RUNNING:
        return []
    control = CONTROLS[target.interface == "wsgi"]
    names = (control, target.framework)
    found = [_with(target, control)]
    other = another(target, servers)
    if other:
        plain = replace(target, server=other, release="", variant="", source="", given=())
        found += [_with(plain, name) for name in names]
    server = servers.get(target.server)
    if target.gateway != DIRECT and server is not None and DIRECT in gateways_of(server):
        found += [_with(directly(target), name) for name in names]
    if target.gateway != DIRECT and control == CONTROL and REFERENCE in servers:
        plain = Target(REFERENCE, CONTROL, target.loop, runtime=target.runtime, interpreter=target.interpreter)
        found.append(replace(plain, http=target.http))
    return [one for one in dict.fromkeys(found) if one != target]


def _with(target: Target, framework: str) -> Target:
    """The same target with a framework of that name: its own in its release, another as it is pinned."""
    if framework == target.framework:
        return target
    return replace(target, framework=framework, framework_release="", framework_source="", answers=None)


def another(target: Target, servers: Mapping[str, Server]) -> str:
    """The pinned server that a target's is compared with: the reference server if it can take its place, else the usual
    one behind its gateway, else the first that fits; "" where none does."""
    if target.server == REFERENCE and not target.variant and target.gateway == DIRECT:
        return ""  # the bare app on the same server decides
    for name in (REFERENCE, DEFAULTS[speaks(target)], *servers):
        server = servers.get(name)
        # A mutant is no reference, and so it is compared with that.
        own = name == target.server and not (name == REFERENCE and target.variant)
        if server is None or own or target.loop not in server.loops:
            continue
        if target.gateway == DIRECT and target.http not in (HTTP_1_1, *server.http2_ways):
            continue
        if target.interface in server.interfaces and target.gateway in gateways_of(server):
            return name
    return ""
