"""The settings of a project: finding and reading the file, and its values for a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app import settings
from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find, framework_names
from engine.errors import DocumentError, UsageError
from engine.model.settings import OwnApplication, RunDefaults, Settings

TEXT = """\
conformance: Shop
servers:
  tiny: {command: [s, $(app), $(port)]}
applications:
  shop: {app: "main:app"}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "conformance.yaml").write_text(TEXT)
    (tmp_path / "main.py").touch()
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path)
    settings.settings_in.cache_clear()
    return tmp_path


def test_the_nearest_file_up_to_the_root_of_the_repository(project: Path) -> None:
    file = str(project / "conformance.yaml")
    assert settings.nearest_file(project) == settings.nearest_file(project / "inner") == file
    (project / "inner" / ".git").mkdir()
    assert settings.nearest_file(project / "inner") == ""


def test_the_option_names_a_file_a_folder_or_none(project: Path) -> None:
    file = str(project / "conformance.yaml")
    assert settings.located("conformance.yaml", project) == settings.located(".", project) == file
    assert settings.located("none", project) == ""
    with pytest.raises(UsageError, match="there is no file nowhere"):
        settings.located("nowhere", project)


def test_servers_and_applications_are_selected_by_name(project: Path) -> None:
    paths = find()
    engine = Engine(paths)
    assert paths.results == project / "results"
    assert "shop" in framework_names(paths)
    assert "shop" in engine.frameworks
    assert "tiny" in engine.servers
    assert "tiny" in engine.words.loading.names.servers
    (target,) = engine.targets(RunOptions(("tiny",), ("shop",)))
    assert target.id == "tiny-shop-auto"
    assert target.answers == frozenset()
    assert "tiny" not in Engine(find(settings="none")).servers


def test_an_option_names_an_application(project: Path) -> None:
    paths = find(apps=("main:app", "other=main:app"))
    assert [one.name for one in paths.own.applications] == ["shop", "main", "other"]
    assert paths.own.run.frameworks == ("main", "other")
    assert paths.given == ("--app", "main:app", "--app", "other=main:app")
    with pytest.raises(UsageError, match="two applications"):
        find(apps=("main:app", "main:app")).own  # noqa: B018


@pytest.mark.parametrize(("word", "name"), [("shop.main:app", "shop"), ("My_Shop:a.b", "my-shop"), ("x=a:b", "x")])
def test_the_name_of_an_application(word: str, name: str) -> None:
    assert settings.application(word, "/here").name == name


@pytest.mark.parametrize("word", ["shop", "shop:", "A B=a:b", "=a:b", "a/b:c"])
def test_wrong_applications(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings.application(word, "/here")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("suite: A", 1),
        ("conformance: A\nserver: {}", 2),
        ("conformance: A\nservers: {t: {command: [s]}}", 2),
        ("conformance: [", 1),
        ("conformance: A\nrun: {loop: trio}", 2),
    ],
)
def test_the_first_error_has_a_place_and_a_hint(project: Path, text: str, line: int) -> None:
    (project / "conformance.yaml").write_text(text)
    with pytest.raises(DocumentError) as caught:
        settings.loaded("conformance.yaml")
    assert caught.value.place is not None
    assert (caught.value.place.file, caught.value.place.line) == ("conformance.yaml", line)


def test_more_errors_are_counted(project: Path) -> None:
    (project / "conformance.yaml").write_text("conformance: A\nservers: {t: {command: [s]}}")
    with pytest.raises(DocumentError) as caught:
        settings.loaded("conformance.yaml")
    assert "`engine lint conformance.yaml`" in caught.value.hint or caught.value.hint


def test_the_command_line_wins() -> None:
    run = RunDefaults(servers=("a",), frameworks=("b",), loop="both", levels=("must",), variants=("v: x",))
    own = Settings(run=run)
    found = settings.with_defaults(RunOptions(loop=""), own)
    assert (found.servers, found.frameworks, found.loop, found.levels) == (("a",), ("b",), "both", ("must",))
    given = RunOptions(("x",), ("y",), "auto", levels=("may",))
    found = settings.with_defaults(given, own)
    assert (found.servers, found.frameworks, found.loop, found.levels) == (("x",), ("y",), "auto", ("may",))
    assert found.variants == ()
    assert settings.with_defaults(RunOptions(http=""), Settings(run=RunDefaults(http="2"))).http == "2"
    assert settings.with_defaults(RunOptions(http="1.1"), Settings(run=RunDefaults(http="2"))).http == "1.1"
    assert settings.with_defaults(RunOptions(http=""), Settings()).http == "1.1"
    assert settings.with_defaults(RunOptions(loop=""), Settings()).loop == "auto"


def test_a_project_with_applications_runs_them() -> None:
    own = Settings(applications=(OwnApplication("shop", "a:b", "/here"),))
    assert settings.with_defaults(RunOptions(), own).frameworks == ("shop",)


def test_what_is_not_there(project: Path) -> None:
    more = "frameworks: [nowhere]\nrun: {baseline: known.yaml}\n"
    (project / "conformance.yaml").write_text(TEXT.replace("main:app", "absent:app") + more)
    found = settings.beside(["conformance.yaml"], ["tiny"], ["shop"])
    assert [one.code for one in found] == ["duplicate-id", "duplicate-id", "application", "no-file", "no-file"]
    assert all(one.hint for one in found)
    (project / "conformance.yaml").write_text(TEXT)
    assert settings.beside(["conformance.yaml"], [], []) == []


def test_neither_images_nor_releases_without_a_package(project: Path) -> None:
    for options in (RunOptions(("tiny",), ("control",)), RunOptions(("gunicorn",), ("shop",))):
        with pytest.raises(UsageError, match="has no image of"):
            Engine(find(), way="docker").targets(options)
    with pytest.raises(UsageError, match="names no package"):
        Engine(find()).targets(RunOptions(("tiny==1.0",), ("control",)))
