"""The address of a document: the same from every folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from engine.documents.files import SourceText, read_all
from engine.documents.roots import BASELINE, ROOT_FILES, Roots, common, marked
from engine.loading.documents import load_paths
from tests.loading.vocabulary import real

ROOT = Path(__file__).parents[2]


def addresses(*named: Path | str) -> list[str]:
    return [one.address for one in read_all([Path(path) for path in named]) if isinstance(one, SourceText)]


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x: 1")
    return folder


@pytest.mark.parametrize("root_file", ROOT_FILES)
def test_the_nearest_folder_with_settings_is_the_root(tmp_path: Path, root_file: str) -> None:
    made(tmp_path, root_file, "inner/sub/a.yaml")
    assert addresses(tmp_path / "inner") == ["inner/sub/a.yaml"]
    made(tmp_path / "inner", root_file)
    assert addresses(tmp_path / "inner" / "sub") == ["sub/a.yaml"]


def test_a_baseline_marks_a_root_where_no_settings_do(tmp_path: Path) -> None:
    made(tmp_path, f"mine/{BASELINE}", "mine/sub/a.yaml")
    assert addresses(tmp_path / "mine" / "sub") == ["sub/a.yaml"]
    made(tmp_path, "pyproject.toml")
    assert addresses(tmp_path / "mine" / "sub") == ["mine/sub/a.yaml"]


def test_without_a_mark_the_folder_that_was_named_is_the_root(tmp_path: Path) -> None:
    made(tmp_path, "one/sub/a.yaml", "two/a.yaml")
    assert marked(tmp_path) is None, "a folder above the tests' own has settings"
    assert addresses(tmp_path / "one") == ["sub/a.yaml"]
    assert addresses(tmp_path / "one" / "sub" / "a.yaml") == ["a.yaml"]
    assert addresses(tmp_path / "one", tmp_path / "two" / "a.yaml") == ["one/sub/a.yaml", "two/a.yaml"]


def test_what_leads_out_of_what_was_named_still_has_an_address(tmp_path: Path) -> None:
    made(tmp_path, "one/a.yaml", "two/b.yaml")
    roots = Roots([tmp_path / "one"])
    assert [roots.address(tmp_path / name) for name in ("one/a.yaml", "two/b.yaml")] == ["a.yaml", "b.yaml"]
    assert common([]) == Path.cwd()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        (".", "specs/http/wire.yaml"),
        (".", "./specs/lifespan/../http/wire.yaml"),
        ("specs", "http/wire.yaml"),
        ("specs/http", "wire.yaml"),
        ("specs/lifespan", "../http/wire.yaml"),
        ("..", "{root}/specs/http/wire.yaml"),
        ("/", "{root}/specs/http/wire.yaml"),
    ],
)
def test_the_same_from_every_folder(folder: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / folder)
    assert addresses(name.format(root=ROOT)) == ["specs/http/wire.yaml"]


def test_the_same_in_a_copy_of_the_suites_and_frameworks_alone(tmp_path: Path) -> None:
    made(tmp_path, "frameworks/contract.yaml")
    shutil.copytree(ROOT / "specs" / "http", tmp_path / "specs" / "http")
    shutil.copy(ROOT / "specs" / BASELINE, tmp_path / "specs")
    assert "specs/http/wire.yaml" in addresses(tmp_path / "specs" / "http")


def test_a_link_counts_where_it_is_and_not_where_it_leads(tmp_path: Path) -> None:
    made(tmp_path, "elsewhere/http/a.yaml", "project/pyproject.toml")
    (tmp_path / "project" / "specs").symlink_to(tmp_path / "elsewhere")
    assert addresses(tmp_path / "project" / "specs") == ["specs/http/a.yaml"]


def test_cases_have_the_address_and_places_the_path_as_it_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, "pyproject.toml")
    suite = "suite: S\ncategory: c\ncite: [SCOPE-01]\nlevel: must\ncases:\n"
    case = "  - {id: %s, title: A, steps: [{request: {path: /health, expect: {%s: 200}}}]}\n"
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.yaml").write_text(suite + case % ("good", "status") + case % ("bad", "statuz"))
    monkeypatch.chdir(tmp_path / "sub")
    loaded = load_paths([Path("a.yaml")], real())
    (good,) = loaded.whole
    assert (good.address, good.file, loaded.suites[0].file) == ("sub/a.yaml::good", "sub/a.yaml", "sub/a.yaml")
    assert good.place.file == good.body.steps[0].place.file == "a.yaml"
    assert [(one.place.file, one.place.line) for one in loaded.diagnostics] == [("a.yaml", 7)]
    assert list(loaded.sources) == ["a.yaml"]
    os.chdir(tmp_path)
    assert load_paths([Path("sub")], real()).suites[0].cases[0].address == good.address
