"""The answers of pytest's worker process to its requests, without any target."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.app.run_request import RunRequest
from engine.app.worker_process import WorkerHost
from engine.documents.roots import Roots
from engine.errors import DocumentError
from engine.execution.job import Job
from engine.model.case import Case
from engine.worker.messages import Begin, Prepare, Read, decode, encode

SUITE = """\
suite: One
category: c
cite: [SCOPE-01]
level: must
cases:
  - {id: plain, title: Plain, steps: [{request: {path: /health, expect: {status: 200}}}]}
  - {id: own, title: Own, server: {workers: 2}, steps: [{request: {path: /health, expect: {status: 200}}}]}
  - {id: other, title: Other, tags: [rare], steps: [{request: {path: /health, expect: {status: 200}}}]}
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunRequest:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(SUITE)
    options = RunOptions(frameworks=("starlette", "control"))
    return RunRequest(Engine(find()), options, (tmp_path / "a.yaml",), "20260101-000000-abcd", tmp_path / "run")


def prepared(settings: RunRequest) -> Prepare:
    """The order, as it comes out of a line."""
    order = decode(encode(Prepare(settings.to_json())))
    assert isinstance(order, Prepare)
    return order


def read(settings: RunRequest) -> Read:
    """The order that pytest sends for the document as it is now."""
    loaded = settings.engine.load([Path("a.yaml")], Roots(settings.named))
    assert not loaded.errors
    return Read("a.yaml", loaded.digests)


def session(settings: RunRequest, order: Read, *cells: tuple[str, str], times: int = 1) -> list[Job]:
    """The jobs of a session of these cells."""

    async def whole() -> list[Job]:
        host = WorkerHost()
        await host.prepare(prepared(settings))
        try:
            await host.read(order)
            return list((await host.begin(Begin(cells, times), lambda message: None)).jobs)
        finally:
            await host.close()

    return asyncio.run(whole())


def test_settings_are_the_same_on_the_other_side(settings: RunRequest) -> None:
    engine = replace(
        settings.engine, nginx="/usr/sbin/nginx", urls=("control=http://127.0.0.1:1",), clauses=(Path("own.yaml"),)
    )
    given = replace(settings, engine=engine, options=replace(settings.options, keyword="not plain"), keep_all=True)
    assert RunRequest.of_json(prepared(given).run) == given


def test_a_worker_announces_the_environments_that_it_makes(settings: RunRequest) -> None:
    settings.engine.activity.listen(lambda name, begun: None)
    there = RunRequest.of_json(prepared(settings).run)
    heard: list[tuple[str, bool]] = []
    there.engine.activity.listen(lambda name, begun: heard.append((name, begun)))
    there.engine.activity("gunicorn", True)
    assert heard == [("gunicorn", True)]


def test_cells_become_the_jobs_that_pytest_planned(settings: RunRequest) -> None:
    engine = settings.engine
    order = read(settings)
    cases = engine.load([Path("a.yaml")], Roots(settings.named)).suites[0].cases
    planned = engine.plan(cases, engine.targets(settings.options))
    cells = [(job.case.address, job.target.id) for job in planned]
    jobs = session(settings, order, *cells, times=2)
    assert [(job.case.address, job.target.id, job.left_out) for job in jobs if job.repeat == 0] == [
        (job.case.address, job.target.id, job.left_out) for job in planned
    ]
    assert [job.position for job in jobs] == list(range(2 * len(planned)))
    assert all(isinstance(job.case, Case) for job in jobs)


def test_a_document_that_changed_meanwhile_is_an_error(settings: RunRequest) -> None:
    order = read(settings)
    Path("a.yaml").write_text(SUITE.replace("status: 200", "status: 201"))
    with pytest.raises(DocumentError, match=r"a\.yaml changed while pytest collected it"):
        session(settings, order)
    Path("a.yaml").write_text(SUITE.replace("path:", "pth:"))
    with pytest.raises(DocumentError, match=r"a\.yaml changed"):
        session(settings, order)
    os.unlink("a.yaml")
    with pytest.raises(DocumentError, match=r"a\.yaml changed"):
        session(settings, order)


def test_a_cell_that_is_no_job_here_is_an_error(settings: RunRequest) -> None:
    order, target = read(settings), settings.engine.targets(settings.options)[0].id
    with pytest.raises(DocumentError, match=r"a\.yaml::gone is not planned on"):
        session(settings, order, ("a.yaml::gone", target))
    # What the options do not select is not planned either.
    rare = replace(settings, options=replace(settings.options, tags=("rare",)))
    assert len(session(rare, order, ("a.yaml::other", target))) == 1
    with pytest.raises(DocumentError, match=r"a\.yaml::plain is not planned on"):
        session(rare, order, ("a.yaml::plain", target))


@pytest.mark.parametrize("prewarm", [False, True])
def test_a_run_without_a_session_leaves_what_another_process_wrote(settings: RunRequest, prewarm: bool) -> None:
    """The processes of xdist share the folder of the run. Only the one that starts a target ahead may have to remove
    it, and not where somebody else made it first."""

    async def whole() -> None:
        host = WorkerHost()
        if prewarm:
            (settings.folder / "logs").mkdir(parents=True)
        order = replace(prepared(replace(settings, options=RunOptions(frameworks=("wsgi-control",)))), prewarm=prewarm)
        await host.prepare(order)
        (settings.folder / "logs").mkdir(parents=True, exist_ok=True)
        await host.close()

    asyncio.run(whole())
    assert (settings.folder / "logs").is_dir()
