"""Where the scratch folders of local targets are."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from engine.targets.environments.packages import Environments
from engine.targets.runtimes.local import host, scratch
from engine.targets.runtimes.local.scratch import NAMED_BY, scratch_root


@pytest.fixture
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which no variable names."""
    for name in NAMED_BY:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "usual"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_memory_is_used_where_it_is_large(usual: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "LEAST_FREE", 1)
    assert scratch_root(tmp_path) == tmp_path
    monkeypatch.setattr(scratch, "LEAST_FREE", 1 << 62)
    assert scratch_root(tmp_path) == usual


def test_without_memory_it_is_the_folder_for_temporary_files(usual: Path, tmp_path: Path) -> None:
    assert scratch_root(tmp_path / "missing") == usual


def test_a_folder_that_cannot_be_written_is_not_used(
    usual: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "LEAST_FREE", 1)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    assert scratch_root(tmp_path) == usual


@pytest.mark.parametrize("variable", NAMED_BY)
def test_a_named_folder_wins(usual: Path, tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "LEAST_FREE", 1)
    named = tmp_path / "named"
    named.mkdir()
    monkeypatch.setenv(variable, str(named))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert scratch_root(tmp_path) == named


def test_a_local_target_has_its_folder_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "scratch_root", lambda: tmp_path)
    assert host.LocalHost(Environments()).scratch().parent == tmp_path
