"""Documents of clauses next to suites."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from engine.documents.files import SourceText
from engine.loading import clause_files
from engine.loading.clause_files import ClausesBeside

CLAUSES = "clauses:\n- id: X-1\n"


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A root with three suites in a folder, clauses next to them and above them."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "clauses").mkdir()
    (tmp_path / "clauses" / "above.yaml").write_text(CLAUSES)
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "beside.yaml").write_text(CLAUSES)
    for name in "abc":
        (tmp_path / "suites" / f"{name}.yaml").write_text("suite: A suite\n")
    return tmp_path


def test_those_in_the_folder_and_above_it_are_found(collection: Path, tmp_path: Path) -> None:
    found = ClausesBeside(tmp_path / "specs").of([collection / "suites" / "a.yaml"])
    assert [file.relative_to(collection).as_posix() for file in found] == ["suites/beside.yaml", "clauses/above.yaml"]


def test_those_of_the_catalogue_are_left_out(collection: Path) -> None:
    assert ClausesBeside(collection).of([collection / "suites" / "a.yaml"]) == ()


def test_each_document_is_read_once_however_many_suites_are_loaded(
    collection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    real = clause_files.sources

    def counting(paths: Sequence[Path]) -> Iterator[SourceText]:
        read.extend(paths)
        return real(paths)

    monkeypatch.setattr(clause_files, "sources", counting)
    clauses = ClausesBeside(tmp_path / "specs")
    for name in "abc":
        clauses.of([collection / "suites" / f"{name}.yaml"])
    assert sorted(read) == sorted(set(read))
    assert len(read) == 5
