"""``engine lock``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.app import engine, locks, project_paths
from engine.cli.main import main
from engine.registry import Registry
from engine.targets.catalog.frameworks import load_frameworks
from engine.targets.catalog.servers.base import Server
from engine.targets.environments import locking
from engine.targets.environments.locking import Lock, LockResult

FRAMEWORK = "title: {name}\napp: app:app\npackages: []\noffers: []\n"


class Checkout:
    """A checkout with two frameworks and one server, and a stand-in for what resolves."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.locked: list[tuple[set[str], bool]] = []
        (root / "specs").mkdir()
        for name in ("one", "two"):
            folder = root / "frameworks" / name
            folder.mkdir(parents=True)
            (folder / "framework.yaml").write_text(FRAMEWORK.format(name=name))
            (folder / "app.py").touch()
            (folder / "requirements.in").touch()
        (root / "frameworks" / "contract.yaml").touch()
        (root / "pyproject.toml").write_text('[project]\nname = "asgi-conformance-engine"\n')
        (root / "guni.in").touch()
        server = Server("guni", "guni", "Guni", root / "guni.lock", base=lambda start: [])
        monkeypatch.chdir(root)
        monkeypatch.setattr(engine, "load_servers", lambda own=(): Registry("server", [server]))
        monkeypatch.setattr(locks, "make_locks", self.make)
        monkeypatch.setattr(locks, "make_project_lock", self.make_project)

    async def make(
        self, servers: list[Lock], frameworks: list[Lock], chosen: set[str], *, upgrade: bool
    ) -> list[LockResult]:
        self.locked.append((chosen, upgrade))
        return [LockResult(one, one.name != "two") for one in (*servers, *frameworks) if one.name in chosen]

    async def make_project(self, lock: Lock, *, upgrade: bool) -> LockResult:
        self.locked.append(({"project alone"}, upgrade))
        return LockResult(lock, True)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    return Checkout(tmp_path, monkeypatch)


def test_some_by_name(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lock", "one", "guni", "--upgrade"]) == 0
    assert capsys.readouterr().out == "written: guni.lock\nwritten: frameworks/one/requirements.lock\n"
    assert checkout.locked == [({"one", "guni"}, True)]
    assert main(["lock", "two"]) == 0
    assert capsys.readouterr().out == "unchanged: frameworks/two/requirements.lock\n"


def test_the_project_alone(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lock", "project"]) == 0
    assert capsys.readouterr().out == "written: constraints.txt\n"
    assert checkout.locked == [({"project alone"}, False)]


def test_all_of_them(checkout: Checkout) -> None:
    assert main(["lock", "--all"]) == 0
    assert checkout.locked == [({"guni", "one", "two", "project"}, False), ({"project alone"}, False)]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "no lock is named\n  name servers, frameworks or `project`, or use --all"),
        (["--upgrade"], 2, "no lock is named"),
        (["on"], 2, "unknown server or framework 'on'\n  did you mean 'one'?"),
        (["three"], 2, "three has no frameworks/three/requirements.in\n  list its requirements there"),
    ],
)
def test_nothing_is_made_by_mistake(
    checkout: Checkout, words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = checkout.root / "frameworks" / "three"
    folder.mkdir()
    (folder / "framework.yaml").write_text(FRAMEWORK.format(name="three"))
    (folder / "app.py").touch()
    assert main(["lock", *words]) == code
    assert message in capsys.readouterr().err
    assert checkout.locked == []


def test_the_help_makes_nothing(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["lock", "--help"])
    assert caught.value.code == 0
    assert "engine lock --all" in capsys.readouterr().out
    assert checkout.locked == []


@pytest.mark.parametrize("words", [("project",), ("one",), ("--all",)], ids=" ".join)
def test_an_installation_keeps_its_locks(
    checkout: Checkout, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout.root / "pyproject.toml").unlink()
    monkeypatch.setattr(project_paths, "DATA", checkout.root)
    assert main(["lock", *words]) == 2
    assert "the lock files of an installed package are not changed" in capsys.readouterr().err
    assert checkout.locked == []


def test_a_framework_of_ones_own_is_locked_beside_an_installation(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout.root / "pyproject.toml").unlink()
    monkeypatch.setattr(project_paths, "DATA", checkout.root)
    (checkout.root / "guni.lock").write_text("h11==0.16.0\n")
    home = tmp_path.parent / f"{tmp_path.name}-project"
    (home / "mini").mkdir(parents=True)
    (home / ".git").mkdir()
    (home / "conformance.yaml").write_text("conformance: Mini\nframeworks: [mini]\n")
    (home / "mini" / "framework.yaml").write_text(FRAMEWORK.format(name="mini"))
    (home / "mini" / "app.py").touch()
    (home / "mini" / "requirements.in").write_text("mini\n")
    monkeypatch.chdir(home)
    asked: list[tuple[list[str], list[str], list[str]]] = []

    async def resolve(
        what: str, sources: Sequence[Path], preferred: Sequence[str], constraints: Sequence[str] = ()
    ) -> list[str]:
        asked.append(([one.read_text() for one in sources], list(preferred), list(constraints)))
        return ["mini==1.0"]

    monkeypatch.setattr(locking, "resolve", resolve)
    assert main(["lock", "mini"]) == 0
    assert capsys.readouterr().out == "written: mini/requirements.lock\n"
    assert (home / "mini" / "requirements.lock").read_text().endswith("\nmini==1.0\n")
    assert main(["lock", "--all"]) == 0
    assert capsys.readouterr().out == "unchanged: mini/requirements.lock\n"
    assert asked == [(["mini\n"], [], ["h11==0.16.0"]), (["mini\n"], ["mini==1.0"], ["h11==0.16.0"])]
    for words in (["lock", "mini", "one"], ["lock", "project"], ["lock", "nothing"], ["lock"]):
        assert main(words) == 2
    assert len(asked) == 2
    assert (checkout.root / "guni.lock").read_text() == "h11==0.16.0\n"


def test_a_framework_without_a_lock_does_not_stop_the_others(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not any(one.lock.is_file() for one in load_frameworks(checkout.root / "frameworks").values())
    assert main(["list", "frameworks"]) == 0
    assert "one" in capsys.readouterr().out
