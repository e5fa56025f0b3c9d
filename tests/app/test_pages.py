"""The page of a run as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app.pages import save, write_page
from engine.app.project_paths import find
from engine.errors import ResultsError
from engine.model.verdict import Verdict
from engine.reports.html_ import HEAVY
from tests.results.synthetic import run


def test_a_page_is_written_with_line_feeds(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert write_page(path, run({"s f": Verdict.FAIL}), find()) == ""
    data = path.read_bytes()
    assert data.startswith(b"<!DOCTYPE html>\n")
    assert b"\r" not in data


def test_only_a_large_page_has_a_warning(tmp_path: Path) -> None:
    large = "<!DOCTYPE html>" + "x" * HEAVY
    assert "browser" in save(tmp_path / "a", large)
    assert save(tmp_path / "a", large[1:]) == ""


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="cannot be written"):
        save(tmp_path / "no" / "file", "x")
