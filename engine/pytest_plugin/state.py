"""The state of the engine in one pytest process."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from engine.app import project_paths as places
from engine.app.engine import Engine, Loaded, Roots
from engine.app.repeating import checked
from engine.app.run_ids import folder_of, new_run_id
from engine.app.run_request import RunRequest
from engine.app.runs import Store, TargetRow, again, keep, take
from engine.errors import EngineError, ResultsError
from engine.execution.planning.plan import Job, Selection, distinct
from engine.model.target import Target
from engine.model.verdict import JobResult, Verdict
from engine.pytest_plugin import options
from engine.terminal.escape import visible
from engine.terminal.sources import SourceTexts
from engine.worker.client import WINDOW_STOPPING, Background
from engine.worker.messages import Compare, ResultMessage
from engine.worker.spawned import Spawned

if TYPE_CHECKING:
    from engine.model.case import CaseHeader
    from engine.pytest_plugin.longrepr import CaseFailure
    from engine.results.record.store import Run
    from engine.terminal.paint import Paint

# What tells of red cases is loaded when there is one: most runs have none, and each module has its price.
# ruff: noqa: PLC0415


KEY = pytest.StashKey["Conformance"]()


# A mark of such a name would do something to an item.
MARKS_OF_PYTEST = frozenset({"filterwarnings", "parametrize", "skip", "skipif", "usefixtures", "xfail"})


def can_be_a_mark(name: str) -> bool:
    """True if pytest has no mark of this name with a meaning of its own, and allows it."""
    return bool(name) and name not in MARKS_OF_PYTEST and not name.startswith("_")


def identifier(name: str) -> str:
    """A name as ``-m`` and ``pytest.mark`` take it: ``http-wire`` is ``http_wire``, ``not`` is ``not_``."""
    found = re.sub(r"\W", "_", name).lstrip("_")
    return f"{found}_" if iskeyword(found) else found


def to_blame(verdict: Verdict) -> bool:
    """True if somebody is to blame for a verdict of this session."""
    return verdict.reported and not verdict.expected


class HasJob(Protocol):
    """An item, as far as this module needs to know it."""

    job: Job
    cell: int


class Conformance:
    """The state of the engine in one pytest process. ``spawned`` is the process that runs its jobs, None if it runs
    none: it only collects, or its workers run them."""

    def __init__(self, config: pytest.Config, spawned: Spawned | None = None) -> None:
        self.config = config
        self.sources = SourceTexts()
        self.warnings_fail = bool(config.getoption("asgi_warnings_fail") or config.getoption("asgi_strict"))
        self.flaky_fails = bool(config.getoption("asgi_flaky_fails") or config.getoption("asgi_strict"))
        self.items: list[HasJob] = []
        self.store: Store | None = None
        self.rows: dict[str, TargetRow] = {}
        self.told: dict[str, list[ResultMessage]] = {}
        self.warned: list[ResultMessage] = []
        self._background = Background(spawned) if spawned is not None else None
        self._others = False
        self._begun: set[str] = set()
        self._prepared = False
        self._places: dict[str, str] = {}
        self._marks: dict[tuple[object, ...], list[pytest.MarkDecorator]] = {}
        self._registered: set[str] = set()
        self._cases: list[CaseHeader] = []
        self.trouble_of_workers = ""

    @property
    def is_worker(self) -> bool:
        """True if this is a worker of pytest-xdist: it runs items of some targets, and reports to the controller."""
        return hasattr(self.config, "workerinput")

    @cached_property
    def places(self) -> places.ProjectPaths:
        """The folders of the project."""
        return places.find(self.config.getoption("asgi_results"), self.config.getoption("asgi_frameworks"))

    @cached_property
    def engine(self) -> Engine:
        """The engine."""
        option = self.config.getoption
        corpus = places.checked_corpus(option("asgi_corpus"), self.places)
        return Engine(
            self.places,
            option("asgi_nginx"),
            option("asgi_runtime"),
            tuple(option("asgi_url")),
            option("asgi_baseline"),
            corpus=corpus,
        )

    @cached_property
    def targets(self) -> list[Target]:
        """The targets that were asked for."""
        return self.engine.targets(options.asked(self.config))

    @cached_property
    def selection(self) -> Selection:
        """The selection of cases."""
        return options.asked(self.config).selection

    @cached_property
    def trouble(self) -> str:
        """The mistake in the options that select targets, "" without one."""
        try:
            _ = self.targets, self.times
        except EngineError as error:
            return options.renamed(str(error), self.config)
        return ""

    @property
    def selection_trouble(self) -> str:
        """The mistake in the options that select cases, now that all are collected; "" without one."""
        try:
            self.selection.check(self._cases)
        except EngineError as error:
            return options.renamed(str(error), self.config)
        return ""

    @cached_property
    def roots(self) -> Roots:
        """The roots of suites, by what pytest was given."""
        return Roots(self.named)

    @cached_property
    def named(self) -> tuple[Path, ...]:
        """The paths that pytest was given, from the root of the file system."""
        here = self.config.invocation_params.dir
        return tuple(here / arg.partition("::")[0] for arg in self.config.args)

    @cached_property
    def times(self) -> int:
        """The number of repetitions. Raises UsageError for a number out of range."""
        return checked(self.config.getoption("asgi_repeat"))

    @cached_property
    def run_id(self) -> str:
        """The run's id; workers take the controller's."""
        if self.is_worker:
            return str(vars(self.config)["workerinput"]["conformance_run"])
        return new_run_id()

    def marks(self, case: CaseHeader) -> list[pytest.MarkDecorator]:
        """The level, the category and the tags of a case as marks for ``-m``, registered for ``--strict-markers``. A
        name that is no identifier is a mark as an identifier too: ``http_wire`` for ``http-wire``."""
        key = (case.level, case.category, case.tags)
        found = self._marks.get(key)
        if found is None:
            tags = [(tag, "with the tag") for tag in case.tags]
            wanted = [(case.level.value, "of level"), (case.category, "of category"), *tags]
            names = {name: f"{of} {word}" for word, of in wanted for name in (word, identifier(word))}
            found = self._marks[key] = [self._mark(name, of) for name, of in names.items() if can_be_a_mark(name)]
        return found

    def _mark(self, name: str, of: str) -> pytest.MarkDecorator:
        if name not in self._registered:
            self._registered.add(name)
            self.config.addinivalue_line("markers", f"{name}: conformance cases {of}")
        mark: pytest.MarkDecorator = getattr(pytest.mark, name)
        return mark

    def register_marks(self, paths: Sequence[Path]) -> None:
        """Register the marks of all cases in some suites, for ``pytest --markers``."""
        for suite in self.engine.load(paths, self.roots).suites if paths else ():
            for case in suite.cases:
                self.marks(case)

    def load(self, path: Path) -> Loaded:
        """The content of a suite, with headers of its cases. Before the first, the worker gets the run's settings."""
        if self._background is not None and not self._prepared:
            self._prepared = True
            # What -k and -m leave is not known before the end of collection, and may be nothing of ours.
            narrowed = any(self.config.getoption(name) for name in ("keyword", "markexpr"))
            self._background.prepare(self.request.to_json(), prewarm=not self.is_worker and not narrowed)
        return self.engine.load([path], self.roots)

    def collected(self, loaded: Loaded, path: Path) -> None:
        """Take the cases of a suite, and let the worker read it. Raises UsageError where another suite has its
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
            options.asked(self.config),
            self.named,
            self.run_id,
            folder_of(self.places.results, self.run_id),
            keep_all=bool(self.config.getoption("asgi_keep_transcripts")),
        )

    def result(self, item: HasJob) -> ResultMessage:
        """An item's verdict.

        A worker of xdist begins a target with its first item, and so starts no target whose items other workers run;
        a process alone begins with everything.
        """
        target = item.job.target.id
        if target not in self._begun:
            mine = [one for one in self.items if not self.is_worker or one.job.target.id == target]
            self._begin(mine)
            self._begun |= {one.job.target.id for one in mine}
        assert self._background is not None
        told = self._background.wait(item.cell)
        self.told.setdefault(item.job.case.address, []).append(told)
        self._learn(told)
        return told

    def _learn(self, told: ResultMessage) -> None:
        """Keep what came to be known of a target with a verdict."""
        row = told.row
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
        """Lines about the cause of a failing result, by the run of this process so far; none without a cause."""
        from engine.results.analysis.findings import attribution_of
        from engine.terminal import blame

        others = [told.whole for told in self.told[result.address]]
        attribution = attribution_of(result, others, list(self.rows.values()))
        return [] if attribution is None else list(blame.whole(attribution, so_far=True))

    def failure(self, result: JobResult, cause: Sequence[str]) -> CaseFailure:
        """A failing result as pytest's ``longrepr``."""
        from engine.pytest_plugin.longrepr import CaseFailure

        return CaseFailure(result, self.sources, cause, self.config.getoption("tbstyle"))

    def begin_store(self) -> None:
        """Begin the run's file, where it is not begun yet: in the controller, or where there is but one process. Raises
        pytest.UsageError where it cannot be, or a baseline has mistakes."""
        if self.store is not None or self.is_worker:
            return
        jobs = [item.job for item in self.items]
        try:
            baselines = self.engine.baselines({job.case.place.file: 0 for job in jobs})
            self.store = keep(self.places, self.run_id, sys.argv[1:], jobs, baselines)
        except EngineError as error:
            raise pytest.UsageError(visible(options.renamed(str(error), self.config), lines=True)) from error

    def keep(self, report: pytest.TestReport) -> None:
        """Append an item's verdict to the run: in the controller, or where there is but one process."""
        line = getattr(report, "conformance", None) if report.when == "call" else None
        self._others |= line is None and (report.when == "call" or report.outcome != "passed")
        if line is None or self.is_worker:
            return
        told = ResultMessage(*line)
        if told.verdict == Verdict.WARN and report.passed:
            self.warned.append(told)
        assert self.store is not None
        take(self.store, told)
        self._learn(told)  # in xdist's controller, which sees no verdict but here

    @property
    def lost(self) -> int:
        """The number of lines of the record that could not be written."""
        return 0 if self.store is None else self.store.lost

    @property
    def judged_nothing(self) -> bool:
        """True if cases were selected, all of them unsupported or blocked, and nothing else ran in this session."""
        if self.store is None or not self.store.counts or self._others:
            return False
        return not any(Verdict(verdict).ran for verdict in self.store.counts)

    def unjudged(self) -> list[str]:
        """The reasons why no case was judged, as lines; none if the record cannot be read back."""
        from engine.terminal import unjudged

        run = self._read_back()
        return [] if run is None else list(unjudged.lines(run.results))

    def blame(self) -> list[str]:
        """The causes of the failures in this run, as lines; none without failures, or if the record cannot be read
        back."""
        if self.store is None or not any(to_blame(Verdict(one)) for one in self.store.counts):
            return []
        run = self._read_back()
        if run is None:
            return []
        from engine.results.analysis.findings import attributions, failing, findings
        from engine.terminal import blame

        failures = findings(run, failing(strict=self.warnings_fail, flaky_fails=self.flaky_fails), attributions(run))
        return list(blame.lines(failures)) if failures else []

    def warnings(self, columns: int, paint: Paint) -> list[str]:
        """The warnings of this run, as lines of at most so many columns; none without warnings."""
        if not self.warned:
            return []
        from engine.terminal import run_summary

        return list(run_summary.warnings((told.whole for told in self.warned), self.run_id, columns, paint))

    def refuted(self) -> list[str]:
        """A sentence for each capability that a server claims and a probe did not find."""
        if not any(row.refuted for row in self.rows.values()):
            return []
        from engine.results.analysis.claims import refuted

        return refuted(list(self.rows.values()))

    def steadiness(self) -> list[str]:
        """The findings of repeating and rechecking, as lines; none without these options."""
        if self.store is None or (self.times == 1 and not self.config.getoption("asgi_recheck")):
            return []
        from engine.terminal import repeats

        run = self._read_back()
        return [] if run is None else list(repeats.lines(run.results))

    def _read_back(self) -> Run | None:
        """The run as its file has it; None where the file cannot be read."""
        assert self.store is not None
        try:
            return again(str(self.store.path), self.places)
        except ResultsError:
            return None

    def recheck(self) -> list[Mapping[str, Any]]:
        """Run what was red again alone, if that was asked for. What came of it, as JSON's types."""
        if self._background is None or not self.config.getoption("asgi_recheck"):
            return []
        return self._background.recheck()

    def compare(self) -> list[Mapping[str, Any]]:
        """Run what failed where it can be compared, unless that is not wanted. What came of it, as JSON's types."""
        verdicts = {told.verdict for several in self.told.values() for told in several}
        if (
            self._background is None
            or self.config.getoption("asgi_no_counterparts")
            or not any(to_blame(Verdict(one)) for one in verdicts)
        ):
            return []
        from engine.app.counterparts import PATIENCE

        self._say(f"running what failed on other targets as well, which tell whose fault it is: {PATIENCE:g} s at most")
        others = [item.job for item in self.items if item.job.target.id not in self._begun]
        cells = tuple((job.case.address, job.target.id) for job in others)
        return self._background.compare(Compare(self.warnings_fail, cells if self.is_worker else ()))

    def _say(self, text: str) -> None:
        """A line among those of pytest; in a worker of xdist there is nobody to read it."""
        reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and not self.is_worker:
            reporter.ensure_newline()
            reporter.write_line(f"conformance: {text}")

    def keep_lines(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Append what came of running again alone, or for the sake of comparison: here, or in a worker of xdist."""
        if self.store is not None and not self.is_worker:
            for document in documents:
                self.store.line(document)

    def close(self, ended: str) -> None:
        """End everything, and close the run's file."""
        if ended == "whole":
            found = [*self.recheck(), *self.compare()]
            if self.is_worker:
                vars(self.config)["workeroutput"]["conformance_lines"] = found
            self.keep_lines(found)
        if self._background is not None:
            self._background.close()
            self._background = None
        if self.store is not None:
            self.store.close(ended)
