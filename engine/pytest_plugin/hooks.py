"""The hooks for suites: the order of their items, their reports, and the end of the run."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from asgi_conformance_pytest import requested
from engine.app.project_paths import displayed
from engine.execution.planning.plan import arranged
from engine.model.packaged import shown
from engine.pytest_plugin.items import CaseItem, SuiteFile
from engine.pytest_plugin.state import KEY, Conformance
from engine.terminal.escape import visible
from engine.worker.spawned import Spawned


class Hooks:
    """pytest's hooks for one session with suites."""

    def __init__(self, config: pytest.Config, spawned: Spawned | None) -> None:
        self.conformance = config.stash[KEY] = Conformance(config, spawned)

    def suite(self, path: Path, parent: pytest.Collector) -> SuiteFile:
        """The collector of one suite."""
        # A packaged suite has its address for an id; any other the one that pytest gives it.
        found = shown(str(path))
        named: dict[str, Any] = {"nodeid": found} if found != str(path) else {}
        collector: SuiteFile = SuiteFile.from_parent(parent, path=path, **named)
        collector.conformance = self.conformance
        return collector

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """pytest's hook: group our items by target, and in a target by process, so that few targets live at once.

        Other items keep their places. Raises pytest.UsageError where an option is wrong: here, since pytest takes what
        a collector raises for a fault of its file.
        """
        conformance = self.conformance
        # A document that has mistakes could have had the cases that were asked for.
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

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """pytest's hook: now it is known which items will run."""
        self.conformance.items = [item for item in session.items if isinstance(item, CaseItem)]
        if self.conformance.items and not session.config.getoption("collectonly"):
            self.conformance.begin_store()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """pytest's hook: the duration is the job's own, not the wait for it; and the verdict goes with the report, from
        a worker to the controller as well."""
        report = yield
        if report.when == "call" and isinstance(item, CaseItem) and item.told is not None:
            report.duration = item.told.seconds
            report.conformance = item.told.values  # type: ignore[attr-defined]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """pytest's hook: keep the verdict."""
        self.conformance.keep(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """pytest's hook: stop the targets, whatever happened. A session that judged nothing has run no test, and one
        whose verdicts could not be written has not ended well, whatever they were."""
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
        self.conformance.close("interrupted" if interrupted else "whole")
        if self.conformance.trouble_of_workers:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif exitstatus == pytest.ExitCode.OK and self.conformance.lost:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        elif exitstatus == pytest.ExitCode.OK and self.conformance.judged_nothing:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """pytest's hook: whose fault what is red is, now that the run is whole, and where it is kept."""
        conformance = self.conformance
        for path in dict.fromkeys(requested(conformance.config).left):
            name = displayed(path)
            terminalreporter.write_line(
                f"conformance: {name} begins as a suite does and was not collected: it has no category, or no cases; "
                f"`engine lint {name}` checks it"
            )
        if conformance.trouble_of_workers:
            terminalreporter.write_line(f"ERROR: {visible(conformance.trouble_of_workers, lines=True)}", red=True)
        if conformance.store is None:
            return
        if conformance.judged_nothing:
            for line in conformance.unjudged():
                terminalreporter.write_line(line)
        for line in conformance.steadiness():
            terminalreporter.write_line(line)
        lines = conformance.blame()
        if lines:
            terminalreporter.section("whose fault")
            for line in lines:
                terminalreporter.write_line(line)
        for claim in conformance.refuted():
            terminalreporter.write_line(f"conformance: {visible(claim)}")
        terminalreporter.write_line(f"conformance: the run is in {conformance.store.path}")
        if conformance.lost:
            what = f"{conformance.lost} lines of it could not be written: {conformance.store.trouble}"
            terminalreporter.write_line(f"ERROR: conformance: {what}", red=True)
