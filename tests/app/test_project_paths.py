"""The folders searched for the engine's data: a checkout above the working directory, the package's data, the checkout
of an editable install."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app import project_paths
from engine.app.project_paths import PROJECT, checkout, displayed, find
from engine.errors import UsageError

ROOT = Path(__file__).parents[2]


def data(folder: Path, pyproject: str = "") -> Path:
    """A folder with the data of an engine; a project with ``pyproject``."""
    (folder / "specs").mkdir(parents=True)
    (folder / "frameworks").mkdir()
    (folder / "frameworks" / "contract.yaml").touch()
    if pyproject:
        (folder / "pyproject.toml").write_text(pyproject)
    return folder


def named(name: str) -> str:
    return f'[project]\nname = "{name}"\n'


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data of an installed package."""
    folder = data(tmp_path / "site" / "engine" / "_data")
    monkeypatch.setattr(project_paths, "DATA", folder)
    return folder


def test_this_is_a_checkout() -> None:
    assert checkout(Path(__file__).parent) == ROOT


def test_the_nearest_checkout_above_is_taken_before_the_package(
    tmp_path: Path, packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data(tmp_path / "outer", named(PROJECT))
    inner = data(tmp_path / "outer" / "inner", named(PROJECT))
    here = inner / "specs" / "deep"
    here.mkdir()
    monkeypatch.chdir(here)
    found = find()
    assert (found.root, found.frameworks, found.results) == (inner, inner / "frameworks", inner / "results")
    assert not found.installed


@pytest.mark.parametrize(
    "pyproject",
    [
        "",
        named("another"),
        f'[project]\nname = "mine"\ndependencies = ["{PROJECT}"]\n',
        f"[project\nname = {PROJECT}",
        f'project = "{PROJECT}"\n',
        f"[tool.x]\nname = '{PROJECT}'\n",
    ],
    ids=["none", "another", "a-user-of-the-engine", "no-toml", "no-table", "another-table"],
)
def test_without_a_checkout_the_data_are_the_packages(
    tmp_path: Path, packaged: Path, monkeypatch: pytest.MonkeyPatch, pyproject: str
) -> None:
    """Also where a project of the user's has folders of the same names."""
    here = data(tmp_path / "a user's project", pyproject)
    monkeypatch.chdir(here)
    found = find()
    assert found.installed
    assert found.data == {"origin": "installation", "folder": str(packaged), "corpus": ""}
    assert (found.specs, found.schemas) == (packaged / "specs", packaged / "schemas")
    assert found.results == here / "results"


def test_an_editable_install_has_the_checkout_that_it_was_made_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = find()
    assert (found.root, found.results) == (ROOT, tmp_path / "results")
    assert not found.installed


def test_the_data_say_where_they_are_and_of_which_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    version = (ROOT / "specs" / "VERSION").read_text().strip()
    assert find().data == {"origin": "editable", "folder": str(ROOT), "corpus": version}
    monkeypatch.chdir(ROOT / "docs")
    assert find().data == {"origin": "checkout", "folder": str(ROOT), "corpus": version}


def test_named_folders_go_before_all(tmp_path: Path, packaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mine = data(tmp_path / "mine") / "frameworks"
    found = find("elsewhere", "mine/frameworks")
    assert (found.results, found.frameworks.resolve()) == (Path("elsewhere"), mine)
    assert found.shipped_frameworks == packaged / "frameworks"
    assert found.given == ("--frameworks", "mine/frameworks")
    with pytest.raises(UsageError, match=r"there is no contract\.yaml in nowhere"):
        find(frameworks="nowhere")


def test_a_path_is_displayed_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert displayed(tmp_path / "a" / "b.yaml") == "a/b.yaml"
    assert displayed(tmp_path.parent / "b.yaml") == str(tmp_path.parent / "b.yaml")
