"""The files of ``engine init``: each is a document without errors."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from engine.app.engine import Engine
from engine.app.linting import lint
from engine.app.project_paths import find
from engine.app.scaffolds.base import write
from engine.app.scaffolds.init import WORKFLOW, init
from engine.app.scaffolds.project import APPLICATION, FRAMEWORK, SERVER, FoundProject
from engine.app.settings import loaded

PROJECTS = (
    FoundProject(SERVER, "gunicorn", "", ("gunicorn", "gunicorn-sync")),
    FoundProject(FRAMEWORK, "starlette", "", ("starlette",)),
    FoundProject(APPLICATION, "shop", "", app="shop:app"),
    FoundProject(APPLICATION, "shop", "", app="shop:app", interface="wsgi"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "shop.py").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("project", PROJECTS, ids=lambda one: f"{one.sort}-{one.interface}")
def test_all_documents_are_without_errors(folder: Path, project: FoundProject) -> None:
    made = init(project, folder)
    written = write(made)
    assert [path.relative_to(folder).as_posix() for path in written] == [
        "conformance.yaml", "conformance/known-failures.yaml", "conformance/first.yaml", WORKFLOW.as_posix()
    ]  # fmt: skip
    found = lint(Engine(find()), [Path("conformance.yaml"), Path("conformance")])
    assert found.diagnostics == ()
    assert (found.cases, len(found.settings)) == (1, 1)
    workflow = yaml.safe_load((folder / WORKFLOW).read_text())
    (job,) = workflow["jobs"].values()
    runs = " ".join(step.get("run", "") for step in job["steps"])
    assert ("engine grid" if project.sort == APPLICATION else "engine gate") in runs
    assert all(command.startswith("engine ") for command, _ in made.commands)


def test_a_project_runs_its_own_checkouts(folder: Path) -> None:
    write(init(PROJECTS[0], folder))
    assert loaded("conformance.yaml").run.servers == (f"gunicorn@{folder}", f"gunicorn-sync@{folder}")


def test_a_workflow_that_exists_is_left_as_it_is(folder: Path) -> None:
    (folder / WORKFLOW).parent.mkdir(parents=True)
    (folder / WORKFLOW).write_text("name: mine\n")
    assert folder / WORKFLOW not in init(PROJECTS[2], folder).files
