"""The parts of a run of cases on a deliberately wrong service: its environment, its results, and the names of cases."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.model.case import Case
from engine.model.result_event import ResultEvent
from engine.model.target import ServerLaunch, Target
from engine.model.verdict import JobResult, Verdict
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server
from engine.targets.environments.cache import default_cache
from engine.targets.environments.packages import Environment, Environments
from engine.targets.environments.services import Services
from engine.targets.runtimes.local.host import LocalHost

Table = Mapping[str, tuple[str, ...]]
"""The cases that must catch each fault. A case is named by its file and its id, ``fastcgi/checks.yaml::echo``: one of
its variants must fail; with a variant it is that one."""

ROOT = Path(__file__).parents[2]
RED = (Verdict.FAIL, Verdict.WARN, Verdict.TIMEOUT, Verdict.CRASH)
BROKEN = (*RED, Verdict.ERROR)
STARTS_WITHIN = 10.0  # seconds
AT_ONCE = 6  # servers


class Here(Environments):
    """The environment of these tests themselves."""

    async def ensure(self, framework: Framework, server: Server, python: Path | None = None) -> Environment:
        return Environment(Path(sys.executable), platform.python_version(), {})


class FaultyServices(Services):
    """Services that find the tests next to their framework, and have these variables as well."""

    def __init__(self, cache: Path, **variables: str) -> None:
        super().__init__(cache)
        self._more = variables

    def variables(
        self, launch: ServerLaunch, server: Server, framework: Framework, environment: Environment, scratch: Path
    ) -> dict[str, str]:
        variables = super().variables(launch, server, framework, environment, scratch)
        path = os.pathsep.join((variables["PYTHONPATH"], str(ROOT)))
        return {**variables, "PYTHONPATH": path, **self._more}


def here(**variables: str) -> LocalHost:
    """This machine, with services that have these variables and the tests' own interpreter."""
    return LocalHost(Here(default_cache()), services=FaultyServices(default_cache(), **variables))


@dataclass
class Verdicts:
    """Keeps results in the order in which they come."""

    results: list[JobResult] = field(default_factory=list)

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """Nothing to keep."""

    def comparing(self, cells: int) -> None:
        """Nothing is run to be compared."""

    def take(self, event: ResultEvent) -> None:
        self.results.append(event.result)


def names(file: str, case: str) -> tuple[str, str]:
    """The names that the table may use for a case: its variant, and all its variants."""
    short = file.removeprefix("specs/")
    return f"{short}::{case}", f"{short}::{case.partition('[')[0]}"


def control_cases() -> list[Case]:
    """Every case of specs/. Raises AssertionError if the linter finds errors."""
    loaded = Engine(find()).load([ROOT / "specs"], whole=True)
    assert not loaded.diagnostics, loaded.diagnostics
    return list(loaded.whole)


def show(results: Iterable[JobResult]) -> int:
    """Print the failing cases; returns their number."""
    red = [result for result in results if result.verdict in BROKEN]
    for result in red:
        print(f"{result.verdict.value:8} {result.address}: {result.reason}")
        for one in (*result.mismatches, *result.warnings):
            print(f"         {one.place}: {one.where} {one.expected}, and is {one.actual!r:.150} {one.why}")
    return len(red)
