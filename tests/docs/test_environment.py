"""docs/environment.md names every environment variable of the engine."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"(?<![A-Z_])ENGINE_[A-Z_]+\b")
QUOTED = re.compile(rf"[\"']({VARIABLE.pattern})[\"']")


def test_every_variable_of_the_engine_has_an_entry() -> None:
    page = (ROOT / "docs" / "environment.md").read_text(encoding="utf-8")
    sources = [*(ROOT / "engine").rglob("*.py"), *(ROOT / "docker").rglob("*.py")]
    used = {name for path in sources for name in QUOTED.findall(path.read_text(encoding="utf-8"))}
    assert "ENGINE_CACHE" in used
    assert not used - set(VARIABLE.findall(page))
