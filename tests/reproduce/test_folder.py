"""The content of a reproduction's folder, without running it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import pytest

from engine.app import addresses
from engine.app.engine import Engine
from engine.app.naming import target_called
from engine.app.project_paths import find
from engine.app.reproducing.folder import Folder, made, reproduction, versions_of
from engine.app.runs import keep
from engine.execution.job import Job
from engine.model.case import Case
from engine.model.expectation import Mismatch
from engine.model.target import DIRECT, ServerLaunch, Target
from engine.model.verdict import JobResult, Verdict
from engine.results.record.codec import result_to_json
from engine.results.record.store import TargetRow

SUITE = """\
suite: Cases
category: first
cite: [SEM-30]
level: must
cases:
  - id: one
    title: A response has the status 400
"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(find())


def case_of(engine: Engine, folder: Path, text: str) -> Case:
    """The one case of a suite; ``text`` are its lines below the title."""
    path = folder / "cases.yaml"
    path.write_text(SUITE + "".join(f"    {line}\n" for line in text.splitlines()), "utf-8")
    return addresses.one(f"{path}::one", engine)


def result_of(case: Case, target: str) -> JobResult:
    """A result: the status differs in the last step of a case."""
    place = case.body.steps[-1].place
    mismatch = Mismatch("status", "400", 200, place)
    return JobResult(
        case.id, case.file, target, case.category, "must", Verdict.FAIL,
        mismatches=(mismatch,), step=place, title=case.title, cite=("SEM-30",),
    )  # fmt: skip


def row_of(target: Target) -> TargetRow:
    """The record of a target."""
    return TargetRow(target.id, target.server, target.framework, target.loop, DIRECT, "local", version="1.2")


def folder_for(engine: Engine, case: Case, target: str = "reference-control-auto") -> Folder:
    """The folder for a status that differs."""
    found = target_called(engine, target)
    return made(engine, result_of(case, target), row_of(found), case, found, suite=None)


def test_the_server_has_the_environment_variables_of_the_case(engine: Engine, tmp_path: Path) -> None:
    case = case_of(
        engine,
        tmp_path,
        "server: {env: {GREETING: good day, SOME_API_KEY: abcdef123}}\n"
        "steps: [{request: {path: /health, expect: {status: 400}}}]",
    )
    found = folder_for(engine, case)
    assert "export GREETING='good day'\n" in found.texts["run.sh"]
    assert "export SOME_API_KEY=xxxxxxxxx\n" in found.texts["run.sh"]
    assert "`SOME_API_KEY`" in found.texts["README.md"]
    assert "abcdef123" not in "".join(found.texts.values())


def test_the_suite_is_the_file_that_the_run_read(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another folder, which even has a suite of the same address."""
    for name in ("suites", "other", "results"):
        (tmp_path / name).mkdir()
    case = case_of(engine, tmp_path / "suites", "steps: [{request: {path: /health, expect: {status: 400}}}]")
    (tmp_path / "other" / "cases.yaml").write_text(SUITE.replace("one", "unlike") + "    steps: []\n", "utf-8")
    target = target_called(engine, "reference-control-auto")
    project = find(str(tmp_path / "results"))
    store = keep(project, "20260101-000000-aaaa", [], [Job(0, case.header, target, ServerLaunch(target))])
    store.target(row_of(target))
    store.line(result_to_json(result_of(case, target.id)))
    store.close("whole")
    for folder in ("other", "results", ""):
        monkeypatch.chdir(tmp_path / folder)
        found = reproduction("last", "cases.yaml::one", "", project)
        assert 'expect("status", reply.status, 400)' in found.texts["client.py"]


def test_the_application_has_the_fault_of_the_mutant(engine: Engine, tmp_path: Path) -> None:
    case = case_of(
        engine, tmp_path, "steps: [{request: {method: POST, path: /echo, body: hello, expect: {body: hello}}}]"
    )
    found = folder_for(engine, case, "reference-control~echo-cut-auto")
    assert "mutant:app" in found.texts["run.sh"]
    found.write(tmp_path / "found")
    script = (
        "import asyncio, mutant\n"
        "events = [{'type': 'http.request', 'body': b'hello'}]\n"
        "async def receive(): return events.pop()\n"
        "async def send(event): print(event.get('body', b'').decode(), end='')\n"
        "scope = {'type': 'http', 'method': 'POST', 'path': '/echo', 'headers': []}\n"
        "asyncio.run(mutant.app(scope, receive, send))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path / "found", capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == ("hell", "")


def test_the_heading_says_what_the_server_does(engine: Engine, tmp_path: Path) -> None:
    case = case_of(engine, tmp_path, "steps: [{request: {path: /health, expect: {status: 400}}}]")
    heading = folder_for(engine, case).texts["README.md"].splitlines()[0]
    assert heading == "# reference 1.2: expected status 400, got 200 (A response has the status 400)"


def test_secret_fields_and_parameters_are_redacted(engine: Engine, tmp_path: Path) -> None:
    case = case_of(
        engine,
        tmp_path,
        "steps:\n"
        "  - request:\n"
        "      path: /health\n"
        "      query: {api_key: abcdef123, page: second}\n"
        "      headers: {X-Api-Key: hijklm456, X-Token: opqrst789, Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==}\n"
        "      expect: {status: 400}",
    )
    found = folder_for(engine, case)
    text = "".join(found.texts.values())
    for value in ("abcdef123", "hijklm456", "opqrst789"):
        assert value not in text
    assert "/health?api_key=xxxxxxxxx&page=second" in found.texts["client.py"]
    assert "X-Api-Key: xxxxxxxxx" in found.texts["client.py"]
    assert "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" in found.texts["client.py"]


def test_the_versions_begin_with_the_server_or_with_the_framework_that_is_called_without_one(engine: Engine) -> None:
    target = target_called(engine, "gunicorn-starlette-auto")
    versions = {"anyio": "4.0", "gunicorn": "1.2", "starlette": "1.10.0"}
    row = replace(row_of(target), versions=versions)
    assert versions_of(row, target)[:3] == [("gunicorn", "1.2"), ("anyio", "4.0"), ("starlette", "1.10.0")]
    assert versions_of(row, target, "starlette")[:3] == [("starlette", "1.10.0"), ("anyio", "4.0"), ("Python", ANY)]
