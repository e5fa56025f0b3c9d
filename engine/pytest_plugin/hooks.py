"""The hooks for suites: the order of their items, their reports, and the end of the run."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from engine.execution.planning.plan import arranged
from engine.model.packaged import display_path
from engine.pytest_plugin import summary
from engine.pytest_plugin.items import CaseItem, SuiteFile
from engine.pytest_plugin.state import KEY, Conformance
from engine.terminal.escape import visible
from engine.worker.messages import ResultMessage
from engine.worker.spawned import Spawned


class Hooks:
    """pytest's hooks for one session with suites."""

    def __init__(self, config: pytest.Config, spawned: Spawned | None) -> None:
        self.conformance = config.stash[KEY] = Conformance(config, spawned)

    def suite(self, path: Path, parent: pytest.Collector) -> SuiteFile:
        """The collector of one suite."""
        # A packaged suite, or one outside of pytest's root directory, has its address for an id.
        named: dict[str, Any] = {}
        if (packaged := display_path(str(path))) != str(path):
            named["nodeid"] = packaged
        elif not path.is_relative_to(parent.config.rootpath):
            named["nodeid"] = self.conformance.roots.address(path)
        collector: SuiteFile = SuiteFile.from_parent(parent, path=path, **named)
        collector.conformance = self.conformance
        return collector

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """pytest's hook: group the cases by target, and in a target by process, so that few targets live at once.

        Other items keep their places. Raises pytest.UsageError if an option is wrong: here, since pytest would report
        an error of a collector as one of its file.
        """
        conformance = self.conformance
        # A suite with errors may have had the requested cases.
        trouble = conformance.trouble or ("" if session.testsfailed else conformance.selection_trouble)
        if trouble and conformance.is_worker:
            vars(session.config)["workeroutput"]["conformance_trouble"] = trouble
        elif trouble:
            raise pytest.UsageError(visible(trouble, lines=True))
        places_of_ours = [index for index, item in enumerate(items) if isinstance(item, CaseItem)]
        if not places_of_ours:
            return
        ours = [item for item in items if isinstance(item, CaseItem)]
        order = arranged([item.job for item in ours], self.conformance.targets)
        for index, number in zip(places_of_ours, order, strict=True):
            items[index] = ours[number]
        if conformance.sharding is not None:
            self._divide(session, items, [ours[number] for number in order])

    def _divide(self, session: pytest.Session, items: list[pytest.Item], ours: list[CaseItem]) -> None:
        """Deselect the cases of other shards. Other tests than cases belong to every shard."""
        conformance = self.conformance
        conformance.divide([item.job for item in ours])
        taken = conformance.taken
        others: list[pytest.Item] = [item for item in ours if item.job.target.id not in taken]
        if others:
            session.config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if not isinstance(item, CaseItem) or item.job.target.id in taken]
        if conformance.is_worker:
            vars(session.config)["workeroutput"]["conformance_plan"] = conformance.plan_line

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """pytest's hook: take the items that will run, and begin the record."""
        self.conformance.items = [item for item in session.items if isinstance(item, CaseItem)]
        if self.conformance.items and not session.config.getoption("collectonly"):
            self.conformance.begin_store()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """pytest's hook: set the duration to that of the job, without the wait for it, and attach the verdict to the
        report, which carries it from a worker to the controller."""
        report = yield
        if report.when == "call" and isinstance(item, CaseItem) and item.message is not None:
            report.duration = item.message.seconds
            report.conformance = item.message.values  # type: ignore[attr-defined]
            if isinstance(report.longrepr, tuple):
                # A skipped case is not skipped by a line of the engine's; pytest folds those of a file by this.
                report.longrepr = (str(item.path), 1, report.longrepr[2])
            elif report.failed:
                report.conformance_cause = getattr(report.longrepr, "cause", None)  # type: ignore[attr-defined]
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_report_from_serializable(self) -> Generator[None, Any, Any]:
        """pytest's hook: restore the failure of a case, which a worker of pytest-xdist sends as text."""
        report = yield
        cause = getattr(report, "conformance_cause", None)
        if cause is not None:
            report.longrepr = self.conformance.failure(ResultMessage(*report.conformance).whole, cause)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """pytest's hook: record the verdict."""
        self.conformance.record(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """pytest's hook: stop the targets in any case. The exit status is that of a session without tests if no case
        ran, and that of an internal error if verdicts could not be written. A shard without work is no error."""
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
        self.conformance.close("interrupted" if interrupted else "whole")
        if self.conformance.trouble_of_workers:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self.conformance.idle:
            session.exitstatus = pytest.ExitCode.OK
        elif exitstatus == pytest.ExitCode.OK and self.conformance.lost:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        elif exitstatus == pytest.ExitCode.OK and self.conformance.nothing_ran:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """pytest's hook: write the warnings, the causes of the failures in the complete run, and its folder."""
        summary.write(terminalreporter, self.conformance)
