"""Running cases on mutants: each mutant is started once, and few at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.app import gc_tuning, open_files, wiring
from engine.app.engine import Engine
from engine.app.launch import until_stopped
from engine.app.mutation.choosing import Chosen
from engine.app.mutation.judging import Outcome, kills, outcome
from engine.app.mutation.table import case_name
from engine.app.run_ids import new_run_id
from engine.app.session import RunSession, Runtime
from engine.errors import DocumentError, Unfit
from engine.execution.job import Job
from engine.execution.planning.plan import not_meant, renumbered
from engine.execution.runner.runner import Runner, not_run
from engine.execution.schedule import Limits
from engine.model.case import Case
from engine.model.protocols import Boundary, LiveTarget
from engine.model.result_event import ResultEvent
from engine.model.target import ServerLaunch, Target
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.summary import plural

# A start keeps the processor busy, while the cases of most mutants wait for what does not come.
LIMITS = Limits(targets=6, starting=3, lingering=6, own=6)
ALONE = Limits(targets=1, starting=1, lingering=1, own=1)
"""For a second look: with nothing else on the machine, as far as the engine is concerned."""
READY_WITHIN = 10.0  # seconds; a mutant may never become ready
KILLED = "the mutant is killed already"

Report = Callable[[Outcome], None]


def cases_of(engine: Engine, paths: Sequence[str] = (), *, shared: bool = False) -> list[Case]:
    """The cases of some suites, by default of the whole corpus; ``shared`` leaves out those with a dedicated server or
    with options of a server, which cost a start each. Raises DocumentError for a suite with errors."""
    loaded = engine.load([Path(path) for path in paths] or [engine.project_paths.specs], whole=True)
    for fault in loaded.diagnostics:
        if fault.is_error:
            raise DocumentError(fault.what, hint=fault.hint, place=fault.place)
    return [case for case in loaded.whole if not (shared and (case.own_process or case.server))]


def jobs_on(engine: Engine, cases: Sequence[Case], targets: dict[Target, str], chosen: Chosen | None) -> list[Job]:
    """The jobs of the chosen cases of each mutant, all that fit without a choice. The cases that a case depends on are
    not needed: on a mutant it may fail together with them."""
    alone = [replace(case, depends_on=()) for case in cases]
    planned = engine.plan(alone, list(targets))
    return renumbered(
        [
            job
            for job in planned
            if not job.left_out
            and (chosen is None or case_name(job.case.file, job.case.id) in chosen.get(targets[job.target], ()))
        ]
    )


def cases_by_mutant(jobs: Sequence[Job], targets: Mapping[Target, str]) -> dict[str, set[str]]:
    """The cases that ran on each mutant, as the table names them. One that does not fit a mutant did not run there."""
    found: dict[str, set[str]] = {}
    for job in jobs:
        found.setdefault(targets[job.target], set()).add(case_name(job.case.file, job.case.id))
    return found


def reasons(engine: Engine, cases: Sequence[Case], targets: Iterable[Target]) -> list[str]:
    """One line for each reason why cases do not run on mutants, the most frequent first: ``23 mutants: it is for ASGI
    apps``."""
    found: dict[str, set[Target]] = {}
    for target in targets:
        whys = {job.left_out for job in engine.plan(cases, [target])} | {not_meant(case, target) for case in cases}
        for why in whys - {""}:
            found.setdefault(why, set()).add(target)
    most = sorted(found.items(), key=lambda item: -len(item[1]))
    return [f"{plural(len(several), 'mutant')}: {why}" for why, several in most] or ["no case is selected"]


@dataclass(slots=True)
class OutcomeWatcher:
    """Collects the results of each mutant, and reports its outcome with the last of them."""

    words: dict[str, str]
    left: dict[str, int]
    report: Report
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    _results: dict[str, list[JobResult]] = field(default_factory=dict)

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """Do nothing: a mutant that does not start has errors for results."""

    def comparing(self, cells: int) -> None:
        """Do nothing: nothing is compared."""

    def take(self, event: ResultEvent) -> None:
        """Take a result."""
        word = self.words[event.result.target]
        results = self._results.setdefault(word, [])
        results.append(replace(event.result, transcript=None, log=""))
        self.left[word] -= 1
        if not self.left[word]:
            self.outcomes[word] = outcome(word, self._results.pop(word))
            self.report(self.outcomes[word])


@dataclass(slots=True)
class UntilKilled:
    """Runs jobs and starts targets until a mutant is killed; from then on its jobs do not run."""

    runner: Runner
    runtime: Runtime
    killed: set[Target] = field(default_factory=set)

    async def run(self, job: Job, live: LiveTarget) -> JobResult:
        """The result of a job; one that is unsupported if its mutant is killed already."""
        if job.target in self.killed:
            return not_run(job, Verdict.UNSUPPORTED, KILLED)
        result = await self.runner.run(job, live)
        if kills(result):
            self.killed.add(job.target)
        return result

    def script_of(self, job: Job, host: str) -> dict[str, object] | None:
        """The script of the application for a job, None without one."""
        return self.runner.script_of(job, host)

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> LiveTarget:
        """Start a target. Raises Unfit if its mutant is killed already."""
        if launch.target in self.killed:
            raise Unfit(KILLED)
        return await self.runtime.start(launch, prepare)

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        """No capability: claims are believed."""
        return frozenset()


def run(
    engine: Engine,
    jobs: Sequence[Job],
    targets: dict[Target, str],
    report: Report,
    *,
    until_killed: bool = False,
    limits: Limits = LIMITS,
) -> dict[str, Outcome]:
    """Run the jobs. Returns the outcomes by mutant; ``report`` is called with each as it comes. With ``until_killed``
    no case begins on a mutant after one has killed it. Raises ``Stopped`` when interrupted, with all targets
    stopped."""
    left: dict[str, int] = {}
    for job in jobs:
        left[targets[job.target]] = left.get(targets[job.target], 0) + 1
    watcher = OutcomeWatcher({target.id: word for target, word in targets.items()}, left, report)
    open_files.raise_limit()
    with tempfile.TemporaryDirectory(prefix="engine-mutants-", ignore_cleanup_errors=True) as folder:
        runtime = wiring.runtime(engine, Path(folder), probing=False, ready_within=READY_WITHIN)
        runner = wiring.runner(new_run_id())
        both = UntilKilled(runner, runtime)
        if until_killed:
            session = RunSession(jobs, both, both, None, [watcher], limits)
        else:
            session = RunSession(jobs, runtime, runner, None, [watcher], limits)
        with gc_tuning.frozen():
            until_stopped(session.run())
    return watcher.outcomes
