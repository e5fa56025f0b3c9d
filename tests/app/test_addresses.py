"""Words of a command line: files, folders, addresses and ids, from any folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.app import addresses
from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.errors import UsageError
from tests.caches import with_documents

ROOT = Path(__file__).parents[2]
HOST = "specs/http/wire.yaml::missing-host"

SUITE = """\
suite: S
category: c
cite: [SCOPE-01]
level: must
cases:
  - {id: one, title: A, steps: [{request: {path: /health, expect: {status: 200}}}]}
  - id: many
    title: B
    matrix: {n: [1, 2]}
    steps: [{request: {path: /health, query: {n: $(n)}, expect: {status: 200}}}]
"""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("ENGINE_CACHE", str(with_documents(tmp_path / "cache")))
    return Engine(find(str(tmp_path)))


@pytest.fixture
def mine(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one's own with two suites, as the working directory."""
    folder = tmp_path / "project"
    (folder / "suites" / "sub").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("")
    (folder / "suites" / "a.yaml").write_text(SUITE)
    (folder / "suites" / "sub" / "b.yaml").write_text(SUITE)
    monkeypatch.chdir(folder)
    return folder


def chosen(engine: Engine, *words: str) -> list[str]:
    what = addresses.named(words, engine)
    return [case.address for case in what.cases(engine.load(what.paths, what.roots))]


@pytest.mark.parametrize(
    ("folder", "word"),
    [
        (".", HOST),
        ("specs", "http/wire.yaml::missing-host"),
        ("specs/http", "wire.yaml::missing-host"),
        ("specs/http", HOST),
        ("specs/lifespan", "../http/wire.yaml::missing-host"),
        ("/", f"{ROOT}/{HOST}"),
        ("/", HOST),
        ("/", "wire.yaml::missing-host"),
        ("/", "missing-host"),
    ],
)
def test_one_case_from_every_folder(engine: Engine, monkeypatch: pytest.MonkeyPatch, folder: str, word: str) -> None:
    monkeypatch.chdir(ROOT / folder)
    assert chosen(engine, word) == [HOST]
    assert addresses.one(word, engine).address == HOST


