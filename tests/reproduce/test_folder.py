"""The content of a reproduction's folder, without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app import addresses
from engine.app.engine import Engine
from engine.app.naming import target_called
from engine.app.project_paths import find
from engine.app.reproducing.folder import Folder, made
from engine.model.case import Case
from engine.model.expectation import Mismatch
from engine.model.verdict import JobResult, Verdict
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


def folder_for(engine: Engine, case: Case, target: str = "reference-control-auto") -> Folder:
    """The folder for a status that differs in the last step of a case."""
    place = case.body.steps[-1].place
    mismatch = Mismatch("status", "expected 400", "200", place)
    result = JobResult(
        case.id, case.file, target, case.category, "must", Verdict.FAIL,
        mismatches=(mismatch,), step=place, title=case.title, cite=("SEM-30",),
    )  # fmt: skip
    found = target_called(engine, target)
    row = TargetRow(target, found.server, found.framework, found.loop, found.gateway, found.runtime, version="1.2")
    return made(engine, result, row, case, found)


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
