"""Which baselines a run reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app.baseline import path_of
from engine.app.baselines import baselines
from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.errors import DocumentError, UsageError
from engine.results.record.store import Run

NAME = "known-failures.yaml"
TEXT = "known-failures: Mine\nlist:\n  - {case: 'a.yaml::one', because: so, link: 'https://example.org/1'}\n"


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(TEXT)
    return folder


def test_those_beside_suites_and_above_them_up_to_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path, NAME, "in/pyproject.toml", f"in/{NAME}", f"in/a/b/{NAME}", f"in/c/{NAME}", "in/a/b/x.yaml")
    monkeypatch.chdir(tmp_path)
    assert baselines(["in/a/b/x.yaml", "in/a/b/y.yaml"]) == (Path("in/a/b", NAME), Path("in", NAME))
    monkeypatch.chdir(tmp_path / "in" / "a" / "b")
    assert baselines(["x.yaml"]) == (Path(NAME), tmp_path / "in" / NAME)
    assert baselines([]) == ()


def test_the_one_that_was_named_stands_for_all(tmp_path: Path) -> None:
    made(tmp_path, NAME, "other.yaml")
    assert baselines([str(tmp_path / "x.yaml")], str(tmp_path / "other.yaml")) == (tmp_path / "other.yaml",)
    with pytest.raises(UsageError, match="there is no baseline"):
        baselines([], str(tmp_path / "gone.yaml"))


def test_what_is_no_baseline_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_CACHE", str(tmp_path / "cache"))
    engine = Engine(find(str(tmp_path)))
    clauses = tmp_path / "clauses.yaml"
    clauses.write_text("clauses: C\nlist: [{id: MINE-01, level: must, statement: It holds.}]\n")
    for path in (clauses, Path(__file__).parents[2] / "specs" / "http" / "wire.yaml"):
        for _ in ("read", "kept"):
            with pytest.raises(DocumentError, match="is not a baseline"):
                engine.known([path])
    made(tmp_path, NAME)
    assert [line.case for line in engine.known([tmp_path / NAME])] == ["a.yaml::one"]


def test_a_run_is_held_against_the_baseline_that_it_read(tmp_path: Path) -> None:
    engine = Engine(find(str(tmp_path)))

    def of(*read: str, named: str = "") -> Path:
        header = {"baselines": list(read)}
        return path_of(Engine(engine.project_paths, baseline=named), Run("id", header, (), (), True, "whole"))

    assert of("/mine/k.yaml") == Path("/mine/k.yaml")
    assert of("/mine/k.yaml", "/other/k.yaml", named="new.yaml") == Path("new.yaml")
    with pytest.raises(UsageError, match="has read 2 baselines"):
        of("/mine/k.yaml", "/other/k.yaml")
    with pytest.raises(UsageError, match="has read no baseline"):
        of()
    old = path_of(engine, Run("id", {}, (), (), True, "whole"))
    assert old.absolute() == engine.project_paths.specs / NAME
