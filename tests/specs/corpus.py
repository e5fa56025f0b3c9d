"""The cases of the corpus, for tests about all of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.model.case import Case

ROOT = Path(__file__).parents[2]


@cache
def control_cases() -> tuple[Case, ...]:
    """Every case of specs/, read once in a process. Raises AssertionError if the linter finds errors."""
    loaded = Engine(find()).load([ROOT / "specs"], whole=True)
    assert not loaded.diagnostics, loaded.diagnostics
    return loaded.whole
