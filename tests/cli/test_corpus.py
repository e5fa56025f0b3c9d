"""``--corpus`` of ``engine grid`` and of pytest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import forked_pytest
from tests.cli.conftest import Engine, clean
from tests.pytest_plugin.conftest import SHORT

GRID = ("grid", "cases.yaml", "--framework", "control", "--no-counterparts")
LATER = """\
suite: Cases
category: first
cite: [SCOPE-01]
level: must
cases:
  - id: old
    title: Old
    steps:
      - request: {path: /health, expect: {status: 200}}
  - id: later
    title: Later
    since: "0.2"
    steps:
      - request: {path: /health, expect: {status: 201}}
"""


@pytest.fixture
def later(suites: Path) -> Path:
    (suites / "cases.yaml").write_text(LATER)
    return suites


@pytest.mark.service
def test_a_later_case_is_a_warning_and_breaks_no_gate(engine: Engine, later: Path) -> None:
    without = engine(*GRID)
    assert without.returncode == 1
    ran = engine(*GRID, "--corpus", "0.1", "--strict")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    newest = max((later / "results" / "runs").glob("*/run.ndjson"))
    results = {one["case"]: one for one in map(json.loads, newest.read_text().splitlines()) if "verdict" in one}
    assert results["old"]["verdict"] == "pass"
    assert (results["later"]["verdict"], results["later"]["held_back"]) == ("warn", "0.2")
    assert "came with corpus 0.2" in results["later"]["reason"]


@pytest.mark.service
def test_pytest_holds_it_back_as_well(later: Path) -> None:
    words = [*SHORT, "-q", "-p", "no:cacheprovider", "cases.yaml", *GRID[2:]]

    def ran(*more: str) -> int:
        return forked_pytest.pytest(later, [*words, *more], clean()).returncode

    assert ran() == 1
    assert ran("--corpus", "0.1", "--warnings-fail") == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*GRID, "--corpus", "newest"), "'newest' is not a version of the corpus"),
        ((*GRID, "--corpus", "9000.1"), "unknown corpus version 9000.1"),
        (("grid", "--from", "last", "--corpus", "0.1"), "--corpus cannot be combined with --from"),
    ],
    ids=["no-version", "too-late", "with-from"],
)
def test_what_makes_no_sense_is_refused(engine: Engine, later: Path, words: tuple[str, ...], said: str) -> None:
    engine(*GRID, "--corpus", "0.1") if "--from" in words else None
    ran = engine(*words)
    assert ran.returncode == 2
    assert said in ran.stderr


def test_show_says_with_which_version_a_case_came(engine: Engine, later: Path) -> None:
    assert "since corpus 0.2" in engine("show", "cases.yaml::later").stdout
    assert "since" not in engine("show", "cases.yaml::old").stdout


@pytest.mark.service
def test_a_baseline_gets_no_entry_for_it(engine: Engine, later: Path) -> None:
    (later / "known-failures.yaml").write_text("known-failures: K\nlist: []\n")
    words = ("cases.yaml", "--framework", "control", "--baseline", "known-failures.yaml")
    made = engine("baseline", "update", *words, "--run", "--dry-run", "--corpus", "0.1")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "0 added" in made.stdout
    assert "1 added" in engine("baseline", "update", *words, "--run", "--dry-run").stdout
    refused = engine("baseline", "check", "--corpus", "0.1")
    assert refused.returncode == 2
    assert "add --run" in refused.stderr