def test_files_and_folders_of_the_suites_are_found_from_elsewhere(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = chosen(engine, "specs/http/wire.yaml")
    monkeypatch.chdir(tmp_path)
    assert chosen(engine, "specs/http/wire.yaml") == here
    assert len(chosen(engine, "specs/http")) > len(here)
    assert chosen(engine, "specs") == chosen(engine)


def test_paths_and_addresses_go_together(engine: Engine, mine: Path) -> None:
    one, many = "suites/a.yaml::one", ["suites/a.yaml::many[1]", "suites/a.yaml::many[2]"]
    assert chosen(engine, "suites/a.yaml") == [one, *many]
    assert chosen(engine, "suites/a.yaml::many") == many
    assert chosen(engine, "suites/a.yaml::many[2]", "suites/a.yaml::one") == [one, many[1]]
    b = [address.replace("a.yaml", "sub/b.yaml") for address in (one, *many)]
    assert chosen(engine, "suites/a.yaml::one", "suites/sub") == [*b, one]
    assert chosen(engine, "suites/a.yaml::one", "suites") == [one, *many, *b]


def test_suites_of_ones_own_are_found_from_below_their_root(
    engine: Engine, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mine / "suites" / "sub")
    assert chosen(engine, "suites/a.yaml::one") == ["suites/a.yaml::one"]
    assert chosen(engine, "b.yaml::one") == ["suites/sub/b.yaml::one"]
    assert addresses.one("one", engine, ["."]).address == "suites/sub/b.yaml::one"
    assert addresses.canonical("b.yaml::one", engine) == "suites/sub/b.yaml::one"
    assert addresses.canonical("gone.yaml::one", engine) == "gone.yaml::one"


def test_a_file_here_goes_before_one_of_the_same_address(engine: Engine, mine: Path) -> None:
    (mine / "specs" / "http").mkdir(parents=True)
    (mine / "specs" / "http" / "wire.yaml").write_text(SUITE)
    assert chosen(engine, "specs/http/wire.yaml::one") == ["specs/http/wire.yaml::one"]
    with pytest.raises(UsageError):
        chosen(engine, HOST)


@pytest.mark.parametrize(
    ("word", "what", "hint"),
    [
        ("suites/b.yaml", "no such file or folder: suites/b.yaml", "did you mean 'suites/a.yaml'?"),
        ("specs/htp", "no such file or folder: specs/htp", "did you mean 'specs/http'?"),
        (
            "./nowhere/at/all",
            "no such file or folder: ./nowhere/at/all",
            "name files or folders of suites, or cases as FILE::CASE",
        ),
        ("suites/a.yaml::oen", "there is no case 'suites/a.yaml::oen'", "did you mean 'one'?"),
        ("suites/a.yaml::many[3]", "there is no case 'suites/a.yaml::many[3]'", "did you mean 'many["),
        ("specs/http/wier.yaml::missing-host", "there is no suite 'specs/http/wier.yaml'", f"did you mean '{HOST}'?"),
        ("mising-host", "there is no case 'mising-host'", "did you mean 'missing-host'?"),
        ("spec/http", "no such file or folder: spec/http", "did you mean 'specs/http'?"),
        ("spesc", "there is no case 'spesc'", "did you mean 'specs'?"),
        ("suites/a.yaml::", "'suites/a.yaml::' is not the address of a case", "use FILE::CASE"),
    ],
)
def test_what_is_not_there_brings_the_nearest(engine: Engine, mine: Path, word: str, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(engine, word)
    assert caught.value.what == what
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize("name", ["empty", "dir.yaml"])
def test_a_folder_without_documents_cannot_be_checked(engine: Engine, mine: Path, name: str) -> None:
    (mine / name / "sub").mkdir(parents=True)
    (mine / name / "sub" / "notes.txt").write_text("")
    assert addresses.paths([name], engine) == [Path(name)]
    with pytest.raises(UsageError) as caught:
        addresses.documents(["suites", name], engine)
    assert str(caught.value) == f"there are no spec files in {name}\n  the name of a spec file ends in .yaml or .yml"
    assert addresses.documents(["suites", "suites", "suites/a.yaml"], engine)


@pytest.mark.parametrize("target", ["loop.yaml", "nowhere"])
def test_a_link_that_leads_nowhere_is_left_to_the_reader(engine: Engine, mine: Path, target: str) -> None:
    (mine / "loop.yaml").symlink_to(target)
    assert addresses.paths(["loop.yaml"], engine) == [Path("loop.yaml")]


def test_an_id_reads_the_documents_that_have_it(engine: Engine, mine: Path) -> None:
    (mine / "suites" / "c.yaml").write_text(SUITE.replace("one", "other"))
    (mine / "suites" / "d.yaml").write_text(SUITE.replace("one", "other-two").replace("id: many", 'id: "quoted"'))
    among = ("suites",)
    ab, c, d = [Path("suites/a.yaml"), Path("suites/sub/b.yaml")], Path("suites/c.yaml"), Path("suites/d.yaml")
    assert addresses.named(["one"], engine, among).paths == tuple(ab)
    assert addresses.named(["other"], engine, among).paths == (c,)
    assert addresses.named(["quoted[1]", "other"], engine, among).paths == (c, d)
    assert addresses.named(["one", "nowhere"], engine, among).paths == (Path("suites"),)


def test_several_cases_are_listed_where_one_is_meant(engine: Engine, mine: Path) -> None:
    with pytest.raises(UsageError, match="means 2 cases") as caught:
        addresses.one("suites/a.yaml::many", engine)
    assert caught.value.hint.split() == [
        "name",
        "one",
        "of",
        "them:",
        "suites/a.yaml::many[1]",
        "suites/a.yaml::many[2]",
    ]
    with pytest.raises(UsageError, match="is not the address of a case"):
        addresses.one("suites/a.yaml", engine)


def test_an_item_of_pytest_means_its_case(engine: Engine) -> None:
    assert addresses.one(f"{HOST}[gunicorn-control-auto]", engine, (), ["gunicorn-control-auto"]).address == HOST


def test_mistakes_in_documents_are_told_of_where_a_case_is_missing(engine: Engine, mine: Path) -> None:
    (mine / "suites" / "a.yaml").write_text(SUITE.replace("id: one,", "id: one, nonsense: 1,"))
    with pytest.raises(UsageError) as caught:
        addresses.one("suites/a.yaml::three", engine)
    assert "some spec files have errors: `engine lint` shows them" in caught.value.hint
    with pytest.raises(UsageError, match=r"the case suites/a\.yaml::one has errors") as caught:
        addresses.one("suites/a.yaml::one", engine)
    assert caught.value.hint == "`engine lint suites/a.yaml` shows them"


def test_an_address_is_found_from_above_its_collection(
    mine: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mine.parent)
    assert chosen(engine, "suites/a.yaml::one") == ["suites/a.yaml::one"]
    assert addresses.located("suites/a.yaml", engine) == Path("project/suites/a.yaml")
    assert chosen(engine, "suites/sub/b.yaml::many") == ["suites/sub/b.yaml::many[1]", "suites/sub/b.yaml::many[2]"]
    # What lies deeper in a collection than its root has another address.
    assert addresses.located("sub/b.yaml", engine) is None
    assert addresses.located("a.yaml", engine) is None


def test_an_address_without_a_marked_root_is_found_from_above(
    mine: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mine / "pyproject.toml").unlink()
    assert chosen(engine, "suites") == [f"{name}.yaml::{case}" for name in ("a", "sub/b") for case in (
        "one", "many[1]", "many[2]")]  # fmt: skip
    assert chosen(engine, "a.yaml::one") == ["a.yaml::one"]
    monkeypatch.chdir(mine.parent)
    assert chosen(engine, "a.yaml::one") == ["a.yaml::one"]


def test_the_end_of_an_address_of_the_engine_s_own_means_that(
    mine: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mine / "pyproject.toml").unlink()
    (mine / "wire.yaml").write_text(SUITE)
    monkeypatch.chdir(mine.parent)
    assert chosen(engine, "wire.yaml::missing-host") == [HOST]


def test_an_address_of_two_collections_below_means_neither(
    mine: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(mine, mine.parent / "other")
    monkeypatch.chdir(mine.parent)
    assert addresses.located("suites/a.yaml", engine) is None


def test_an_address_of_several_suites_below_is_refused_with_the_paths_to_name(
    mine: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mine / "pyproject.toml").unlink()
    shutil.copytree(mine / "suites", mine / "other")
    monkeypatch.chdir(mine)
    with pytest.raises(UsageError, match=r"'a\.yaml::one' means 2 suites") as caught:
        chosen(engine, "a.yaml::one")
    assert caught.value.hint.split() == ["name", "one", "of", "them:", "other/a.yaml::one", "suites/a.yaml::one"]
    assert chosen(engine, "other/a.yaml::one") == ["a.yaml::one"]


def test_few_folders_are_looked_into(mine: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mine.parent)
    for name in (".hidden", "node_modules", "a/b/c"):
        folder = mine.parent / name / "own"
        (folder / "suites").mkdir(parents=True)
        (folder / "pyproject.toml").write_text("")
        (folder / "suites" / "other.yaml").write_text(SUITE)
    assert addresses.located("suites/other.yaml", engine) is None
    monkeypatch.setattr(addresses, "DEPTH", 4)
    assert addresses.located("suites/other.yaml", engine) == Path("a/b/c/own/suites/other.yaml")
    monkeypatch.setattr(addresses, "FOLDERS", 3)
    assert addresses.located("suites/other.yaml", engine) is None


EXTENDED = """\
suite: S
category: c
cite: [SCOPE-01]
level: must
cases:
  - id: long
    title: A
    extended: true
    steps: [{request: {path: /health, expect: {status: 200}}}]
  - id: some
    title: B
    matrix: {n: {from: 1, to: 3}}
    variants: [{when: {n: {except: [2]}}, extended: true}]
    steps: [{request: {path: /health, query: {n: $(n)}, expect: {status: 200}}}]
"""


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["suites/c.yaml"], ["some[2]"]),
        (["suites/c.yaml::some"], ["some[2]"]),
        (["suites/c.yaml::some[3]"], ["some[3]"]),
        (["suites/c.yaml::long"], ["long"]),
        (["suites/c.yaml::long", "suites/c.yaml"], ["long", "some[2]"]),
    ],
)
def test_extended_cases_run_only_by_their_own_address(
    engine: Engine, mine: Path, words: list[str], ids: list[str]
) -> None:
    (mine / "suites" / "c.yaml").write_text(EXTENDED)
    what = addresses.named(words, engine)
    loaded = engine.load(what.paths, what.roots)
    assert [case.id for case in what.cases(loaded, extended=False)] == ids
    assert len(what.cases(loaded)) >= len(ids)
    every = addresses.named(["suites/c.yaml"], engine)
    assert [case.id for case in every.cases(loaded)] == ["long", "some[1]", "some[2]", "some[3]"]
