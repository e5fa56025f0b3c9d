"""``engine gate`` on a repository of a server: harmless and harmful changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.test_gate import git
from tests.cli.conftest import Engine
from tests.cli.test_settings import SERVER

PROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "tiny"
version = "1.0"
[tool.setuptools]
py-modules = ["tiny"]
"""
SETTINGS = """\
conformance: Tiny
run:
  servers: [tiny@.]
  suites: [suite.yaml]
gate: {repeat: 2}
servers:
  tiny:
    package: tiny
    command: [$(python), -m, tiny, $(app), $(host), $(port)]
"""
SUITE = """\
suite: Tiny
category: tiny
cite: [SCOPE-01]
level: must
cases:
  - id: health
    title: The app answers
    steps:
      - request: {path: /health, expect: {status: 200}}
  - id: path
    title: The path is as it was sent
    steps:
      - request: {path: /scope, expect: {status: 200}}
      - app: {expect: {scope.path: /scope}}
"""


@pytest.fixture
def checkout(suites: Path) -> Path:
    (suites / "cases.yaml").unlink()
    for name, text in (
        ("pyproject.toml", PROJECT), ("conformance.yaml", SETTINGS), ("suite.yaml", SUITE), ("tiny.py", SERVER),
        (".gitignore", "results/\n*.md\n"),
    ):  # fmt: skip
        (suites / name).write_text(text)
    git(suites, "init", "-q", "-b", "main")
    git(suites, "add", "-A")
    git(suites, "commit", "-qm", "base")
    git(suites, "checkout", "-q", "-b", "change")
    return suites


def commit(folder: Path, old: str, new: str) -> None:
    text = (folder / "tiny.py").read_text()
    assert old in text
    (folder / "tiny.py").write_text(text.replace(old, new))
    git(folder, "commit", "-qam", "change")


@pytest.mark.service
def test_a_harmless_change_and_then_a_harmful_one(engine: Engine, checkout: Path) -> None:
    commit(checkout, "import sys", "import sys  # a comment")
    ran = engine("gate", "--comment", "gate.md")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "the merge base with main" in ran.stderr
    assert "nothing is broken: 2 results compared" in ran.stdout
    assert "kept passes" not in ran.stderr
    assert (checkout / "gate.md").read_text().startswith("### Conformance: nothing broken\n")
    commit(checkout, '"path": path,', '"path": path.replace("scope", "headers"),')
    ran = engine("gate", "--comment", "gate.md", "--link", "https://example.org/r.html")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "2 of 2 results of the base are kept passes" in ran.stderr
    assert "repeating 2 results 2 times" in ran.stderr
    text = (checkout / "gate.md").read_text()
    assert "### Conformance: 1 case broken" in text
    head, base = git(checkout, "rev-parse", "HEAD"), git(checkout, "rev-parse", "main")
    assert head[:9] in text
    assert base[:9] in text
    # The change is held against an earlier run as well.
    ran = engine("gate", "--against", "last")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.service
def test_results_of_the_base_are_kept_until_their_suite_changes(engine: Engine, checkout: Path) -> None:
    commit(checkout, "import sys", "import sys  # a comment")
    first = engine("gate")
    second = engine("gate", "--html", "gate.html")
    assert second.returncode == 0, second.stdout + second.stderr
    assert "2 of 2 results of the base are kept passes" in second.stderr
    # The decision and the page have both sides all the same.
    assert second.stdout.splitlines()[:-2] == first.stdout.splitlines()[:-1]
    assert "nothing is broken: 2 results compared" in second.stdout
    base = git(checkout, "rev-parse", "main")
    assert f"tiny@{base}" in (checkout / "gate.html").read_text()
    assert "kept passes" not in engine("gate", "--fresh").stderr
    suite = checkout / "suite.yaml"
    suite.write_text(suite.read_text().replace("The app answers", "The app answers again"))
    changed = engine("gate")
    assert changed.returncode == 0, changed.stdout + changed.stderr
    assert "kept passes" not in changed.stderr


@pytest.mark.service
def test_a_change_after_which_the_server_does_not_start(engine: Engine, checkout: Path) -> None:
    commit(checkout, "import sys", "import sys, nowhere_to_be_found")
    ran = engine("gate")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "no longer starts" in ran.stdout
    assert ran.stdout.splitlines()[-2] == "1 target no longer started: 0 results compared"


def test_sides_that_cannot_be_found(engine: Engine, checkout: Path) -> None:
    for words in (("--server", "gunicorn"), ("--against", "nowhere")):
        ran = engine("gate", *words)
        assert ran.returncode == 2, ran.stdout
        assert "Traceback" not in ran.stderr
