"""The plan of a run: jobs in their order, with their launches; and the reasons why cases are left out. Pure."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from engine.errors import UsageError
from engine.execution.job import Job
from engine.execution.planning.keywords import expression
from engine.model.case import LIBRARY, CaseHeader, RunsOn
from engine.model.target import DIRECT, HTTP_1_1, ServerLaunch, Target
from engine.model.verdict import JobResult
from engine.registry import nearest
from engine.targets.catalog.gateways.base import split
from engine.targets.catalog.gateways.mutants import plain
from engine.targets.matrix.fitting import NAMES, speaks

T = TypeVar("T", bound=Hashable)

Offers = Callable[[Target], frozenset[str]]
Unsupported = Callable[[Target, Mapping[str, object]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Selection:
    """The selection of cases. An empty tuple selects all, and so does ``keyword=""``; else it is an expression of
    ``engine.execution.planning.keywords``."""

    categories: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    keyword: str = ""

    def takes(self, case: CaseHeader | JobResult) -> bool:
        """True if a case, or the result of one, is selected. Raises UsageError for a malformed keyword."""
        return (
            (not self.categories or case.category in self.categories)
            and (not self.levels or case.level in self.levels)
            and (not self.tags or any(tag in self.tags for tag in case.tags))
            and (not self.keyword or expression(self.keyword)((case.address, *case.tags)))
        )

    def check(self, cases: Iterable[CaseHeader]) -> None:
        """Raise UsageError for a category or a tag that no case has, and for a malformed keyword."""
        cases = list(cases)
        pairs = (
            ("category", self.categories, sorted({case.category for case in cases})),
            ("tag", self.tags, sorted({tag for case in cases for tag in case.tags})),
        )
        for sort, wanted, known in pairs:
            for name in wanted:
                if name not in known:
                    raise UsageError(
                        f"no case has the {sort} {name!r}",
                        hint=nearest(name, known) or f"no selected case has a {sort}",
                    )
        if self.keyword:
            expression(self.keyword)


def distinct(cases: Iterable[CaseHeader], known: dict[str, str] | None = None) -> None:
    """Raise UsageError if two documents have one address, so that no record could distinguish their cases. ``known``
    maps addresses to the paths of documents, and is extended by those of these cases."""
    known = {} if known is None else known
    for address, file in dict.fromkeys((case.file, case.place.file) for case in cases):
        path = os.path.abspath(file)
        if known.setdefault(address, path) != path:
            what = f"{known[address]} and {path} have the same address, {address}"
            raise UsageError(what, hint="each is in a collection of its own: run them one after the other")


def plan(cases: Sequence[CaseHeader], targets: Sequence[Target], offers: Offers, unsupported: Unsupported) -> list[Job]:
    """The jobs of every case on every target that it is meant for, arranged and numbered. ``offers`` returns the
    capabilities of a target; ``unsupported`` the reasons why it cannot be started with some ``server:`` options.

    A case that calls the app without a server has one job for each framework, release, Python, runtime and variant,
    since its result is the same under every server and loop: on the first target that is not left out."""
    jobs: list[Job] = []
    asked = [options(case) for case in cases]
    for target in targets:
        offered = offers(target)
        of_target = next(iter(unsupported(target, {})), "")
        for number, case in enumerate(cases):
            if runs_on(case, target):
                own = f"{case.file}#{number}" if case.own_process else ""
                launch = ServerLaunch(target, asked[number], own, case.starts)
                # A target that cannot be started at all is the reason for each of its cases, whatever they need.
                left_out = of_target or reason(case, target, offered, unsupported)
                lacks = lacking(case, offered, target) if left_out and not of_target else ()
                if lacks and reason(case, target, offered.union(lacks), unsupported):
                    lacks = ()
                jobs.append(Job(len(jobs), case, target, launch, left_out, lacks=lacks))
    jobs = once(jobs)
    return renumbered([jobs[index] for index in arranged(jobs, targets)])


def app_of(target: Target) -> tuple[str, ...]:
    """The part of a target that a case without a server depends on: the app, its release, Python and runtime; and the
    variant, which may pin packages that the app uses as well."""
    return target.framework_configuration, target.interpreter, target.runtime, target.variant


def once(jobs: Sequence[Job]) -> list[Job]:
    """The jobs, with one for each app of a case that has no server: the first that is not left out, else the first."""
    kept: dict[tuple[str, ...], Job] = {}
    for job in jobs:
        if job.case.without_server:
            app = job.case.address, *app_of(job.target)
            if app not in kept or (kept[app].left_out and not job.left_out):
                kept[app] = job
    chosen = {job.position for job in kept.values()}
    return [job for job in jobs if not job.case.without_server or job.position in chosen]


def arranged(jobs: Sequence[Job], targets: Sequence[Target]) -> list[int]:
    """The order in which jobs run, as their indices.

    They are grouped by target, and in a target by the process that they share: the plain one first, then those with
    options of their own, then the cases with a process of their own. Exclusive jobs come last in their process, so that
    no job waits behind them. However, a case that another case depends on comes before that one, wherever it is in its
    document, and so does the process that it needs.
    """
    of_target = {target: number for number, target in enumerate(targets)}
    # A plain launch needs no number: to find one takes a hash of all that is known of a target.
    special = dict.fromkeys(job.launch for job in jobs if job.launch.lifespan_of or job.launch.options)
    of_launch = {launch: number for number, launch in enumerate(special)}

    def place(index: int) -> tuple[int, bool, bool, int, bool]:
        job = jobs[index]
        launch = job.launch
        own, with_options = bool(launch.lifespan_of), bool(launch.options)
        number = of_launch[launch] if own or with_options else 0
        return of_target[job.target], own, with_options, number, job.case.alone == "all"

    order = sorted(range(len(jobs)), key=place)
    return _needed_first(jobs, order) if any(job.case.depends_on for job in jobs) else order


def _needed_first(jobs: Sequence[Job], order: Sequence[int]) -> list[int]:
    """The given order, changed so that a job comes after the jobs that it depends on. Jobs that share a process still
    follow each other."""
    by_document: dict[tuple[Target, str], list[int]] = {}
    for index in order:
        by_document.setdefault((jobs[index].target, jobs[index].case.file), []).append(index)
    needs = {
        index: [
            other
            for other in by_document[jobs[index].target, jobs[index].case.file]
            if jobs[index].case.needs_first(jobs[other].case)
        ]
        for index in order
    }
    processes: dict[ServerLaunch, list[int]] = {}
    for index in order:
        processes.setdefault(jobs[index].launch, []).append(index)
    behind = {
        launch: dict.fromkeys(
            jobs[other].launch for index in members for other in needs[index] if jobs[other].launch != launch
        )
        for launch, members in processes.items()
    }
    within = {
        launch: {index: [other for other in needs[index] if jobs[other].launch == launch] for index in members}
        for launch, members in processes.items()
    }
    return [
        index
        for launch in _sorted_by_need(list(processes), behind)
        for index in _sorted_by_need(processes[launch], within[launch])
    ]


def _sorted_by_need(names: Sequence[T], needs: Mapping[T, Collection[T]]) -> list[T]:
    """The names in their order, but the needs of a name come right before it. In a cycle the last one comes late."""
    found: dict[T, None] = {}
    for first in names:
        begun: set[T] = set()
        waiting = [first]
        while waiting:
            name = waiting[-1]
            missing = [] if name in begun else [one for one in needs[name] if one not in found and one not in begun]
            begun.add(name)
            if missing:
                waiting += reversed(missing)
            else:
                found[waiting.pop()] = None
    return list(found)


def numbered(job: Job, position: int) -> Job:
    """The job with its position in the run. A launch that is dedicated to the job has the id of the job."""
    if job.launch.lifespan_of:
        return replace(job, position=position, launch=replace(job.launch, lifespan_of=f"j{position}"))
    return job if job.position == position else replace(job, position=position)


def renumbered(jobs: Sequence[Job]) -> list[Job]:
    """Jobs of a plan, with positions as a plan of their own."""
    return [numbered(job, position) for position, job in enumerate(jobs)]


def runs_on(case: CaseHeader, target: Target) -> bool:
    """True if a case is meant for a target at all."""
    return not not_meant(case, target)


def not_meant(case: CaseHeader, target: Target) -> str:
    """The reason why a case is not meant for a target, "" if it is."""
    if case.runs_on is RunsOn.APPLICATIONS or target.answers is not None:
        return of_application(case, target)
    if case.runs_on is RunsOn.WSGI and target.interface != "wsgi":
        return "it is for WSGI apps"
    if case.runs_on is not RunsOn.WSGI and target.interface != "asgi":
        return "it is for ASGI apps"
    if case.runs_on is RunsOn.CONTROL and not target.is_control:
        return (
            "only the bare app plays its script"
            if case.scripted
            else "it tests only the server, so the bare app is enough"
        )
    if not case.only.covers(**words(target)):
        return "its `only` selects other targets"
    if case.http1 and target.http != HTTP_1_1:
        return f"it is bound to HTTP/1.1: {case.http1}"
    return behind_gateway(case, target)


def of_application(case: CaseHeader, target: Target) -> str:
    """The reason why a case is not meant for a target, where one of them is about an application of a project."""
    if target.answers is None:
        return "it is for the applications of a project"
    if case.runs_on is RunsOn.CONTROL:
        return "it is for the bare app"
    if case.runs_on is not RunsOn.APPLICATIONS:
        if (case.runs_on is RunsOn.WSGI) != (target.interface == "wsgi"):
            return f"it is for {'WSGI' if case.runs_on is RunsOn.WSGI else 'ASGI'} apps"
        lacking = [one for one in case.endpoints if one not in target.answers]
        if lacking:
            return "it uses endpoints of the contract that the application does not declare in `answers`"
    if not case.only.covers(**words(target)):
        return "its `only` selects other targets"
    return behind_gateway(case, target)


def behind_gateway(case: CaseHeader, target: Target) -> str:
    """The reason why the target's gateway excludes a case, "" if it does not. A case that names gateways is never
    excluded."""
    if target.gateway == DIRECT or case.only.gateways:
        return ""
    if case.runs_on is RunsOn.CONTROL:
        return "it tests the server, which a gateway hides"
    hidden = [name for requirement, name in case.requires.items() if requirement.hidden_by_gateway]
    if hidden:
        return f"`{min(hidden)}` is about the server's own connection or process, which a gateway hides"
    of_server, _ = split(case.server)
    return f"the option {min(of_server)!r} is the server's, which a gateway hides" if of_server else ""


def words(target: Target) -> dict[str, str]:
    """A target in the words of a selector."""
    return {
        "server": target.server,
        "framework": target.framework,
        "loop": target.loop,
        "gateway": plain(target.gateway),
        "runtime": target.runtime,
        "http": target.http_version,
    }


def reason(case: CaseHeader, target: Target, offered: frozenset[str], unsupported: Unsupported) -> str:
    """The reason why a case is left out on a target that it is meant for, "" if it is not."""
    for skip in case.skip:
        if skip.selector.covers(**words(target)):
            return f"left out: {skip.because}"
    if case.client == LIBRARY and target.http != HTTP_1_1:
        return "the client libraries speak HTTP/1.1 here"
    if case.client == LIBRARY and not case.plain:
        return "no step of it is plain, so no client library performs it; `engine show` gives the reasons"
    missing = lacking(case, offered, target)
    if missing and missing[0] == speaks(target):
        return f"{target.configuration} does not speak {NAMES[missing[0]]}"
    if missing:
        return f"{target.configuration} with {target.framework_configuration} does not offer {', '.join(missing)}"
    reasons = unsupported(target, case.server)
    return reasons[0] if reasons else ""


def lacking(case: CaseHeader, offered: frozenset[str], target: Target) -> tuple[str, ...]:
    """The capabilities that a case needs and the target does not offer, the protocol of the gateway first."""
    protocol = () if target.gateway == DIRECT else (speaks(target),)
    return tuple(need for need in (*protocol, *case.needs) if need not in offered)


def options(case: CaseHeader) -> tuple[tuple[str, object], ...]:
    """The ``server:`` options of a case, sorted by name and hashable: a list becomes a tuple."""
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value) for name, value in sorted(case.server.items())
    )


__all__ = ["CaseHeader", "Job", "Selection", "arranged", "distinct", "plan", "renumbered"]
