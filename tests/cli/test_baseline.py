"""``engine baseline``, and the linter's messages about one: in a checkout of its own, on handwritten runs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from engine.model.expectation import Mismatch
from engine.model.result_event import ResultEvent
from engine.model.verdict import JobResult, Verdict
from engine.results.record.store import Store, TargetRow
from tests import forked, forked_pytest
from tests.cli.conftest import clean
from tests.pytest_plugin.conftest import SHORT

ROOT = Path(__file__).parents[2]
ASYNCIO, UVLOOP = "gunicorn-control-asyncio", "gunicorn-control-uvloop"

SUITE = """\
suite: Cases
category: first
cite: [SCOPE-01]
level: must
cases:
  - id: good
    title: Good
    steps:
      - request: {path: /health, expect: {status: 200}}
  - id: wrong
    title: Wrong
    steps:
      - request: {path: /health, expect: {status: 201}}
"""

BASELINE = """\
known-failures: What is red
list:
  # It was so once.
  - case: specs/cases.yaml::good
    servers: [gunicorn]
    because: it was so
    link: https://example.org/1
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "specs").mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "asgi-conformance-engine"\n')
    (tmp_path / "specs" / "cases.yaml").write_text(SUITE)
    (tmp_path / "specs" / "known-failures.yaml").write_text(BASELINE)
    (tmp_path / "specs" / "clauses.yaml").write_text(
        "clauses: C\nlist: [{id: SCOPE-01, level: must, statement: It holds.}]\n"
    )
    (tmp_path / "frameworks").symlink_to(ROOT / "frameworks")
    return tmp_path


def engine(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return forked.engine(checkout, arguments)


def ran(checkout: Path, run_id: str, cells: dict[str, dict[str, Verdict]]) -> None:
    """A run as ``engine grid`` keeps it."""
    store = Store(checkout / "results" / "runs" / run_id, run_id, {"targets": [ASYNCIO, UVLOOP]})
    for target in (ASYNCIO, UVLOOP):
        server, framework, loop = target.split("-")
        store.target(TargetRow(target, server, framework, loop, "direct", "local", version="27.0.1"))
    for case, row in cells.items():
        for target, verdict in row.items():
            mismatches = (Mismatch("status", "201", 200),) if verdict is Verdict.FAIL else ()
            result = JobResult(
                case, "specs/cases.yaml", target, "first", "must", verdict, "why" * bool(mismatches),
                mismatches=mismatches, evaluated=1,
            )  # fmt: skip
            store.take(ResultEvent(0, result))
    store.close("whole")


FAIL, PASS, UNEXPECTED = Verdict.FAIL, Verdict.PASS, Verdict.UNEXPECTED_PASS


def test_check_shows_each_line_and_writes_nothing(checkout: Path) -> None:
    ran(checkout, "20260101-000000-aaaa", {"wrong": {ASYNCIO: FAIL, UVLOOP: FAIL}})
    done = engine(checkout, "baseline", "check")
    assert done.returncode == 0, done.stderr
    assert "not run: 1 entry\n" in done.stdout
    assert "specs/cases.yaml" not in done.stdout
    ran(checkout, "20260102-000000-aaaa", {"good": {ASYNCIO: UNEXPECTED, UVLOOP: UNEXPECTED}})
    done = engine(checkout, "baseline", "check")
    assert done.returncode == 1
    assert "run 20260102-000000-aaaa: 2 targets" in done.stdout
    assert "unexpected pass (1): passes wherever it ran" in done.stdout
    assert f"passes on {ASYNCIO}, {UVLOOP}" in done.stdout
    assert (checkout / "specs" / "known-failures.yaml").read_text() == BASELINE


def test_check_needs_the_baseline_that_is_named(checkout: Path) -> None:
    ran(checkout, "20260101-000000-aaaa", {"wrong": {ASYNCIO: FAIL, UVLOOP: FAIL}})
    done = engine(checkout, "baseline", "check", "--baseline", "nosuch.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("engine: there is no baseline nosuch.yaml\n")
    assert engine(checkout, "baseline", "update", "--baseline", "new.yaml").returncode == 0
    assert (checkout / "new.yaml").exists()


def test_update_writes_what_the_run_says(checkout: Path) -> None:
    cells = {"good": {ASYNCIO: UNEXPECTED, UVLOOP: UNEXPECTED}, "wrong": {ASYNCIO: FAIL, UVLOOP: FAIL}}
    ran(checkout, "20260101-000000-aaaa", cells)
    dry = engine(checkout, "baseline", "update", "--dry-run")
    assert "would change; nothing is written" in dry.stdout
    assert (checkout / "specs" / "known-failures.yaml").read_text() == BASELINE
    done = engine(checkout, "baseline", "update")
    assert done.returncode == 0, done.stderr
    assert "- specs/cases.yaml::good on gunicorn: passes on" in done.stdout
    assert "+ specs/cases.yaml::wrong on gunicorn control: expected status 201, got 200" in done.stdout
    assert "entries: 0 kept, 0 not run, 0 narrowed, 1 removed, 1 added" in done.stdout
    assert (checkout / "specs" / "known-failures.yaml").read_text() == (
        "known-failures: What is red\n"
        "list:\n"
        "  - case: specs/cases.yaml::wrong\n"
        "    servers: [gunicorn]\n"
        "    frameworks: [control]\n"
        "    observed: expected status 201, got 200\n"
    )
    again = engine(checkout, "baseline", "update")
    assert "is up to date" in again.stdout
    warned = engine(checkout, "lint")
    assert warned.returncode == 0
    assert "warning[no-reason]" in warned.stdout


def test_a_baseline_with_mistakes_is_left_alone(checkout: Path) -> None:
    path = checkout / "specs" / "known-failures.yaml"
    path.write_text(BASELINE.replace("link:", "lnk:"))
    ran(checkout, "20260101-000000-aaaa", {"good": {ASYNCIO: UNEXPECTED}})
    done = engine(checkout, "baseline", "update")
    assert done.returncode == 2
    assert "did you mean 'link'?" in done.stderr
    assert "lnk:" in path.read_text()


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--from", "nothing"], "there is no run 'nothing'"),
        (["--run", "--from", "x"], "--run cannot be combined with --from"),
        (["--server", "gunicorn"], "add --run"),
    ],
)
def test_what_cannot_be_done_is_said(checkout: Path, arguments: list[str], hint: str) -> None:
    ran(checkout, "20260101-000000-aaaa", {"good": {ASYNCIO: UNEXPECTED}})
    done = engine(checkout, "baseline", "check", *arguments)
    assert done.returncode == 2
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


