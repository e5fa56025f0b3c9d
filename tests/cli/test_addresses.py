"""A case has one address, from whatever folder the engine is called: verdicts, records and the baseline agree on it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import forked, forked_pytest
from tests.cli.conftest import ENGINE, clean
from tests.pytest_plugin.conftest import PYTEST, SHORT

ROOT = Path(__file__).parents[2]
CASE = "specs/http/wire.yaml::missing-host"

pytestmark = pytest.mark.service


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder."""
    if words[: len(ENGINE)] == ENGINE:
        return forked.engine(folder, words[len(ENGINE) :])
    if words[: len(PYTEST)] == PYTEST:
        return forked_pytest.pytest(folder, words[len(PYTEST) :], clean())
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
    assert f"{CASE} on gunicorn-control-auto" in ran.stdout
    assert verdicts(tmp_path)[CASE] == "known"


@PLACES
def test_the_same_under_pytest(tmp_path: Path, folder: str, name: str) -> None:
    results = ("--framework", "control", "--results", str(tmp_path))
    pytest_here = (*PYTEST, "-q", "-p", "no:cacheprovider", *SHORT, "--junitxml", f"{tmp_path}/j.xml")
    ran = call(ROOT / folder, *pytest_here, name.format(root=ROOT), *results)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert verdicts(tmp_path)[CASE] == "known"
    assert 'classname="specs.http.wire.yaml"' in (tmp_path / "j.xml").read_text()


def test_an_address_of_the_suites_works_under_pytest_from_elsewhere(tmp_path: Path) -> None:
    words = ("--framework", "control", "--results", str(tmp_path))
    pytest_here = (*PYTEST, "-q", "-p", "no:cacheprovider", *SHORT, *words)
    ran = call(tmp_path, *pytest_here, CASE)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert verdicts(tmp_path) == {CASE: "known"}
    whole = call(tmp_path, *pytest_here, "--collect-only", "specs/http/wire.yaml")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert whole.stdout.count("[gunicorn-control-auto]") > 20


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
        explained = call(ROOT / "specs" / "http", *ENGINE, *words, *results[2:])
        assert explained.returncode == 0, (words, explained.stdout + explained.stderr)
    listed = json.loads(call(tmp_path, *ENGINE, "list", "runs", "--format", "json", *results[2:]).stdout)
    assert [one["name"] for one in listed] == ["last", "last~1"]


def test_a_framework_without_a_case_is_told_of(tmp_path: Path) -> None:
    words = ("--framework", "control", "--framework", "flask", "--results", str(tmp_path))
    ran = call(ROOT, *ENGINE, "grid", CASE, *words)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "engine: flask: no case of these suites is for WSGI apps" in ran.stderr


SUITE = """\
suite: Mine
category: mine
cite: [MINE-01]
level: must
cases:
  - id: wrong
    title: A case that fails
    steps: [{request: {path: /health, expect: {status: 201}}}]
  - id: right
    title: A case that passes
    steps: [{request: {path: /health, expect: {status: 200}}}]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one's own, with a copy of the frameworks and a checkout of a server, and a run of it."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text("")
    (folder / "suites").mkdir()
    (folder / "suites" / "mine.yaml").write_text(SUITE)
    (folder / "suites" / "clauses.yaml").write_text(
        "clauses: Mine\nlist: [{id: MINE-01, level: must, statement: It holds.}]\n"
    )
    shutil.copytree(ROOT / "frameworks", folder / "apps")
    options = ("--server", "gunicorn~mine", "--variant", "mine: --workers 2", "--frameworks", "apps")
    ran = call(folder, *ENGINE, "grid", "suites", "--framework", "control", "--no-counterparts", *options)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return folder


def test_commands_work_as_they_are_printed(project: Path) -> None:
    printed = call(project, *ENGINE, "explain", "last", "wrong").stdout
    settle = re.search(r"to find out, run: +(engine grid .*)", printed)
    assert settle, printed
    kept = re.search(
        r"`(engine grid .*?)`", " ".join(call(project, *ENGINE, "explain", "last", "right").stdout.split())
    )
    assert kept
    results = ("--results", "others")
    for text, code in ((settle[1], 1), (kept[1], 0)):
        words = shlex.split(text)
        ran = call(project, *ENGINE, *words[1:], *results)
        assert ran.returncode == code, (text, ran.stdout + ran.stderr)
    assert "--keep-transcripts" in kept[1]
    assert "suites/mine.yaml::right" in kept[1]
    assert "--variant 'mine: --workers 2' --frameworks apps" in kept[1]


def test_commands_work_where_they_are_printed_above_the_collection(project: Path) -> None:
    above, kept = project.parent, ("--results", f"{project.name}/results")
    printed = " ".join(call(above, *ENGINE, "explain", "last", "right", *kept).stdout.split())
    command = re.search(r"`(engine grid .*?)`", printed)
    assert command, printed
    # The folder of frameworks was given as a path from the project.
    words = shlex.split(command[1].replace(" apps", f" {project.name}/apps"))
    ran = call(above, *ENGINE, *words[1:], "--results", f"{project.name}/others")
    assert ran.returncode == 0, (command[1], ran.stdout + ran.stderr)


def test_what_is_printed_to_reproduce_a_failure_serves_its_target(project: Path) -> None:
    printed = call(project, *ENGINE, "explain", "last", "wrong").stdout
    (line,) = [line.strip() for line in printed.splitlines() if line.strip().startswith("engine serve")]
    words = shlex.split(line)
    port = words.index("--port") + 1
    served = subprocess.Popen(
        [*ENGINE, *words[1:port], "0", *words[port + 1 :]],
        cwd=project, env=clean(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert served.stdout is not None
        first = served.stdout.readline()
        assert first.startswith("gunicorn~mine-control-auto on http://127.0.0.1:"), first
    finally:
        served.terminate()
        served.communicate(timeout=30)


def test_a_record_is_explained_from_another_folder_with_its_document(project: Path) -> None:
    for folder in (project, project / "suites", project / "suites" / ".." / "apps"):
        explained = call(folder, *ENGINE, "explain", "last", "wrong", "--results", str(project / "results"))
        assert explained.returncode == 0, explained.stderr
        assert "mine.yaml:8:" in explained.stdout
        assert "steps: [{request: {path: /health, expect: {status: 201}}}]" in explained.stdout
        assert "It holds." in explained.stdout
