"""The versions that the cases of the engine's own suites state."""

from __future__ import annotations

from pathlib import Path

from engine.app.engine import Engine
from engine.app.project_paths import checked_corpus, find

ROOT = Path(__file__).parents[2]


def test_no_case_is_of_a_later_corpus_than_this_one() -> None:
    project_paths = find()
    assert checked_corpus(project_paths.corpus, project_paths) == (ROOT / "specs" / "VERSION").read_text().strip()
    cases = [case for suite in Engine(project_paths).load([ROOT / "specs"]).suites for case in suite.cases]
    assert cases
    for since in {case.since for case in cases}:
        assert checked_corpus(since, project_paths) == since
