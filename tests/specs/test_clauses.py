"""The catalogue of clauses: each has a risk, and few of those without a case have no prospect of one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from engine.loading.catalogue import read_clauses
from engine.model.clause import UntestedReason

FOLDER = Path(__file__).parents[2] / "specs" / "clauses"
CLAUSES = read_clauses([FOLDER])

MISSING = 1
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


def test_the_link_of_an_rfc_leads_to_the_section() -> None:
    wrong = []
    for clause in CLAUSES.values():
        named = re.match(r"RFC (\d+)(?: §([\d.]+))?", clause.source)
        section = f"#section-{named[2]}" if named is not None and named[2] else ""
        if named is not None and clause.url != f"https://www.rfc-editor.org/rfc/rfc{named[1]}{section}":
            wrong.append(clause.id)
    assert wrong == []


def test_a_case_of_level_must_cites_more_than_recommendations() -> None:
    """A failure breaks the build, so the standard has to demand what the case demands, also of a variant. A permission
    (may) has a form that must hold where it is used; with a recommendation it raises nothing."""
    weak = set()
    for path in sorted(FOLDER.parent.rglob("*.yaml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for case in document.get("cases", ()):
            for part in ({}, *case.get("variants", ())):
                level, cited = (part.get(key, case.get(key, document.get(key))) for key in ("level", "cite"))
                levels = {CLAUSES[name].level for name in cited or ()}
                if level in ("must", None) and "should" in levels and not levels & {"must", "implied"}:
                    weak.add(f"{path.stem}::{case['id']}")
    assert sorted(weak) == []
