from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests import bytecode


class Config(SimpleNamespace):
    """The settings of pytest's configuration, with a cache in a folder, or with none."""

    def __init__(self, root: Path, *, cached: bool) -> None:
        cache = SimpleNamespace(mkdir=lambda name: root / name) if cached else None
        super().__init__(rootpath=root, cache=cache, ends=[])
        self.add_cleanup = self.ends.append


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that writes no bytecode."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setenv(bytecode.FORBIDDEN, "1")
    monkeypatch.delenv(bytecode.ELSEWHERE, raising=False)


@pytest.mark.usefixtures("forbidden")
@pytest.mark.parametrize("cached", [True, False])
def test_it_goes_to_a_folder_of_its_own(tmp_path: Path, cached: bool) -> None:
    config = Config(tmp_path, cached=cached)
    bytecode.keep(cast(pytest.Config, config))
    folder = Path(os.environ[bytecode.ELSEWHERE])
    assert (folder == tmp_path / "bytecode") is cached
    assert (sys.dont_write_bytecode, sys.pycache_prefix) == (False, str(folder))
    assert bytecode.FORBIDDEN not in os.environ
    (end,) = config.ends
    end()
    assert not folder.exists()


def test_where_it_is_written_anyhow_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    before = sys.pycache_prefix, dict(os.environ)
    bytecode.keep(cast(pytest.Config, Config(tmp_path, cached=True)))
    assert (sys.pycache_prefix, dict(os.environ)) == before


def test_what_came_from_temporary_files_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/temporary")
    for name in ("temporary/pytest-of-me/a.pyc", "temporary/here/root/b.pyc", "usr/lib/c.pyc"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    bytecode.forget(tmp_path, Path("/temporary/here/root"))
    assert sorted(path.name for path in tmp_path.rglob("*.pyc")) == ["b.pyc", "c.pyc"]
