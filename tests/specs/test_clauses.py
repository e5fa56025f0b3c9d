"""The catalogue of clauses: each has a risk, and few of those without a case have no prospect of one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from engine.loading.catalogue import read_clauses
from engine.model.clause import UntestedReason

FOLDER = Path(__file__).parents[2] / "specs" / "clauses"
CLAUSES = read_clauses([FOLDER])

MISSING = 380
"""The number of clauses whose case is not written yet. It may only fall."""


def untested(*levels: str) -> list[UntestedReason]:
    return [one.untested.reason for one in CLAUSES.values() if one.untested and (not levels or one.level in levels)]


def test_the_number_of_missing_cases_only_falls() -> None:
    assert untested().count(UntestedReason.MISSING) <= MISSING


def test_at_most_a_tenth_of_what_must_hold_is_not_observable() -> None:
    bound = [one for one in CLAUSES.values() if one.level in ("must", "implied")]
    assert untested("must", "implied").count(UntestedReason.NOT_OBSERVABLE) <= len(bound) / 10


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_clause_states_its_risk_and_its_section(path: Path) -> None:
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    assert [one["id"] for one in document["list"] if not {"risk", "clause"} <= set(one)] == []
