"""The action and the workflows of docs/gate.md: their own steps are run on a small repository of a server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.cli.main import commands, parser
from tests.app.test_gate import git
from tests.cli.conftest import clean
from tests.cli.test_gate import PROJECT, SETTINGS, SUITE
from tests.cli.test_settings import SERVER

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "gate.md").read_text("utf-8")
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"] if "name" in step}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository whose change makes a case fail; the branch main is that of its remote, too."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name, text in (
        ("pyproject.toml", PROJECT), ("conformance.yaml", SETTINGS), ("suite.yaml", SUITE), ("tiny.py", SERVER),
    ):  # fmt: skip
        (folder / name).write_text(text)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "base")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(folder, "checkout", "-q", "-b", "change")
    (folder / "tiny.py").write_text(SERVER.replace('"path": path,', '"path": path.replace("scope", "headers"),'))
    git(folder, "commit", "-qam", "change")
    return folder


def shell(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a step does: bash with -e, and the engine of this environment on the path."""
    environment = clean() | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **variables}
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.service
def test_the_steps_of_the_action_on_a_change_that_breaks_a_case(checkout: Path, tmp_path: Path) -> None:
    summary, output = tmp_path / "summary.md", tmp_path / "output"
    files = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output)}
    inputs = {"SERVER": "tiny@.", "FRAMEWORK": "", "AGAINST": "origin/main", "SUITES": "", "ARGUMENTS": "--repeat 1"}
    assert set(STEPS["gate"]["env"]) == set(inputs)
    ran = shell(STEPS["gate"]["run"], checkout, **files, **inputs)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert output.read_text() == "code=1\n", ran.stdout + ran.stderr
    assert shell(STEPS["summary"]["run"], checkout, **files).returncode == 0
    assert "### Conformance: 1 case broken" in summary.read_text()
    ran = shell(STEPS["annotations"]["run"], checkout, **files)
    assert "::error file=suite.yaml,line=" in ran.stdout, ran.stderr
    assert shell(STEPS["result"]["run"], checkout, CODE="1").returncode == 1
    kept = {path.name for path in (checkout / "conformance-report").iterdir()}
    assert kept == {"comment.md", "report.html", "runs"}


@pytest.mark.service
def test_the_lines_for_gitlab_and_for_any_shell(checkout: Path) -> None:
    lines: list[str] = yaml.safe_load(blocks("yaml")[2])["conformance"]["script"]
    script = lines[1].replace("gunicorn@.", "tiny@.")
    ran = shell(script, checkout, CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert (checkout / "comment.md").is_file()
    last = blocks("sh")[0].splitlines()[-1].removeprefix(".engine/bin/").replace("gunicorn@.", "tiny@.")
    assert shell(last, checkout).returncode == 1


def test_the_workflow_uses_inputs_of_the_action() -> None:
    workflow = yaml.safe_load(blocks("yaml")[1])
    checkout, gate = workflow["jobs"]["gate"]["steps"]
    assert checkout["with"] == {"fetch-depth": 0}
    assert set(gate["with"]) <= set(ACTION["inputs"])
    for name in re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text("utf-8")):
        assert name in ACTION["inputs"]


def test_every_documented_command_line_is_one_of_the_engine() -> None:
    top = parser(commands())
    texts = re.findall(r"^ {4}(engine gate .*)$", PAGE, re.MULTILINE)
    assert len(texts) == 4
    for text in texts:
        assert top.parse(text.split()[1:]).command == "gate"


def test_the_hook_is_a_command_of_the_engine() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert parser(commands()).parse(hook["entry"].split()[1:]).command == "lint"
    assert hook["id"] in PAGE
