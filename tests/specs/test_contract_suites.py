"""The contract's suites are the existing suite's 74 checks, one by one, and docs/existing-suite.md names each."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from engine.model.case import Case, RunsOn
from tests.specs.corpus import control_cases

ROOT = Path(__file__).parents[2]
COUNTS = {"http-scope": 19, "http-messages": 19, "websocket": 19, "lifespan": 8, "streaming": 9}


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    """Every case of specs/, expanded."""
    return control_cases()


def documented() -> dict[str, list[tuple[int, str]]]:
    """The rows of the document by file: the number in its first column, and the case's id."""
    found: dict[str, list[tuple[int, str]]] = {}
    rows: list[tuple[int, str]] = []
    for line in (ROOT / "docs" / "existing-suite.md").read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"## .*: `(specs/contract/.*)`", line):
            rows = found.setdefault(heading[1], [])
        elif line.startswith("## "):
            rows = []
        elif row := re.match(r"\| (\d+) \| [^|]+ \| `([^`]+)` \|", line):
            rows.append((int(row[1]), row[2]))
    return found


def test_the_counts_are_those_of_the_existing_suite(cases: tuple[Case, ...]) -> None:
    counted = Counter(case.category for case in cases)
    assert {category: counted[category] for category in COUNTS} == COUNTS


def test_a_category_is_one_file_for_every_framework(cases: tuple[Case, ...]) -> None:
    ours = [case for case in cases if case.category in COUNTS]
    assert {(case.file, case.category) for case in ours} == {(f"specs/contract/{name}.yaml", name) for name in COUNTS}
    assert {case.runs_on for case in ours} == {RunsOn.FRAMEWORKS}


def test_nothing_else_lies_beside_them(cases: tuple[Case, ...]) -> None:
    assert {case.category for case in cases if case.file.startswith("specs/contract/")} == set(COUNTS)


@pytest.mark.parametrize("category", COUNTS)
def test_the_document_names_each_case_once_and_no_other(cases: tuple[Case, ...], category: str) -> None:
    rows = documented()[f"specs/contract/{category}.yaml"]
    assert [number for number, _ in rows] == list(range(1, COUNTS[category] + 1))
    assert sorted(name for _, name in rows) == sorted(case.id for case in cases if case.category == category)


def test_each_case_has_a_title_of_its_own(cases: tuple[Case, ...]) -> None:
    for category in COUNTS:
        titles = {case.stem: case.title for case in cases if case.category == category}
        assert len(set(titles.values())) == len(titles)


def test_what_the_baseline_names_exists(cases: tuple[Case, ...]) -> None:
    text = (ROOT / "specs" / "known-failures.yaml").read_text(encoding="utf-8")
    named = re.findall(r'(?m)^  - case: "?([^"\n]+)"?$', text)
    assert named
    addresses = {name for case in cases for name in (f"{case.file}::{case.id}", f"{case.file}::{case.stem}")}
    assert set(named) <= addresses
