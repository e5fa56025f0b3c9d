"""What one pytest process knows of the engine."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import pytest

from engine.app import places
from engine.app.front import Front
from engine.app.plan import Job, Selection, renumbered
from engine.app.runs import Store, from_document, keep, take
from engine.app.session import folder_of, new_run_id
from engine.errors import ResultsError
from engine.model.target import Target
from engine.model.verdict import JobResult
from engine.pytest_plugin import options
from engine.pytest_plugin.background import WINDOW_STOPPING, Background
from engine.terminal.sources import Sources

KEY = pytest.StashKey["Conformance"]()


class HasJob(Protocol):
    """An item, as far as this module needs to know it."""

    job: Job


class Conformance:
    """What one pytest process knows of the engine. Everything is made when the first suite is collected."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.sources = Sources()
        self.warnings_fail = bool(config.getoption("warnings_fail"))
        self.items: list[HasJob] = []
        self.store: Store | None = None
        self._background: Background | None = None
        self._begun: set[str] = set()

    @property
    def is_worker(self) -> bool:
        """Whether this is a worker of pytest-xdist: it runs items of some targets, and reports to the controller."""
        return hasattr(self.config, "workerinput")

    @cached_property
    def places(self) -> places.Places:
        """Where everything is."""
        return places.find(self.config.getoption("results"), self.config.getoption("frameworks_dir"))

    @cached_property
    def front(self) -> Front:
        """The engine."""
        return Front(self.places)

    @cached_property
    def targets(self) -> list[Target]:
        """The targets that were asked for."""
        return self.front.targets(options.asked(self.config))

    @cached_property
    def selection(self) -> Selection:
        """What was asked for of the cases."""
        return options.asked(self.config).selection

    @cached_property
    def run_id(self) -> str:
        """The run's id; workers take the controller's."""
        if self.is_worker:
            return str(vars(self.config)["workerinput"]["conformance_run"])
        return new_run_id()

    def prepare(self) -> None:
        """Start the process that will run jobs, so that it is ready when the first is asked for."""
        if self._background is None and not self.config.getoption("collectonly"):
            self._background = Background()

    def result(self, item: HasJob) -> tuple[JobResult, Mapping[str, Any]]:
        """An item's verdict, and the document of it that goes into the run.

        A worker of xdist begins a target with its first item, and so starts no target whose items other workers run;
        a process alone begins with everything.
        """
        target = item.job.target.id
        if target not in self._begun:
            mine = [one for one in self.items if not self.is_worker or one.job.target.id == target]
            self._begin(mine)
            self._begun |= {one.job.target.id for one in mine}
        assert self._background is not None
        document = self._background.wait(item.job)
        return from_document(document), document

    def _begin(self, items: Sequence[HasJob]) -> None:
        self.prepare()
        assert self._background is not None
        jobs: list[Job] = renumbered([item.job for item in items])
        for item, job in zip(items, jobs, strict=True):
            item.job = job
        folder = folder_of(self.places.results, self.run_id)
        window = WINDOW_STOPPING if self.config.getoption("maxfail") else 0
        self._background.begin(self.front, self.run_id, folder, jobs, window)

    def keep(self, report: pytest.TestReport) -> None:
        """Append an item's verdict to the run: in the controller, or where there is but one process."""
        document = getattr(report, "conformance", None)
        if document is None or self.is_worker:
            return
        if self.store is None:
            try:
                jobs = [item.job for item in self.items]
                self.store = keep(self.places, self.run_id, sys.argv[1:], jobs)
            except ResultsError as error:
                pytest.exit(str(error), returncode=4)
        take(self.store, document)

    def close(self, ended: str) -> None:
        """Stop everything, and end the run's file."""
        if self._background is not None:
            self._background.close()
            self._background = None
        if self.store is not None:
            self.store.close(ended)
