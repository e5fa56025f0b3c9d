"""Each document of tests/golden/lint gives exactly the output in the file next to it.

With ENGINE_UPDATE_GOLDEN=1 the expected outputs are rewritten: read the difference before committing it.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from engine.loading.documents import load_paths
from engine.loading.vocabulary import Vocabulary
from engine.terminal import lint_output
from tests.loading.vocabulary import real

FOLDER = Path(__file__).parent.parent / "golden" / "lint"
DOCUMENTS = sorted(FOLDER.glob("*.yaml"))


@cache
def vocabulary() -> Vocabulary:
    return real()


def output(path: Path) -> str:
    loaded = load_paths([Path(path.name)], vocabulary())
    cases = sum(len(suite.cases) for suite in loaded.suites)
    return lint_output.text(loaded.diagnostics, loaded.sources, files=loaded.files, cases=cases)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_output_is_the_one_expected(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    found = output(path)
    golden = path.with_suffix(".txt")
    if os.environ.get("ENGINE_UPDATE_GOLDEN"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_every_expected_output_has_its_document() -> None:
    assert [path.stem for path in sorted(FOLDER.glob("*.txt"))] == [path.stem for path in DOCUMENTS]


def test_there_are_many_different_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    found = load_paths([Path()], vocabulary()).diagnostics
    assert len({one.code for one in found}) >= 30
    assert len({one.what for one in found}) >= 80


def test_every_mistake_has_a_place_in_its_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    for one in load_paths([Path()], vocabulary()).diagnostics:
        lines = Path(one.place.file).read_bytes().decode("latin-1").split("\n")
        assert 1 <= one.place.line <= len(lines), one
        assert 1 <= one.place.column <= len(lines[one.place.line - 1]) + 1, one
