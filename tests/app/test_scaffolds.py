"""The files, texts and next commands of `engine new`, and the names that it refuses."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app import declarations
from engine.app.engine import Engine
from engine.app.project_paths import CHECKOUT, INSTALLATION, ProjectPaths, find
from engine.app.scaffolds.base import TEMPLATES, Scaffold, write
from engine.app.scaffolds.make import BARE_APPS, scaffold
from engine.errors import UsageError
from engine.targets.catalog import frameworks
from engine.targets.catalog.contract import load_contract, load_wsgi_contract

ROOT = Path(__file__).parents[2]
INTERFACES = ["asgi", "wsgi"]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ProjectPaths:
    """The folders of the checkout, seen from an empty one."""
    monkeypatch.chdir(ROOT)
    found = find()
    monkeypatch.chdir(tmp_path)
    return found


def made(kind: str, name: str, into: Path | str, here: ProjectPaths, interface: str = "asgi") -> Scaffold:
    found = scaffold(kind, name, str(into), here, interface)
    write(found)
    return found


def clean(*paths: Path) -> None:
    """Raises where ruff has anything to say, by this project's rules."""
    for words in (("check", "--quiet", "--no-cache"), ("format", "--check", "--quiet", "--no-cache")):
        command = [sys.executable, "-m", "ruff", *words, "--config", str(ROOT / "pyproject.toml"), *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_framework_is_listed_and_has_a_stub_for_each_endpoint(
    here: ProjectPaths, tmp_path: Path, interface: str
) -> None:
    found = made("framework", "my-frame", "mine", here, interface)
    loaded = {one.name: one for one in frameworks.load_frameworks(Path("mine")).values()}
    assert set(loaded) == {"my-frame", *BARE_APPS.values()}
    mine = loaded["my-frame"]
    assert (mine.interface, mine.title, mine.package) == (interface, "My Frame", "")
    assert mine.lock.is_file()
    assert declarations.lint(declarations.all_in(Path("mine"))).diagnostics == ()
    clean(mine.folder)
    text = (mine.folder / "app.py").read_text()
    ast.parse(text)
    contract = (load_contract if interface == "asgi" else load_wsgi_contract)(here.frameworks)
    first, *others = [one for one in contract.endpoints if not one.needs]
    stubs = [one for one in others if one.path != first.path and not one.bare]
    assert "boundary" not in text
    assert len(stubs) > 5
    for one in stubs:
        assert f'"{one.method or "WebSocket"} {one.path}")' in text
    # --frameworks needs the contracts and the bare apps, which the new folder has got.
    assert f"--frameworks {'mine'}" in found.commands[0][0]
    assert Engine(find("", "mine")).frameworks["my-frame"].app == "app:app"


def test_a_framework_beside_others_brings_nothing_along(here: ProjectPaths, tmp_path: Path) -> None:
    made("framework", "one", "mine", here)
    found = made("framework", "two", "mine", here)
    assert {path.parent.name for path in found.files} == {"two"}
    at_home = scaffold("framework", "three", "", here)
    assert at_home.occupied.resolve() == here.frameworks / "three"
    assert at_home.commands[0][0] == "engine list frameworks"


def test_an_installation_is_not_written(here: ProjectPaths, tmp_path: Path) -> None:
    installed = replace(here, origin=INSTALLATION)
    assert scaffold("framework", "one", "", installed).occupied == Path("frameworks", "one")
    assert scaffold("suite", "one", "", installed).occupied == Path("one.yaml")
    with pytest.raises(UsageError, match="only in a checkout") as caught:
        scaffold("server", "one", "", installed)
    assert "--into" in caught.value.hint


def test_a_server_of_the_engine_and_one_in_a_package(here: ProjectPaths, tmp_path: Path) -> None:
    assert here.origin == CHECKOUT
    at_home = scaffold("server", "mini-serve", "", here)
    assert [path.name for path in at_home.files] == ["mini_serve.py", "mini_serve.in"]
    assert at_home.occupied.parent.resolve() == ROOT / "engine" / "targets" / "catalog" / "servers"
    made("server", "mini-serve", "ext", here)
    package = tmp_path / "ext" / "engine-mini-serve"
    clean(package)
    script = (
        "from importlib.metadata import entry_points\n"
        "from engine.targets.catalog.servers import load_servers\n"
        "import engine_mini_serve.servers.mini_serve as module\n"
        "print(module.SERVER.name, module.SERVER.source.is_file(), module.SERVER.lock.name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=package, env={"PYTHONPATH": f"{package}:{ROOT}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "mini-serve True mini_serve.lock\n", done.stderr


def test_a_server_s_package_extends_the_engine(here: ProjectPaths, tmp_path: Path) -> None:
    """The metadata of its entry point, as an installation writes it."""
    made("server", "mini-serve", "ext", here)
    package = tmp_path / "ext" / "engine-mini-serve"
    info = package / "engine_mini_serve-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: engine-mini-serve\nVersion: 0.1\n")
    assert 'mini_serve = "engine_mini_serve"' in (package / "pyproject.toml").read_text()
    (info / "entry_points.txt").write_text("[engine.extensions]\nmini_serve = engine_mini_serve\n")
    done = subprocess.run(
        [sys.executable, "-m", "engine", "list", "servers", "--format", "json"], cwd=ROOT,
        env={"PYTHONPATH": str(package), "HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"name": "mini-serve"' in done.stdout


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_suite_has_no_errors(here: ProjectPaths, tmp_path: Path, interface: str) -> None:
    found = made("suite", "my-cases", "suites", here, interface)
    loaded = Engine(here).load([Path("suites")])
    assert loaded.diagnostics == ()
    ((case,),) = [suite.cases for suite in loaded.suites]
    assert f"my-cases.yaml::{case.id}" in found.commands[1][0]


def test_a_suite_in_the_checkout_names_its_schema(here: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (text,) = scaffold("suite", "my-cases", "specs/http", here).files.values()
    assert text.startswith("# yaml-language-server: $schema=../../schemas/suite.json\nsuite: My Cases\n")


@pytest.mark.parametrize(
    ("kind", "name", "what", "hint"),
    [
        ("frame", "x", "there is no scaffold for 'frame'", "did you mean 'framework'?"),
        ("case", "x", "there is no scaffold for 'case'", "framework, server, suite"),
        ("suite", "My Cases", "'My Cases' cannot name a suite", "small letters, digits and hyphens"),
        ("framework", "../x", "'../x' cannot name a framework", "small letters"),
        ("framework", "9x", "'9x' cannot name a framework", "begins with a letter: x"),
        ("framework", "-", "'-' cannot name a framework", "begins with a letter"),
        ("server", "gunicorn", "there is a server 'gunicorn' already", "another name"),
    ],
)
def test_what_is_refused(here: ProjectPaths, kind: str, name: str, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        scaffold(kind, name, "somewhere", here)
    assert what in caught.value.what
    assert hint in caught.value.hint
    assert not Path("somewhere").exists()


def test_an_interface_that_there_is_not(here: ProjectPaths) -> None:
    with pytest.raises(UsageError, match="no interface is called 'asgy'"):
        scaffold("framework", "x", "", here, "asgy")


def test_nothing_is_overwritten(here: ProjectPaths, tmp_path: Path) -> None:
    made("framework", "one", "mine", here)
    before = {path: path.read_bytes() for path in Path("mine").rglob("*") if path.is_file()}
    for kind, path in (("framework", "mine/one"), ("suite", "mine/one.yaml"), ("server", "mine/engine-one")):
        Path(path).parent.mkdir(exist_ok=True)
        if kind != "framework":
            Path(path).touch()
            before[Path(path)] = b""
        with pytest.raises(UsageError, match="already exists") as caught:
            write(scaffold(kind, "one", "mine", here))
        assert path in caught.value.what
        assert "--into" in caught.value.hint
    assert before == {path: path.read_bytes() for path in Path("mine").rglob("*") if path.is_file()}


def test_templates_have_no_word_that_is_not_filled_in() -> None:
    assert len(list(TEMPLATES.glob("*.tmpl"))) > 15
