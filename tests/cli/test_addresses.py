"""A case has one address, from whatever folder the engine is called: verdicts, records and the baseline agree on it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ENGINE, clean

ROOT = Path(__file__).parents[2]
CASE = "specs/http/wire.yaml::missing-host"

pytestmark = pytest.mark.service


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder."""
    return subprocess.run(words, cwd=folder, env=clean(), capture_output=True, text=True, timeout=120, check=False)


def verdicts(results: Path) -> dict[str, str]:
    """The verdicts of the one run in a folder of results, by address."""
    (path,) = results.glob("runs/*/run.ndjson")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {f"{row['file']}::{row['case']}": row["verdict"] for row in rows if row["kind"] == "result"}


PLACES = pytest.mark.parametrize(
    ("folder", "name"),
    [("specs", "http/wire.yaml"), ("specs/http", "wire.yaml"), ("..", "{root}/specs/http/wire.yaml")],
)


@PLACES
def test_a_known_failure_is_known_from_every_folder(tmp_path: Path, folder: str, name: str) -> None:
    results = ("--framework", "control", "--results", str(tmp_path))
    ran = call(ROOT / folder, *ENGINE, "grid", name.format(root=ROOT), *results)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{CASE} on 1 target" in ran.stdout
    assert verdicts(tmp_path)[CASE] == "known"


@PLACES
def test_the_same_under_pytest(tmp_path: Path, folder: str, name: str) -> None:
    results = ("--framework", "control", "--results", str(tmp_path))
    pytest_here = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml", f"{tmp_path}/j.xml")
    ran = call(ROOT / folder, *pytest_here, name.format(root=ROOT), *results)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert verdicts(tmp_path)[CASE] == "known"
    assert 'classname="specs.http.wire.yaml"' in (tmp_path / "j.xml").read_text()


def test_an_address_of_the_suites_works_under_pytest_from_elsewhere(tmp_path: Path) -> None:
    words = ("--framework", "control", "--results", str(tmp_path))
    ran = call(tmp_path, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", CASE, *words)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert verdicts(tmp_path) == {CASE: "known"}


def test_the_same_in_a_copy_elsewhere(tmp_path: Path) -> None:
    for name in ("specs", "frameworks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    results = ("--framework", "control", "--results", str(tmp_path / "results"))
    ran = call(tmp_path / "specs" / "http", *ENGINE, "grid", "wire.yaml", *results)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert verdicts(tmp_path / "results")[CASE] == "known"


def test_one_case_by_its_address(tmp_path: Path) -> None:
    results = ("--framework", "control", "--results", str(tmp_path / "one"))
    ran = call(tmp_path, *ENGINE, "grid", CASE, *results)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert verdicts(tmp_path / "one") == {CASE: "known"}
    # The commands that follow a run, and the run before it, from yet another folder.
    results = ("--framework", "control", "--results", str(tmp_path / "one"))
    ran = call(ROOT / "specs", *ENGINE, "grid", "http/wire.yaml", "-k", "missing-host or first-line", *results)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for words in (
        ("explain", "last~1", "wire.yaml::missing-host"),
        ("explain", "last", "../http/wire.yaml::missing-host"),
        ("logs", "gunicorn-control-auto", "--run", "last~1"),
        ("compare", "last~1", "last", "-k", "missing-host"),
        ("grid", "--from", "last~1"),
        ("baseline", "check", "--from", "last~1"),
    ):
        told = call(ROOT / "specs" / "http", *ENGINE, *words, *results[2:])
        assert told.returncode == 0, (words, told.stdout + told.stderr)
    listed = json.loads(call(tmp_path, *ENGINE, "list", "runs", "--format", "json", *results[2:]).stdout)
    assert [one["name"] for one in listed] == ["last", "last~1"]


def test_a_framework_without_a_case_is_told_of(tmp_path: Path) -> None:
    words = ("--framework", "control", "--framework", "flask", "--results", str(tmp_path))
    ran = call(ROOT, *ENGINE, "grid", CASE, *words)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "engine: flask: no case of these suites is for WSGI apps" in ran.stderr
