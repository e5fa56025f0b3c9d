"""Runs cases of specs/ on the small server, correct or with one fault, with the bare app or a wrong one.

python -m tests.faults.harness                     every case for the bare app, on the correct server
python -m tests.faults.harness --fault no-date     ... with that fault of the server
python -m tests.faults.harness --app echo-cut      ... with that fault of the app
python -m tests.faults.harness --table             each fault with the cases that must catch it
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.app import wiring
from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.app.session import RunSession
from engine.execution.planning.plan import plan
from engine.model.case import Case
from engine.model.result_event import ResultEvent
from engine.model.target import ServerLaunch, Target
from engine.model.tls import ASKS
from engine.model.verdict import JobResult, Verdict
from engine.observer.spool import ObserverSpool
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Command, Server, Start, whole
from engine.targets.catalog.servers.tls import flags
from engine.targets.environments.cache import default_cache
from engine.targets.environments.packages import Environment, Environments
from engine.targets.environments.services import Services
from engine.targets.runtimes.local.host import LocalHost
from engine.targets.runtimes.starter import Starter

from . import apps
from .switches import FAULTS
from .table import APPS, SERVERS

ROOT = Path(__file__).parents[2]
TARGET = Target("small", "control", "asyncio")
OFFERS = frozenset({"disconnect", "lifespan", "reload", "state", "tls", "tls-extension", "websocket"})
RED = (Verdict.FAIL, Verdict.WARN, Verdict.TIMEOUT, Verdict.CRASH)
BROKEN = (*RED, Verdict.ERROR)
NEVER_READY = ("lifespan-is-required",)
"""Faults with which a target cannot start, so that its cases come to errors."""

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


class SmallRuntime(Starter):
    """Starts small servers as the engine starts any, with one fault or none; ``app`` is a fault of the app's."""

    def __init__(self, folder: Path, fault: str = "", app: str = "") -> None:
        control = Framework(
            TARGET.framework, "", "tests.faults.apps:app" if app else "app:app", ROOT / "frameworks/control"
        )
        small = Server(
            TARGET.server, "", "", Path(), base=command(fault), offers=OFFERS, options=OPTIONS
        )  # fmt: skip
        super().__init__(
            here(FAULTY_APP="app:app", FAULTY_FAULT=app), {control.name: control}, {small.name: small},
            ObserverSpool.create, folder, ready_within=STARTS_WITHIN,
        )  # fmt: skip


OPTIONS = {
    "workers": lambda value: ["--workers", whole(value, least=1)],
    "keep_alive": lambda value: ["--keep-alive", str(value)],
    "grace": lambda value: ["--grace", str(value)],
    "tls": flags("--certificate", "--key", "--client-ca", "--client-cert", {word: word for word in ASKS}),
}


def command(fault: str) -> Command:
    """The small server's command line, with a fault or none."""

    def base(start: Start) -> list[str]:
        host, port = start.address
        where = ["--bind", f"{host}:{port}"] if start.descriptor is None else ["--fd", str(start.descriptor)]
        return [
            str(start.python),
            "-m",
            "tests.faults.server",
            start.app,
            *where,
            "--fault",
            fault,
            "--loop",
            start.loop,
        ]

    return base


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


async def run(cases: Iterable[Case], *, fault: str = "", app: str = "") -> list[JobResult]:
    """Run cases on one small server, without the cases that they depend on."""
    alone = [replace(case, depends_on=()) for case in cases]
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        runtime = SmallRuntime(Path(folder), fault, app)
        small = runtime.servers[TARGET.server]
        jobs = plan(alone, [TARGET], lambda target: OFFERS, lambda target, options: small.unsupported(options))
        session = RunSession(jobs, runtime, wiring.runner("faults-run"), None, [verdicts])
        await session.run()
    return verdicts.results


def show(results: Iterable[JobResult]) -> int:
    """Print the failing cases; returns their number."""
    red = [result for result in results if result.verdict in BROKEN]
    for result in red:
        print(f"{result.verdict.value:8} {result.address}: {result.reason}")
        for one in (*result.mismatches, *result.warnings):
            print(f"         {one.place}: {one.where} {one.expected}, and is {one.actual!r:.150} {one.why}")
    return len(red)


async def missed(cases: Sequence[Case], *, fault: str = "", app: str = "") -> list[str]:
    """The cases that must catch a fault of the table, and do not."""
    caught = SERVERS[fault] if fault else APPS[app]
    results = await run(
        [case for case in cases if not set(names(case.file, case.id)).isdisjoint(caught)], fault=fault, app=app
    )
    counted = BROKEN if (fault or app) in NEVER_READY else RED
    red = {name for result in results if result.verdict in counted for name in names(result.file, result.case)}
    return [case for case in caught if case not in red]


async def all_missed(
    cases: Sequence[Case], faults: Iterable[str] = SERVERS, wrong_apps: Iterable[str] = APPS
) -> dict[str, list[str]]:
    """The missed cases of each fault, several servers at a time. Faults of apps are named ``app:NAME``."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(**which: str) -> list[str]:
        async with turns:
            return await missed(cases, **which)

    names = [*faults, *(f"app:{name}" for name in wrong_apps)]
    runs = [*(one(fault=name) for name in faults), *(one(app=name) for name in wrong_apps)]
    return dict(zip(names, await asyncio.gather(*runs), strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fault", default="", choices=["", *FAULTS], metavar="NAME")
    parser.add_argument("--app", default="", choices=["", *apps.FAULTS], metavar="NAME")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    cases = control_cases()
    if not options.table:
        results = asyncio.run(run(cases, fault=options.fault, app=options.app))
        red = show(results)
        print(f"{len(results) - red} of {len(results)} are not red")
        return int(bool(red))
    wrong = [f"{name}: not caught by {case}" for name, left in asyncio.run(all_missed(cases)).items() for case in left]
    print("\n".join(wrong) or "every fault is caught")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
