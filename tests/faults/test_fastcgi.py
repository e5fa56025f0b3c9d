"""The cases of FastCGI catch what they are for: each fault turns its cases red, and a server that is right none."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app.front import Front
from engine.app.places import find
from engine.app.plan import plan
from engine.app.session import Session
from engine.model.case import Case
from engine.model.target import Launch, Target
from engine.model.verdict import JobResult, Verdict
from engine.observation.desk import Desk
from engine.targets.environments import Environment
from engine.targets.fitting import unsupported
from engine.targets.frameworks import Framework
from engine.targets.runtimes.local import LocalRuntime
from engine.targets.servers.base import Command, Server, Start
from tests.faults.fastcgi_faults import CAUGHT, FAULTS
from tests.faults.harness import AT_ONCE, RED, ROOT, STARTS_WITHIN, Here, Verdicts, control_cases, names

FOLDER = "specs/fastcgi/"
FINE = (Verdict.PASS, Verdict.INFO)
TARGET = Target("small", "wsgi-control", "auto", "nginx-fastcgi", interface="wsgi")


def command(fault: str) -> Command:
    """The small server's command line, with a fault or none."""

    def base(start: Start) -> list[str]:
        host, port = start.address
        where = ["--bind", f"{host}:{port}"] if start.descriptor is None else ["--fd", str(start.descriptor)]
        return [str(start.python), "-m", "tests.faults.fastcgi_server", start.app, *where, "--fault", fault]

    return base


class SmallRuntime(LocalRuntime):
    """Starts small FastCGI servers behind nginx as the engine starts any."""

    def __init__(self, folder: Path, fault: str) -> None:
        control = Framework(TARGET.framework, "", "app:app", ROOT / "frameworks/wsgi-control", interface="wsgi")
        small = Server(
            TARGET.server, "", "", Path(), base=command(fault), speaks=frozenset({"fastcgi"}),
            interfaces=frozenset({"wsgi"}),
        )  # fmt: skip
        super().__init__(
            Here(folder / "cache"), {control.name: control}, {small.name: small}, Desk.create, folder,
            ready_within=STARTS_WITHIN,
        )  # fmt: skip

    def _variables(self, launch: Launch, environment: Environment, scratch: Path) -> dict[str, str]:
        variables = super()._variables(launch, environment, scratch)
        return {**variables, "PYTHONPATH": os.pathsep.join((variables["PYTHONPATH"], str(ROOT)))}


async def run(cases: Iterable[Case], fault: str = "") -> list[JobResult]:
    """Run cases on one small server. What they depend on is not run with them."""
    alone = [replace(case, depends_on=()) for case in cases]
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        runtime = SmallRuntime(Path(folder), fault)
        small = runtime.servers[TARGET.server]
        offers = frozenset({"fastcgi"})
        jobs = plan(alone, [TARGET], lambda target: offers, lambda target, options: unsupported(small, target, options))
        await Session(jobs, runtime, Front(find()).runner("faults-run"), None, [verdicts]).run()
    return verdicts.results


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [case for case in control_cases() if FOLDER in case.file]


@pytest.fixture(scope="module")
def missed(request: pytest.FixtureRequest, cases: list[Case]) -> dict[str, list[str]]:
    """What is missed of each fault whose test was chosen, some servers at a time."""
    chosen = [str(item.callspec.params["fault"]) for item in request.session.items if hasattr(item, "callspec")
              and item.path == request.path and "fault" in item.callspec.params]  # fmt: skip

    async def one(fault: str, turns: asyncio.Semaphore) -> list[str]:
        async with turns:
            caught = CAUGHT[fault]
            own = [case for case in cases if not set(names(case.file, case.id)).isdisjoint(caught)]
            results = await run(own, fault)
        red = {name for result in results if result.verdict in RED for name in names(result.file, result.case)}
        return [case for case in caught if case not in red]

    async def each() -> list[list[str]]:
        turns = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(one(fault, turns) for fault in chosen))

    return dict(zip(chosen, asyncio.run(each()), strict=True))


def test_no_case_is_red_on_a_server_that_is_right(cases: list[Case]) -> None:
    results = asyncio.run(run(cases))
    assert len(results) == len(cases) > 0
    assert [f"{one.address}: {one.reason}" for one in results if one.verdict not in FINE] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_the_cases_catch_it(missed: dict[str, list[str]], fault: str) -> None:
    assert missed[fault] == []
