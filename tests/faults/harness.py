"""Runs cases of specs/ on the small server, right or with one fault, with the control or a wrong app on it.

python -m tests.faults.harness                     every control case, on the server that is right
python -m tests.faults.harness --fault no-date     ... with that fault of the server
python -m tests.faults.harness --app echo-cut      ... with that fault of the app
python -m tests.faults.harness --table             each fault with the cases that must catch it
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.app.front import Front
from engine.app.places import find
from engine.app.plan import plan
from engine.app.session import Session
from engine.errors import StartError
from engine.execution.job import Job
from engine.model.case import Case
from engine.model.protocols import Boundary
from engine.model.target import Ended, Facts, Launch, Target
from engine.model.verdict import JobResult, Verdict
from engine.observation.desk import Desk
from engine.targets.inside import laid_out
from engine.targets.readiness import NotReady, ready

from . import apps
from .switches import FAULTS
from .table import APPS, SERVERS

ROOT = Path(__file__).parents[2]
TARGET = Target("small", "control", "asyncio")
OFFERS = frozenset({"disconnect", "lifespan", "state", "websocket"})
RED = (Verdict.FAIL, Verdict.WARN, Verdict.TIMEOUT, Verdict.CRASH)
BROKEN = (*RED, Verdict.ERROR)
NEVER_READY = ("lifespan-is-required",)
"""Faults with which a target cannot start, so that its cases come to errors."""

STARTS_WITHIN = 10.0  # seconds
AT_ONCE = 6  # servers


@dataclass
class Live:
    """A small server that runs. It keeps ``engine.model.protocols.LiveTarget``."""

    target: Target
    address: tuple[str, int]
    boundary: Boundary
    facts: Facts
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def host(self) -> str:
        return f"{self.address[0]}:{self.address[1]}"

    @property
    def ended(self) -> Ended | None:
        status = self.process.poll()
        if status is None:
            return None
        return Ended(signal=-status) if status < 0 else Ended(status=status)

    @property
    def workers_lost(self) -> Sequence[int]:
        return [] if self.ended is None else [self.process.pid]

    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    async def stop(self) -> Ended | None:
        self.process.terminate()
        try:
            await asyncio.to_thread(self.process.wait, 2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)
        self.boundary.refresh()
        return self.ended


@dataclass
class SmallRuntime:
    """Starts small servers, each in a process of its own, with a desk under ``folder``."""

    folder: Path
    fault: str = ""
    app: str = ""
    started: int = 0

    async def start(self, launch: Launch, prepare: Callable[[Boundary], None] | None = None) -> Live:
        """Raises StartError where the server does not become ready."""
        self.started += 1
        place = self.folder / str(self.started)
        place.mkdir(parents=True)
        desk = Desk.create(place / "desk")
        if prepare is not None:
            prepare(desk)
        inside = laid_out(self.folder / "cache")
        address, process = self.spawn(place, inside, launch)
        live = Live(launch.target, address, desk, Facts(), process, place / "log")
        try:
            await asyncio.wait_for(ready(address, desk), STARTS_WITHIN)
        except (NotReady, TimeoutError) as error:
            await live.stop()
            raise StartError(f"the small server is not ready: {error}", log=live.log()) from error
        return live

    def spawn(self, place: Path, inside: Path, launch: Launch) -> tuple[tuple[str, int], subprocess.Popen[bytes]]:
        """The process, and where it listens: its socket listens before it starts."""
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener, (place / "log").open("wb") as log:
            command = [sys.executable, "-m", "tests.faults.server", "engine_inside.service:app"]
            process = subprocess.Popen(
                [*command, "--fd", str(listener.fileno()), "--fault", self.fault, "--loop", launch.target.loop],
                cwd=ROOT, pass_fds=[listener.fileno()], stdout=log, stderr=log,
                env=self.environment(place / "desk", inside, launch),
            )  # fmt: skip
            return listener.getsockname(), process

    def environment(self, desk: Path, inside: Path, launch: Launch) -> dict[str, str]:
        control = ROOT / "frameworks" / "control"
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(path) for path in (inside, control, ROOT)),
            "ENGINE_DESK": str(desk),
            "ENGINE_PLAYS": "1",
            "ENGINE_APP": "tests.faults.apps:app" if self.app else "app:app",
            "ENGINE_LIFESPAN_OF": launch.lifespan_of,
            "FAULTY_APP": "app:app",
            "FAULTY_FAULT": self.app,
        }


@dataclass
class Verdicts:
    """Keeps results in the order in which they come."""

    results: list[JobResult] = field(default_factory=list)

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """Nothing to keep."""

    def result(self, job: Job, result: JobResult) -> None:
        self.results.append(result)


def names(file: str, case: str) -> tuple[str, str]:
    """What the table may call a case: its variant alone, and all its variants."""
    short = file.removeprefix("specs/")
    return f"{short}::{case}", f"{short}::{case.partition('[')[0]}"


def control_cases() -> list[Case]:
    """Every case of specs/. Raises AssertionError where the linter finds mistakes."""
    loaded = Front(find()).load([ROOT / "specs"])
    assert not loaded.diagnostics, loaded.diagnostics
    return [case for suite in loaded.suites for case in suite.cases]


async def run(cases: Iterable[Case], *, fault: str = "", app: str = "") -> list[JobResult]:
    """Run cases on one small server. What they depend on is not run with them."""
    alone = [replace(case, depends_on=()) for case in cases]
    jobs = plan(alone, [TARGET], lambda target: OFFERS, lambda target, options: ())
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        runtime = SmallRuntime(Path(folder), fault, app)
        session = Session(jobs, runtime, Front(find()).runner("faults-run"), None, [verdicts])
        await session.run()
    return verdicts.results


def show(results: Iterable[JobResult]) -> int:
    """Print what is red; how many are."""
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
    """What is missed of each fault, some servers at a time. Faults of apps are named ``app:NAME``."""
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
