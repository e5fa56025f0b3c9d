"""The pipelines of docs/scale.md: their very commands, in a clean folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import clean

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text()
SETTINGS = "conformance: Of a pipeline\nrun: {suites: [cases.yaml], frameworks: [control], loop: both}\n"
CASES = """\
suite: Cases
category: first
cite: [SCOPE-01]
level: must
cases:
  - id: good
    title: Good
    steps:
      - request: {path: /health, expect: {status: 200}}
  - id: bad
    title: Bad
    steps:
      - request: {path: /health, expect: {status: 299}}
"""
INSTALL = 'python -m pip install --quiet "$ENGINE"'

pytestmark = pytest.mark.service


def pipeline(section: str) -> dict[str, Any]:
    """The YAML of a section of the page."""
    text = PAGE.partition(f"### {section}\n")[2]
    match = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert match is not None
    found: dict[str, Any] = yaml.safe_load(match[1])
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "conformance.yaml").write_text(SETTINGS)
    (tmp_path / "cases.yaml").write_text(CASES)
    (tmp_path / "bin").mkdir()
    engine = tmp_path / "bin" / "engine"
    engine.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m engine "$@"\n')
    engine.chmod(0o755)
    return tmp_path


def shell(folder: Path, command: str, **variables: str) -> int:
    """Run a command as a runner of GitHub or GitLab does. The exit code."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    argv = ["bash", "-e", "-o", "pipefail", "-c", command]
    return subprocess.run(argv, cwd=folder, env={**clean(), "PATH": path, **variables}, check=False).returncode


def test_gitlab(folder: Path) -> None:
    jobs = pipeline("GitLab")
    first, shard = jobs["shard"]["script"]
    assert (first, jobs["shard"]["parallel"], jobs["merge"]["needs"]) == (INSTALL, 4, ["shard"])
    for index in ("1", "2", "3"):  # the third has no work
        assert shell(folder, shard, CI_NODE_INDEX=index, CI_NODE_TOTAL="3") == 0
    _, merge, grid = jobs["merge"]["script"]
    assert shell(folder, merge) == 0
    assert shell(folder, grid) == 1, "the case that fails decides here"
    for path in jobs["merge"]["artifacts"]["paths"]:
        assert (folder / path).exists()


def test_github(folder: Path) -> None:
    jobs = pipeline("GitHub")["jobs"]
    _, _, install, shard, upload = jobs["shard"]["steps"]
    assert install["run"] == INSTALL
    assert upload["with"]["path"] == "results/runs/"
    command = shard["run"].replace("/4", "/2")
    (folder / "shards").mkdir()
    for index in jobs["shard"]["strategy"]["matrix"]["shard"][:2]:
        assert shell(folder, command.replace("${{ matrix.shard }}", str(index))) == 0
        for run in (folder / upload["with"]["path"]).iterdir():  # the artifacts of all shards in one folder
            run.rename(folder / "shards" / run.name)
    _, _, download, _, merge, grid, keep = jobs["merge"]["steps"]
    assert (download["with"]["path"], download["with"]["merge-multiple"]) == ("shards", True)
    assert shell(folder, merge["run"]) == 0
    assert shell(folder, grid["run"]) == 1
    for path in keep["with"]["path"].split("\n"):
        assert (folder / path).exists()
