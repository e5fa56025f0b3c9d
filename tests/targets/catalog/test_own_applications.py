"""Applications of a project: their folders and requirements."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import DocumentError
from engine.model.settings import OwnApplication
from engine.targets.catalog.own_applications import joined, own_application

PROJECT = '[project]\nname = "shop"\ndependencies = ["fastapi>=0.1", "httpx"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "main.py").touch()
    return tmp_path


def declared(folder: Path, **more: object) -> OwnApplication:
    return OwnApplication("shop", "shop.main:app", str(folder), **more)  # type: ignore[arg-type]


def test_an_application_is_a_framework_without_a_contract(folder: Path) -> None:
    found = own_application(declared(folder, env={"B": "2", "A": "1"}, ready="/up", answers=("GET /health",)))
    assert (found.name, found.app, found.folder, found.package) == ("shop", "shop.main:app", folder, "")
    assert found.own
    assert found.ready == "/up"
    assert found.answers == ("GET /health",)
    assert found.variables == {"A": "1", "B": "2", "ENGINE_APP": "shop.main:app"}


def test_modules_are_sought_in_src_too(tmp_path: Path) -> None:
    (tmp_path / "src" / "shop").mkdir(parents=True)
    (tmp_path / "src" / "shop" / "main.py").touch()
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    found = own_application(declared(tmp_path))
    assert found.folder == tmp_path / "src"
    assert found.requires == ("fastapi>=0.1", "httpx")


def test_a_missing_module(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"there is no module 'shop\.main' in ") as caught:
        own_application(declared(tmp_path))
    assert "`folder`" in caught.value.hint


def test_the_requirements_of_a_project(folder: Path) -> None:
    assert own_application(declared(folder)).requires == ()
    (folder / "pyproject.toml").write_text(PROJECT)
    assert own_application(declared(folder)).requires == ("fastapi>=0.1", "httpx")
    (folder / "requirements.txt").write_text("starlette # a comment\n")
    assert own_application(declared(folder)).requires == ("starlette",)
    named = declared(folder, requirements=str(folder / "pyproject.toml"))
    assert own_application(named).requires == ("fastapi>=0.1", "httpx")


def test_included_files_hashes_and_continued_lines(folder: Path) -> None:
    (folder / "base.txt").write_text("a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n\n# only a comment\n")
    (folder / "requirements.txt").write_text("-r base.txt\nb>=2 ; python_version > '3'\na==1\n")
    assert own_application(declared(folder)).requires == ("a==1", "b>=2 ; python_version > '3'")


@pytest.mark.parametrize("line", ["-e .", "--index-url https://x", "-r missing.txt"])
def test_lines_that_are_no_requirements(folder: Path, line: str) -> None:
    (folder / "requirements.txt").write_text(f"a\n{line}\n")
    with pytest.raises(DocumentError) as caught:
        own_application(declared(folder))
    assert caught.value.hint


@pytest.mark.parametrize(
    "text", ['[project]\ndynamic = ["dependencies"]\n', '[tool.poetry]\nname = "x"\n', "not toml", "\x00"]
)
def test_projects_without_a_list(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)
    with pytest.raises(DocumentError) as caught:
        own_application(declared(folder))
    assert "`requirements`" in caught.value.hint


def test_joined_lines() -> None:
    assert joined("a \\\n b\nc") == ["a   b", "", "c"]
