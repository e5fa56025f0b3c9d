"""The cases of the contract and of ASGI pass on the reference server; otherwise one of the two is wrong.

`.ci/run` runs all others there, and those of WSGI: it takes a minute of both cores.
"""

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
SUITES = ("contract", "asgi", "tls", "lifespan")


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
    """One run of the default cases of these suites on the reference server with the bare app."""
    engine, results = Engine(find()), Results()
    loaded = engine.load([ROOT / "specs" / name for name in SUITES], whole=True)
    assert not loaded.diagnostics
    cases = [case for case in loaded.whole if not case.extended]
    jobs = engine.plan(cases, engine.targets(RunOptions(servers=("reference",), frameworks=("control",))))
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
    found = wrong(results.kept, *RIGHT, Verdict.UNSUPPORTED)
    assert not found, "\n".join(found)


def test_hardly_anything_is_unsupported(session: tuple[RunSession, Results]) -> None:
    """It speaks HTTP/1, with TLS and without: only what needs more than that is left out."""
    _, results = session
    left_out = [one for one in results.kept if one.verdict is Verdict.UNSUPPORTED]
    words = ("http2", "protocol", "flags", "push")
    assert [line for line in wrong(left_out) if not any(word in line for word in words)] == []
    assert len(left_out) <= len(results.kept) / 5


def test_what_it_claims_was_found_and_nothing_else(session: tuple[RunSession, Results]) -> None:
    running, _ = session
    assert [row.refuted for row in running.rows.values()] == [()]
    assert all(
        {"websocket", "trailers", "pathsend", "denial-response"} <= set(row.offers) for row in running.rows.values()
    )


def test_every_case_of_fastcgi_passes_on_the_strict_fastcgi_server(tmp_path: Path) -> None:
    engine, results = Engine(find()), Results()
    cases = engine.load([ROOT / "specs/fastcgi"], whole=True).whole
    jobs = engine.plan(cases, engine.targets(RunOptions(("reference-fastcgi",), ("wsgi-control", "control"))))
    jobs = [job for job in jobs if not job.left_out]
    asyncio.run(RunSession(jobs, wiring.runtime(engine, tmp_path), wiring.runner("reference"), None, [results]).run())
    assert len(results.kept) == len(jobs) > 100
    assert wrong(results.kept, Verdict.PASS) == []
