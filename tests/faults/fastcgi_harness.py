"""Runs cases of FastCGI on the small FastCGI server behind nginx: all of them right, or one of them wrong.

python -m tests.faults.fastcgi_harness                       every case, where nothing is wrong
python -m tests.faults.fastcgi_harness server:padding-kept   ... with that fault of the server
python -m tests.faults.fastcgi_harness app:echo-cut          ... with that fault of the app
python -m tests.faults.fastcgi_harness gate:proxy-passed     ... with that fault of the gateway
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from engine.app import wiring
from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.app.session import RunSession
from engine.execution.planning.plan import plan
from engine.model.case import Case
from engine.model.target import Target
from engine.model.verdict import JobResult
from engine.observer.spool import ObserverSpool
from engine.targets.catalog.frameworks import WSGI, Framework
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.servers.base import Command, Server, Start
from engine.targets.matrix.fitting import unsupported
from engine.targets.runtimes.starter import Starter

from . import fastcgi_apps, fastcgi_faults, fastcgi_gates
from .harness import AT_ONCE, RED, ROOT, STARTS_WITHIN, Verdicts, control_cases, here, names, show

FOLDER = "specs/fastcgi/"
TARGET = Target("small", "wsgi-control", "auto", "nginx-fastcgi", interface=WSGI)

CAUGHT: Mapping[str, tuple[str, ...]] = {
    f"{part}:{name}": caught
    for part, table in (
        ("server", fastcgi_faults.CAUGHT), ("app", fastcgi_apps.CAUGHT), ("gate", fastcgi_gates.CAUGHT),
    )
    for name, caught in table.items()
}  # fmt: skip
"""Every fault as ``PART:NAME``, and the cases that must catch it."""


def command(fault: str) -> Command:
    """The small server's command line, with a fault or none."""

    def base(start: Start) -> list[str]:
        host, port = start.address
        where = ["--bind", f"{host}:{port}"] if start.descriptor is None else ["--fd", str(start.descriptor)]
        return [str(start.python), "-m", "tests.faults.fastcgi_server", start.app, *where, "--fault", fault]

    return base


class SmallRuntime(Starter):
    """Starts small FastCGI servers behind nginx as the engine starts any, with a fault ``PART:NAME`` or none."""

    def __init__(self, folder: Path, fault: str = "") -> None:
        part, _, name = fault.partition(":")
        app = name if part == "app" else ""
        module = "tests.faults.fastcgi_apps:app" if app else "app:app"
        gateway = load_gateways()[TARGET.gateway]
        if part == "gate":
            gateway = fastcgi_gates.wrong(gateway, name)
        control = Framework(TARGET.framework, "", module, ROOT / "frameworks/wsgi-control", interface=WSGI)
        small = Server(
            TARGET.server, "", "", Path(), base=command(name if part == "server" else ""),
            speaks=frozenset({"fastcgi"}), interfaces=frozenset({WSGI}),
        )  # fmt: skip
        super().__init__(
            here(FAULTY_FAULT=app), {control.name: control}, {small.name: small}, ObserverSpool.create, folder,
            ready_within=STARTS_WITHIN, gateways={gateway.name: gateway},
        )  # fmt: skip


@functools.cache
def _engine() -> Engine:
    """Read once: it holds the whole vocabulary."""
    return Engine(find())


def fastcgi_cases() -> list[Case]:
    """Every case of specs/fastcgi. Raises AssertionError if the linter finds errors."""
    return [case for case in control_cases() if FOLDER in case.file]


async def run(cases: Iterable[Case], fault: str = "") -> list[JobResult]:
    """Run cases on one small server, without the cases that they depend on."""
    alone = [replace(case, depends_on=()) for case in cases]
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        runtime = SmallRuntime(Path(folder), fault)
        small = runtime.servers[TARGET.server]
        offers = frozenset({"fastcgi"})
        jobs = plan(alone, [TARGET], lambda target: offers, lambda target, options: unsupported(small, target, options))
        await RunSession(jobs, runtime, wiring.runner("faults-run"), None, [verdicts]).run()
    return verdicts.results


async def missed(cases: Sequence[Case], fault: str) -> list[str]:
    """The cases that must catch a fault of CAUGHT, and do not."""
    own = [case for case in cases if not set(names(case.file, case.id)).isdisjoint(CAUGHT[fault])]
    results = await run(own, fault)
    red = {name for result in results if result.verdict in RED for name in names(result.file, result.case)}
    return [case for case in CAUGHT[fault] if case not in red]


async def all_missed(cases: Sequence[Case], faults: Iterable[str] = CAUGHT) -> dict[str, list[str]]:
    """The missed cases of each fault, several servers at a time."""
    turns = asyncio.Semaphore(AT_ONCE)
    chosen = list(faults)

    async def one(fault: str) -> list[str]:
        async with turns:
            return await missed(cases, fault)

    return dict(zip(chosen, await asyncio.gather(*map(one, chosen)), strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fault", nargs="?", default="", choices=["", *CAUGHT], metavar="PART:NAME")
    results = asyncio.run(run(fastcgi_cases(), parser.parse_args().fault))
    red = show(results)
    print(f"{len(results) - red} of {len(results)} are not red")
    return int(bool(red))


if __name__ == "__main__":
    sys.exit(main())
