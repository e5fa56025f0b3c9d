"""A package with one of everything that can be added: lint, grid and reports use it, and know nothing of it without."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import clean

ROOT = Path(__file__).parents[2]
SOURCE = Path(__file__).with_name("source") / "probe_extension"
ENGINE = "import sys, tests.extensions.here; from engine.cli.main import main; sys.exit(main())"

SUITE = """\
suite: With an extension
category: extended
cite: [SCOPE-01]
level: must
cases:
  - id: command-and-matcher
    title: A command of the extension answers, and its operator is asked
    application: {http: [{shout: {text: hello}}]}
    steps:
      - request: {path: /, expect: {status: {multiple_of: 100}, body: HELLO}}
  - id: step-and-option
    title: A script of the extension has the actions of a byte stream, and its option closes an idle connection
    server: {idle: 200ms}
    steps:
      - lines:
          script:
            - send: "GET /health HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
            - line: {within: 5s, expect: {text: HTTP/1.1 200 OK}}
            - pause: 10ms
            - closed: {within: 3s, expect: {how: fin, elapsed: {at_least: 100ms}}}
  - id: gateway
    title: Behind a gateway of the extension the application sees the client
    runs_on: frameworks
    steps:
      - request: {path: /health, expect: {status: 200}}
      - app: {expect: {calls: 1, scope.path: /health}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a suite, and an installed extension next to it."""
    installed = tmp_path / "installed"
    shutil.copytree(SOURCE, installed / "probe_extension", ignore=shutil.ignore_patterns("__pycache__"))
    info = installed / "probe_extension-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: probe-extension\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[engine.extensions]\nprobe = probe_extension\n")
    (tmp_path / "extended.yaml").write_text(SUITE)
    return tmp_path


def ran(project: Path, *arguments: str, extended: bool = True) -> subprocess.CompletedProcess[str]:
    """A command of the engine, with the extension or without it."""
    path = [str(ROOT), *([str(project / "installed")] if extended else [])]
    environment = clean() | {
        "PYTHONPATH": os.pathsep.join(path), "ENGINE_CACHE": str(project / "cache"), "COLUMNS": "200",
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    words = [sys.executable, "-c", ENGINE, *arguments]
    return subprocess.run(words, cwd=project, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_the_language_has_the_words_of_an_extension(project: Path) -> None:
    done = ran(project, "lint", "extended.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    (project / "extended.yaml").write_text(SUITE.replace("multiple_of: 100", "multiple_of: 7m"))
    assert ran(project, "lint", "extended.yaml").returncode == 1
    listed = {
        "step-types": "lines", "operators": "multiple_of", "commands": "shout", "gateways": "relay",
        "facts": "The line, without its end",
    }  # fmt: skip
    for word, name in listed.items():
        assert name in ran(project, "list", word).stdout, word
        assert name not in ran(project, "list", word, extended=False).stdout, word


def test_without_it_the_same_suite_is_wrong_and_nothing_is_left(project: Path) -> None:
    assert ran(project, "lint", "extended.yaml").returncode == 0
    done = ran(project, "lint", "extended.yaml", extended=False)
    assert done.returncode == 1
    for word in ("lines", "multiple_of", "shout", "idle"):
        assert f"'{word}'" in done.stdout, word


def test_an_extension_that_cannot_be_imported_is_named(project: Path) -> None:
    (project / "installed" / "probe_extension" / "matchers" / "multiples.py").write_text("import no_such_module\n")
    done = ran(project, "lint", "extended.yaml")
    assert done.returncode == 2
    assert "the extension probe_extension cannot be imported: No module named 'no_such_module'" in done.stderr


@pytest.mark.service
def test_a_grid_and_a_report_with_an_extension(project: Path) -> None:
    words = ("--server", "reference", "--framework", "control", "--loop", "asyncio")
    done = ran(project, "grid", "extended.yaml", *words, "--gateway", "direct", "--gateway", "relay")
    assert done.returncode == 0, done.stdout + done.stderr
    (tally,) = (project / "results" / "runs").glob("*/*.tally")
    assert [line.split()[1:] for line in tally.read_text().splitlines()] == [["3", "3"], ["1", "1"]]
    assert "relay" in tally.read_text()