def test_lint_holds_the_baseline_against_cases_and_targets(checkout: Path) -> None:
    path = checkout / "specs" / "known-failures.yaml"
    path.write_text(BASELINE.replace("::good", "::goood").replace("[gunicorn]", "[gunicron]"))
    done = engine(checkout, "lint", "specs/known-failures.yaml")
    assert done.returncode == 1
    assert "error[unknown-case]: specs/cases.yaml has no case 'goood'" in done.stdout
    assert "error[unknown-server]: there is no server called 'gunicron'" in done.stdout
    assert "did you mean 'gunicorn'?" in done.stdout


def test_a_case_with_mistakes_is_not_taken_for_one_that_is_not_there(checkout: Path) -> None:
    (checkout / "specs" / "cases.yaml").write_text(SUITE.replace("status: 200", "sttus: 200"))
    done = engine(checkout, "lint", "specs/known-failures.yaml")
    assert "unknown-case" not in done.stdout


@pytest.mark.service
def test_after_an_update_from_a_fresh_run_the_grid_is_green(checkout: Path) -> None:
    done = engine(checkout, "baseline", "update", "--run", "--framework", "control")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 removed, 1 added" in done.stdout
    grid = engine(checkout, "grid", "--framework", "control")
    assert grid.returncode == 0, grid.stdout + grid.stderr
    assert "known failures: 1 case, listed in specs/known-failures.yaml\n  gunicorn: 1 case\n" in grid.stdout


MINE = """\
known-failures: Mine
list:
  - case: suites/cases.yaml::wrong
    because: it is so
    link: https://example.org/2
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one's own with suites and their baseline."""
    folder = tmp_path / "project"
    (folder / "suites").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("")
    (folder / "suites" / "cases.yaml").write_text(SUITE)
    (folder / "suites" / "known-failures.yaml").write_text(MINE)
    return folder


ONE = ("--framework", "control")


@pytest.mark.service
def test_a_baseline_beside_suites_of_ones_own_is_read(project: Path) -> None:
    for folder, path in ((project, "suites"), (project / "suites", "cases.yaml"), (project, "suites/cases.yaml")):
        done = engine(folder, "grid", path, *ONE)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "suites/cases.yaml::wrong on gunicorn-control-auto" in done.stdout
        assert re.search(r"^known failures: 1 case, listed in .*known-failures\.yaml$", done.stdout, re.MULTILINE)
    checked = engine(project / "suites", "baseline", "check")
    assert checked.returncode == 0, checked.stderr
    assert "holds (1): fails as listed" in checked.stdout
    under_pytest = forked_pytest.pytest(project, ["-q", *SHORT, "suites", *ONE], clean())
    assert under_pytest.returncode == 0, under_pytest.stdout
    assert "1 passed, 1 xfailed" in under_pytest.stdout


@pytest.mark.service
def test_another_baseline_is_named(project: Path) -> None:
    other = project / "other.yaml"
    (project / "suites" / "known-failures.yaml").rename(other)
    done = engine(project, "grid", "suites", *ONE)
    assert done.returncode == 1
    assert "other.yaml" not in done.stderr
    ignored = engine(project, "grid", "suites", "other.yaml", *ONE)
    assert ignored.returncode == 1
    assert "engine: other.yaml is not read: a baseline is a known-failures.yaml" in ignored.stderr
    nothing = engine(project, "baseline", "check")
    assert nothing.returncode == 2
    assert "has read no baseline\n  choose one with --baseline FILE" in nothing.stderr
    named = engine(project, "grid", "suites", *ONE, "--baseline", "other.yaml")
    assert named.returncode == 0, named.stdout + named.stderr
    assert "known failures: 1 case, listed in other.yaml\n" in named.stdout
    under_pytest = forked_pytest.pytest(project, ["-q", *SHORT, "suites", *ONE, "--baseline", "other.yaml"], clean())
    assert under_pytest.returncode == 0, under_pytest.stdout
    made = engine(project, "baseline", "update", "--baseline", "new.yaml")
    assert made.returncode == 0, made.stderr
    assert "case: suites/cases.yaml::wrong" in (project / "new.yaml").read_text()


def test_lint_holds_a_baseline_of_ones_own_against_its_own_suites(project: Path) -> None:
    assert engine(project, "lint", "suites").returncode == 0
    path = project / "suites" / "known-failures.yaml"
    path.write_text(MINE.replace("::wrong", "::wrnog"))
    wrong = engine(project / "suites", "lint", ".")
    assert wrong.returncode == 1
    assert "did you mean 'wrong'?" in wrong.stdout
