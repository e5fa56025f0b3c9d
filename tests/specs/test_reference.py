"""Every case that runs on the bare app passes on the reference server; otherwise one of the two is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.app import wiring
from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.app.session import RunSession
from engine.model.result_event import ResultEvent
from engine.model.target import Target
from engine.model.verdict import JobResult, Verdict

pytestmark = pytest.mark.service

ROOT = Path(__file__).parents[2]
RIGHT = (Verdict.PASS, Verdict.INFO)


@dataclass
class Results:
    """Keeps the events of the targets and the jobs."""

    kept: list[JobResult] = field(default_factory=list)

    def target(self, target: Target, state: str, detail: str = "") -> None:
        assert state != "failed", detail

    def comparing(self, cells: int) -> None:
        """Nothing is run to be compared."""

    def take(self, event: ResultEvent) -> None:
        self.kept.append(event.result)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunSession, Results]:
    """One run of every case on the reference server with the bare app, on both loops."""
    engine, results = Engine(find()), Results()
    loaded = engine.load([ROOT / "specs"], whole=True)
    assert not loaded.diagnostics
    jobs = engine.plan(
        loaded.whole, engine.targets(RunOptions(servers=("reference",), frameworks=("control",), loop="both"))
    )
    running = RunSession(
        jobs, wiring.runtime(engine, tmp_path_factory.mktemp("run")), wiring.runner("reference"), None, [results]
    )
    asyncio.run(running.run())
    assert len(results.kept) == len(jobs)
    return running, results


def wrong(kept: Sequence[JobResult], *right: Verdict) -> list[str]:
    """The results with another verdict, in words."""
    return [
        f"{result.target} {result.address}: {result.verdict.value}: {result.reason}"
        for result in kept
        if result.verdict not in right
    ]


def test_every_case_passes(session: tuple[RunSession, Results]) -> None:
    _, results = session
    assert wrong(results.kept, *RIGHT, Verdict.UNSUPPORTED) == []
    assert {one.target.rpartition("-")[2] for one in results.kept} == {"asyncio", "uvloop"}


def test_hardly_anything_is_unsupported(session: tuple[RunSession, Results]) -> None:
    """It speaks HTTP/1, with TLS and without: only what needs more than that is left out."""
    _, results = session
    left_out = [one for one in results.kept if one.verdict is Verdict.UNSUPPORTED]
    words = ("http2", "protocol", "flags", "push", "zerocopysend")
    assert [line for line in wrong(left_out) if not any(word in line for word in words)] == []
    assert len(left_out) <= len(results.kept) / 5


def test_what_it_claims_was_found_and_nothing_else(session: tuple[RunSession, Results]) -> None:
    running, _ = session
    assert [row.refuted for row in running.rows.values()] == [(), ()]
    assert all(
        {"websocket", "trailers", "pathsend", "denial-response"} <= set(row.offers) for row in running.rows.values()
    )


def test_every_case_of_fastcgi_passes_on_the_strict_fastcgi_server(tmp_path: Path) -> None:
    engine, results = Engine(find()), Results()
    cases = engine.load([ROOT / "specs/fastcgi"], whole=True).whole
    jobs = engine.plan(cases, engine.targets(RunOptions(("reference-fastcgi",), ("wsgi-control",))))
    asyncio.run(RunSession(jobs, wiring.runtime(engine, tmp_path), wiring.runner("reference"), None, [results]).run())
    assert len(results.kept) == len(jobs) > 100
    assert wrong(results.kept, Verdict.PASS) == []
