"""The excerpts of spec files in README.md are verbatim."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXCERPT = re.compile(r"\[(specs/\S+\.yaml)\]\(\1\):\n\n```yaml\n(.*?)```", re.DOTALL)


def test_excerpts_are_verbatim() -> None:
    excerpts = EXCERPT.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(excerpts) == 2
    for path, text in excerpts:
        assert text in (ROOT / path).read_text(encoding="utf-8"), path
