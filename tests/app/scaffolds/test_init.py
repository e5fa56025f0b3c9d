"""The files of ``engine init``: each is a document without errors."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from engine.app.engine import Engine, RunOptions
from engine.app.gate import changed_words
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
    FoundProject(APPLICATION, "shop", "", app="shop:app", interfaces=("wsgi",)),
    FoundProject(SERVER, "gunicorn", "", ("gunicorn", "gunicorn-sync"), interfaces=("asgi", "wsgi")),
    FoundProject(FRAMEWORK, "django", "", ("django", "django-wsgi"), interfaces=("asgi", "wsgi")),
    FoundProject(FRAMEWORK, "falcon", "", ("falcon",), own=True, package="falcon"),
    FoundProject(FRAMEWORK, "mini", "", ("mini",), interfaces=("wsgi",), own=True),
    FoundProject(SERVER, "tiny", "", ("tiny",), own=True, package="tiny"),
    FoundProject(SERVER, "tiny", "", ("tiny",), interfaces=("wsgi",), own=True),
)
CONTRACTS = Path(__file__).parents[3] / "frameworks"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "shop.py").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("project", PROJECTS, ids=lambda one: f"{one.name}-{one.interface}")
def test_all_documents_are_without_errors(folder: Path, project: FoundProject) -> None:
    made = init(project, folder, CONTRACTS)
    written = write(made)
    app = ("framework.yaml", "requirements.in", "requirements.lock", "app.py")
    assert [path.relative_to(folder).as_posix() for path in written] == [
        "conformance.yaml", "conformance/known-failures.yaml", "conformance/first.yaml",
        *(f"conformance/{project.name}/{name}" for name in app if project.own and project.sort == FRAMEWORK),
        WORKFLOW.as_posix(),
    ]  # fmt: skip
    found = lint(Engine(find()), [Path("conformance.yaml"), Path("conformance")])
    assert found.diagnostics == ()
    assert (found.cases, len(found.settings)) == (1, 1)
    workflow = yaml.safe_load((folder / WORKFLOW).read_text())
    (job,) = workflow["jobs"].values()
    runs = " ".join(step.get("run", "") for step in job["steps"])
    gated = project.sort != APPLICATION and (not project.own or project.package)
    assert ("engine gate" if gated else "engine grid") in runs
    assert ("engine gate" in dict(made.commands)) == bool(gated)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda one: f"{one.name}-{one.interface}")
def test_the_selected_targets_exist_and_the_gate_has_one_change(folder: Path, project: FoundProject) -> None:
    made = init(project, folder, CONTRACTS)
    write(made)
    engine = Engine(find())
    run = engine.project_paths.own.run
    options = RunOptions(
        run.servers, run.frameworks or tuple(one.name for one in engine.project_paths.own.applications)
    )
    assert {one.interface for one in engine.targets(options)} == set(project.interfaces)
    for name in project.names:
        assert any(name in (one.server, one.framework) for one in engine.targets(options))
    if "engine gate" in dict(made.commands):
        words, _ = changed_words(options)
        assert [word.partition("@")[0] for word in words] == list(project.names)


def test_the_folder_of_a_framework_names_its_package(folder: Path) -> None:
    write(init(PROJECTS[6], folder, CONTRACTS))
    assert (folder / "conformance" / "falcon" / "requirements.in").read_text() == "falcon\n"
    declared = yaml.safe_load((folder / "conformance" / "falcon" / "framework.yaml").read_text())
    assert declared["packages"] == ["falcon"]
    assert "# The checkout in this folder, with the app" in (folder / "conformance.yaml").read_text()


def test_a_framework_that_is_not_in_the_folder_is_no_checkout(folder: Path) -> None:
    made = init(PROJECTS[7], folder, CONTRACTS)
    assert "# The framework of the index, with the app" in made.files[folder / "conformance.yaml"]
    assert dict(made.commands)["engine grid"] == "runs the cases on the framework"


def test_a_project_runs_its_own_checkouts(folder: Path) -> None:
    write(init(PROJECTS[0], folder, CONTRACTS))
    assert loaded("conformance.yaml").run.servers == (f"gunicorn@{folder}", f"gunicorn-sync@{folder}")


def test_a_workflow_that_exists_is_left_as_it_is(folder: Path) -> None:
    (folder / WORKFLOW).parent.mkdir(parents=True)
    (folder / WORKFLOW).write_text("name: mine\n")
    assert folder / WORKFLOW not in init(PROJECTS[2], folder, CONTRACTS).files
