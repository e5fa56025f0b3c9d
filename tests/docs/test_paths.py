"""The paths that documentation names exist, and so do the files behind its links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.test_adding import RECIPES

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
NAMED = re.compile(r"`((?:engine|tests|docs|specs|frameworks|schemas|docker|benchmarks)/[A-Za-z0-9_./-]+)(?:::[^`]*)?`")
LINKED = re.compile(r"\]\(([A-Za-z0-9_./-]+)(?:#[^)]*)?\)")
WRITTEN = {path for recipe in RECIPES for path in recipe.files}


def named(text: str) -> list[str]:
    """The paths in backticks; none with a placeholder such as NAME."""
    return [path for path in NAMED.findall(text) if not re.search(r"[A-Z]{4}", path)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_named_and_linked_paths_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    gone = [path for path in named(text) if path not in WRITTEN and not (ROOT / path).exists()]
    gone += [path for path in LINKED.findall(text) if not (document.parent / path).exists()]
    assert not gone


def test_the_reading_of_paths_can_fail() -> None:
    assert named("`engine/x.py`, `frameworks/NAME/`, `specs/a.yaml::one`, engine/y.py") == [
        "engine/x.py",
        "specs/a.yaml",
    ]
    assert LINKED.findall("[a](b.md#c) [d](https://e)") == ["b.md"]
