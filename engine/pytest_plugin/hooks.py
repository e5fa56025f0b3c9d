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
from engine.terminal.escape import visible, width
from engine.terminal.paint import Paint, wrap
from engine.worker.messages import ResultMessage
from engine.worker.spawned import Spawned


class Hooks:
    """pytest's hooks for one session with suites."""

    def __init__(self, config: pytest.Config, spawned: Spawned | None) -> None:
        self.conformance = config.stash[KEY] = Conformance(config, spawned)

    def suite(self, path: Path, parent: pytest.Collector) -> SuiteFile:
        """The collector of one suite."""
        # A suite outside of pytest's root directory has its address for an id; pytest would give it none.
        named: dict[str, Any] = {}
        if not path.is_relative_to(parent.config.rootpath):
            found = shown(str(path))
            named["nodeid"] = found if found != str(path) else self.conformance.roots.address(path)
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
            if isinstance(report.longrepr, tuple):
                # A skipped case is not skipped by a line of the engine's; pytest folds those of a file by this.
                report.longrepr = (str(item.path), 1, report.longrepr[2])
            elif report.failed:
                report.conformance_cause = getattr(report.longrepr, "cause", None)  # type: ignore[attr-defined]
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_report_from_serializable(self) -> Generator[None, Any, Any]:
        """pytest's hook: a failure that a worker of pytest-xdist sent as text is one with styles and colours again."""
        report = yield
        cause = getattr(report, "conformance_cause", None)
        if cause is not None:
            report.longrepr = self.conformance.failure(ResultMessage(*report.conformance).whole, cause)
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
        """pytest's hook: the warnings, the causes of the failures now that the run is complete, and its folder."""
        conformance = self.conformance
        terminal = conformance.config.get_terminal_writer()
        columns, paint = terminal.fullwidth, Paint(bool(terminal.hasmarkup))

        def write(line: str) -> None:
            # A command stays on one line, to be copied.
            indent = " " * (len(line) - len(line.lstrip()) + 2)
            fits = width(line) <= columns or "engine " in line
            for part in [line] if fits else wrap(line, columns, further=indent):
                terminalreporter.write_line(part)

        for report in terminalreporter.stats.get("failed", ()):
            fit = getattr(report.longrepr, "fit", None)
            if fit is not None:
                fit(columns - len(f"FAILED {report.nodeid} - "))
        warned = [] if conformance.config.getoption("disable_warnings") else conformance.warnings(columns, paint)
        if warned:
            terminalreporter.section("conformance warnings", yellow=True)
            for line in warned:
                terminalreporter.write_line(line)
        for path in dict.fromkeys(requested(conformance.config).left):
            name = displayed(path)
            write(f"conformance: {name} was not collected: it begins with `suite` and lacks a category, or cases")
        if conformance.trouble_of_workers:
            terminalreporter.write_line(f"ERROR: {visible(conformance.trouble_of_workers, lines=True)}", red=True)
        if conformance.store is None:
            return
        if conformance.judged_nothing:
            for line in conformance.unjudged():
                write(line)
        for line in conformance.steadiness():
            write(line)
        lines = conformance.blame()
        if lines:
            terminalreporter.section("causes")
            for line in lines:
                write(line)
        for claim in conformance.refuted():
            write(f"conformance: {visible(claim)}")
        terminalreporter.write_line(f"conformance: the run is in {visible(displayed(conformance.store.path))}")
        if conformance.lost:
            what = f"{conformance.lost} lines of it could not be written: {conformance.store.trouble}"
            terminalreporter.write_line(f"ERROR: conformance: {what}", red=True)
