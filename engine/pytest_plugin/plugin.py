"""The plugin's hooks: options, collection, order, and the reports."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from engine.app.plan import arranged
from engine.pytest_plugin import options
from engine.pytest_plugin.items import CaseItem, SuiteFile
from engine.pytest_plugin.state import KEY, Conformance
from engine.terminal.escape import visible


def pytest_addoption(parser: pytest.Parser) -> None:
    """pytest's hook."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """pytest's hook."""
    config.stash[KEY] = Conformance(config)
    # Registered before pytest's own cleanups, which run the collector: so it comes after them.
    config.add_cleanup(config.stash[KEY].thaw)
    if config.pluginmanager.hasplugin("xdist"):
        from engine.pytest_plugin import xdist  # noqa: PLC0415 (it loads the library)

        config.pluginmanager.register(xdist, "conformance-xdist")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """pytest's hook: a YAML file whose first key is ``suite`` is ours."""
    if file_path.suffix not in (".yaml", ".yml") or not options.is_suite(file_path):
        return None
    collector: SuiteFile = SuiteFile.from_parent(parent, path=file_path)
    collector.conformance = parent.config.stash[KEY]
    collector.conformance.prepare()
    return collector


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """pytest's hook: group our items by target, and in a target by process, so that few targets live at once.

    Other items keep their places.
    """
    places_of_ours = [index for index, item in enumerate(items) if isinstance(item, CaseItem)]
    if not places_of_ours:
        return
    ours = [item for item in items if isinstance(item, CaseItem)]
    order = arranged([item.job for item in ours], config.stash[KEY].targets)
    for index, number in zip(places_of_ours, order, strict=True):
        items[index] = ours[number]


def pytest_collection_finish(session: pytest.Session) -> None:
    """pytest's hook: now it is known which items will run."""
    conformance = session.config.stash[KEY]
    conformance.items = [item for item in session.items if isinstance(item, CaseItem)]
    conformance.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """pytest's hook: the duration is the job's own, not the wait for it; and the verdict goes with the report, from a
    worker to the controller as well."""
    report = yield
    if report.when == "call" and isinstance(item, CaseItem) and item.told is not None:
        report.duration = item.told.seconds
        report.conformance = item.told.line  # type: ignore[attr-defined]
    return report


class _Reports:
    """Registered only once, so that ``pytest_runtest_logreport`` knows its configuration."""

    def __init__(self, conformance: Conformance) -> None:
        self._conformance = conformance

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """pytest's hook: keep the verdict."""
        self._conformance.keep(report)


def pytest_sessionstart(session: pytest.Session) -> None:
    """pytest's hook."""
    session.config.pluginmanager.register(_Reports(session.config.stash[KEY]), "conformance-reports")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """pytest's hook: stop the targets, whatever happened."""
    interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
    session.config.stash[KEY].close("interrupted" if interrupted else "whole")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """pytest's hook: whose fault what is red is, now that the run is whole, and where it is kept."""
    conformance = config.stash[KEY]
    if conformance.store is None:
        return
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
    if conformance.store.lost:
        terminalreporter.write_line(
            f"conformance: {conformance.store.lost} lines of it could not be written: {conformance.store.trouble}"
        )
