"""The state of the engine in one pytest process."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from engine.app import project_paths as places
from engine.app.engine import Engine, Loaded, Roots
from engine.app.repeating import checked
from engine.app.run_ids import folder_of, header, new_run_id
from engine.app.run_request import RunRequest
from engine.app.runs import Store, TargetRow, keep, take
from engine.app.sharding import Division, Sharding, sharding
from engine.errors import EngineError
from engine.execution.planning.plan import Job, Selection, distinct
from engine.model.target import Target
from engine.model.verdict import JobResult, Verdict
from engine.pytest_plugin import options
from engine.pytest_plugin.marks import Marks
from engine.pytest_plugin.summary import fitted, has_cause
from engine.results.record.store import PLAN
from engine.terminal.escape import visible
from engine.terminal.sources import SourceTexts
from engine.worker.client import WINDOW_STOPPING, Background
from engine.worker.messages import Compare, ResultMessage
from engine.worker.spawned import Spawned

if TYPE_CHECKING:
    from engine.model.case import CaseHeader
    from engine.pytest_plugin.longrepr import CaseFailure

# Modules that show failures are imported with the first failure: most runs have none, and each import takes time.
# ruff: noqa: PLC0415


KEY = pytest.StashKey["Conformance"]()


class HasJob(Protocol):
    """The attributes of an item that this module uses."""

    job: Job
    cell: int


class Conformance:
    """The state of the engine in one pytest process. ``spawned`` is the process that runs its jobs; None in a process
    that collects only, and in the controller of pytest-xdist."""

    def __init__(self, config: pytest.Config, spawned: Spawned | None = None) -> None:
        self.config = config
        self.sources = SourceTexts()
        self.marks = Marks(config)
        self.warnings_fail = bool(config.getoption("asgi_warnings_fail") or config.getoption("asgi_strict"))
        self.flaky_fails = bool(config.getoption("asgi_flaky_fails") or config.getoption("asgi_strict"))
        self.items: list[HasJob] = []
        self.store: Store | None = None
        self.rows: dict[str, TargetRow] = {}
        self.messages: dict[str, list[ResultMessage]] = {}
        self.warnings: list[ResultMessage] = []
        self._background = Background(spawned) if spawned is not None else None
        self._others = False
        self._begun: set[str] = set()
        self._prepared = False
        self._places: dict[str, str] = {}
        self._cases: list[CaseHeader] = []
        self.trouble_of_workers = ""
        self.division: Division | None = None
        self.shard_line = ""
        self.idle = False

    @property
    def is_worker(self) -> bool:
        """True if this is a worker of pytest-xdist: it runs items of some targets, and reports to the controller."""
        return hasattr(self.config, "workerinput")

    @cached_property
    def places(self) -> places.ProjectPaths:
        """The folders of the project."""
        option = self.config.getoption
        given = option("asgi_results"), option("asgi_frameworks"), option("asgi_settings")
        return places.find(*given, tuple(option("asgi_app")))

    @cached_property
    def engine(self) -> Engine:
        """The engine."""
        option = self.config.getoption
        own = self.places.own.run
        corpus = places.checked_corpus(option("asgi_corpus") or own.corpus, self.places)
        return Engine(
            self.places,
            option("asgi_nginx"),
            option("asgi_runtime"),
            tuple(option("asgi_url")),
            option("asgi_baseline") or own.baseline,
            corpus=corpus,
            deliveries=tuple(option("asgi_delivery")),
            client=option("asgi_client"),
        )

    @cached_property
    def targets(self) -> list[Target]:
        """The requested targets."""
        return self.engine.targets(options.run_options(self.config, self.places.own))

    @cached_property
    def selection(self) -> Selection:
        """The selection of cases."""
        return options.run_options(self.config, self.places.own).selection

    @cached_property
    def trouble(self) -> str:
        """The error in the options that select targets, "" without one."""
        try:
            _ = self.targets, self.times, self.sharding
        except EngineError as error:
            return options.renamed(str(error), self.config)
        return ""

    @property
    def selection_trouble(self) -> str:
        """The error in the options that select cases, after collection; "" without one."""
        try:
            self.selection.check(self._cases)
        except EngineError as error:
            return options.renamed(str(error), self.config)
        return ""

    @cached_property
    def roots(self) -> Roots:
        """The roots of suites, by pytest's arguments."""
        return Roots(self.arguments)

    @cached_property
    def arguments(self) -> tuple[Path, ...]:
        """The paths among pytest's arguments, as absolute paths."""
        here = self.config.invocation_params.dir
        return tuple(here / arg.partition("::")[0] for arg in self.config.args)

    @cached_property
    def extended(self) -> bool:
        """True if extended cases are collected like any other."""
        return options.run_options(self.config, self.places.own).extended

    @cached_property
    def named_items(self) -> frozenset[str]:
        """The names of items among pytest's arguments."""
        return frozenset(arg.partition("::")[2] for arg in self.config.args)

    @cached_property
    def times(self) -> int:
        """The number of repetitions. Raises UsageError for a number out of range."""
        return checked(self.config.getoption("asgi_repeat"))

    @cached_property
    def sharding(self) -> Sharding | None:
        """The sharding of the session, None without one. Raises UsageError for a wrong option."""
        return sharding(self.config.getoption("asgi_shard"), self.config.getoption("asgi_weights"))

    @cached_property
    def run_id(self) -> str:
        """The run's id; workers take the controller's."""
        if self.is_worker:
            return str(vars(self.config)["workerinput"]["conformance_run"])
        return new_run_id()

    def register_marks(self, paths: Sequence[Path]) -> None:
        """Register the marks of all cases in some suites, and in the packaged suites among pytest's arguments, for
        ``pytest --markers``."""
        from engine.pytest_plugin.arguments import expanded

        here = self.config.invocation_params.dir
        absent = [one for one in self.config.args if not (here / one.partition("::")[0]).exists()]
        packaged = [Path(one.partition("::")[0]) for one in expanded(absent, self)]
        for suite in self.engine.load([*paths, *packaged], self.roots).suites:
            for case in suite.cases:
                self.marks.of(case)

    def load(self, path: Path) -> Loaded:
        """The content of a suite, with headers of its cases. The first call sends the run's settings to the worker."""
        if self._background is not None and not self._prepared:
            self._prepared = True
            # The selection of -k and -m is known at the end of collection, and may have no case.
            narrowed = any(self.config.getoption(name) for name in ("keyword", "markexpr"))
            narrowed |= self.sharding is not None
            self._background.prepare(self.request.to_json(), prewarm=not self.is_worker and not narrowed)
        return self.engine.load([path], self.roots)

    def collected(self, loaded: Loaded, path: Path) -> None:
        """Take the cases of a suite, and let the worker read it. Raises UsageError if another suite has the same
        address."""
        cases = [case for suite in loaded.suites for case in suite.cases]
        distinct(cases, self._places)
        self._cases += cases
        if self._background is not None:
            self._background.read(path, loaded.digests)

    @cached_property
    def request(self) -> RunRequest:
        """The settings of the run."""
        return RunRequest(
            self.engine,
            options.run_options(self.config, self.places.own),
            self.arguments,
            self.run_id,
            folder_of(self.places.results, self.run_id),
            keep_all=bool(self.config.getoption("asgi_keep_transcripts")),
        )

    def result(self, item: HasJob) -> ResultMessage:
        """An item's verdict.

        A worker of pytest-xdist begins a target with its first item, and so starts no target whose items other workers
        run; without pytest-xdist the process begins with all targets.
        """
        target = item.job.target.id
        if target not in self._begun:
            mine = [one for one in self.items if not self.is_worker or one.job.target.id == target]
            self._begin(mine)
            self._begun |= {one.job.target.id for one in mine}
        assert self._background is not None
        message = self._background.wait(item.cell)
        self.messages.setdefault(item.job.case.address, []).append(message)
        self._learn(message)
        return message

    def _learn(self, message: ResultMessage) -> None:
        """Keep the facts of a target that came with a verdict."""
        row = message.row
        if row is not None:
            self.rows[row.id] = row

    def _begin(self, items: Sequence[HasJob]) -> None:
        assert self._background is not None
        numbers: dict[tuple[str, str], int] = {}
        for item in items:
            item.cell = numbers.setdefault((item.job.case.address, item.job.target.id), len(numbers))
        window = WINDOW_STOPPING if self.config.getoption("maxfail") else 0
        self._background.begin(tuple(numbers), times=self.times, window=window)

    def cause(self, result: JobResult) -> list[str]:
        """Lines about the cause of a failing result, by the run of this process so far; none if it is unknown yet."""
        from engine.results.analysis.attribution import Fault
        from engine.results.analysis.findings import attribution_of
        from engine.terminal import blame

        others = [message.whole for message in self.messages[result.address]]
        attribution = attribution_of(result, others, list(self.rows.values()))
        if attribution is None or attribution.fault is Fault.UNKNOWN:
            return []
        return list(blame.whole(attribution, so_far=True))

    def failure(self, result: JobResult, cause: Sequence[str]) -> CaseFailure:
        """A failing result as pytest's ``longrepr``."""
        from engine.pytest_plugin.longrepr import CaseFailure

        return CaseFailure(result, self.sources, cause, self.config.getoption("tbstyle"))

    def divide(self, jobs: Sequence[Job]) -> None:
        """Compute the partition of the collected cases, and this shard's part."""
        assert self.sharding is not None
        self.division = self.sharding.divide(self.engine, jobs)
        self.shard_line = self.division.line if self.division.jobs else self.division.idle
        self.idle = not self.division.jobs

    @property
    def taken(self) -> frozenset[str]:
        """The ids of the targets of this shard."""
        return frozenset() if self.division is None else frozenset(job.target.id for job in self.division.jobs)

    @property
    def plan_line(self) -> dict[str, Any]:
        """The line of the record about this shard, which a worker of pytest-xdist sends to the controller: that has
        collected nothing when it begins the record."""
        assert self.division is not None
        found = header(sys.argv[1:], self.division.jobs, (), self.places.data, self.division)
        about = ("targets", "categories", "cases", "documents", "digests", "jobs", "shard")
        return {"line": {name: found[name] for name in about}, "idle": self.idle, "text": self.shard_line}

    def learn_plan(self, found: Mapping[str, Any]) -> None:
        """Keep what the first worker of pytest-xdist has sent about the shard, which is the same in every worker."""
        if self.shard_line:
            return
        self.shard_line, self.idle = found["text"], found["idle"]
        if self.store is not None:
            self.store.line({"kind": PLAN, **found["line"]})

    def begin_store(self) -> None:
        """Begin the record of the run, unless it exists: in the controller, or in the only process. Raises
        pytest.UsageError if the file cannot be written, or if a baseline has errors."""
        if self.store is not None or self.is_worker:
            return
        jobs = [item.job for item in self.items]
        try:
            baselines = self.engine.baselines({job.case.place.file: 0 for job in jobs})
            self.store = keep(self.places, self.run_id, sys.argv[1:], jobs, baselines, division=self.division)
        except EngineError as error:
            raise pytest.UsageError(visible(options.renamed(str(error), self.config), lines=True)) from error

    def record(self, report: pytest.TestReport) -> None:
        """Append the verdict of an item to the record: in the controller, or in the only process."""
        line = getattr(report, "conformance", None) if report.when == "call" else None
        self._others |= line is None and (report.when == "call" or report.outcome != "passed")
        if line is None or self.is_worker:
            return
        message = ResultMessage(*line)
        if message.verdict == Verdict.WARN and report.passed:
            self.warnings.append(message)
        assert self.store is not None
        take(self.store, message)
        self._learn(message)  # the controller of pytest-xdist sees verdicts nowhere else

    @property
    def lost(self) -> int:
        """The number of lines of the record that could not be written."""
        return 0 if self.store is None else self.store.lost

    @property
    def nothing_ran(self) -> bool:
        """True if cases were selected, all of them unsupported or blocked, and nothing else ran in this session."""
        if self.store is None or not self.store.counts or self._others:
            return False
        return not any(Verdict(verdict).ran for verdict in self.store.counts)

    def recheck(self) -> list[Mapping[str, Any]]:
        """Rerun the failed cases in isolation, with ``--asgi-recheck``. The lines of the record, as JSON's types."""
        if self._background is None or not self.config.getoption("asgi_recheck"):
            return []
        return self._background.recheck()

    def compare(self) -> list[Mapping[str, Any]]:
        """Run the failed cases on targets to compare with, unless ``--asgi-no-counterparts`` is given. The lines of the
        record, as JSON's types."""
        verdicts = {message.verdict for several in self.messages.values() for message in several}
        if (
            self._background is None
            or self.config.getoption("asgi_no_counterparts")
            or not any(has_cause(Verdict(one)) for one in verdicts)
        ):
            return []
        others = [item.job for item in self.items if item.job.target.id not in self._begun]
        cells = tuple((job.case.address, job.target.id) for job in others)
        order = Compare(self.warnings_fail, cells if self.is_worker else ())
        return self._background.compare(order, self._say_comparing)

    def _say_comparing(self) -> None:
        from engine.app.counterparts import PATIENCE

        self._say(f"running the failed cases on other targets to find the cause, for at most {PATIENCE:g} s")

    def _say(self, text: str) -> None:
        """Write a line to pytest's terminal; a worker of pytest-xdist has none."""
        reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and not self.is_worker:
            terminal = self.config.get_terminal_writer()
            reporter.ensure_newline()
            if terminal.width_of_current_line:
                terminal.line()  # with -q, the reporter does not know of the line of dots
            for line in fitted(f"conformance: {text}", terminal.fullwidth):
                reporter.write_line(line)

    def record_lines(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Append lines of rechecks and comparisons to the record, in the controller or in the only process."""
        if self.store is not None and not self.is_worker:
            for document in documents:
                self.store.line(document)

    def close(self, ended: str) -> None:
        """Stop the targets, and close the record. ``ended`` says how the session ended: "whole", "interrupted"."""
        if ended == "whole":
            found = [*self.recheck(), *self.compare()]
            if self.is_worker:
                vars(self.config)["workeroutput"]["conformance_lines"] = found
            self.record_lines(found)
        if self._background is not None:
            self._background.close()
            self._background = None
        if self.store is not None:
            self.store.close(ended)
