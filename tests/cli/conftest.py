"""The engine in a process of its own, on a folder of suites outside the checkout."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import forked

ENGINE = (sys.executable, "-m", "engine")

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
  - id: slow
    title: Slow
    matrix: {n: [1, 2, 3, 4]}
    alone: true
    steps:
      - request: {path: /delay, query: {seconds: "1", n: $(n)}, expect: {status: 200}}
"""

BROKEN_APP = "import nowhere_to_be_found\n"


def clean() -> dict[str, str]:
    """The environment without what a pytest around it has set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}


Engine = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    (tmp_path / "cases.yaml").write_text(CASES)
    return tmp_path


@pytest.fixture
def engine(suites: Path) -> Engine:
    return lambda *arguments: forked.engine(suites, arguments)


@pytest.fixture
def begun(suites: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts an engine and leaves it running; what a test leaves is killed."""
    started: list[subprocess.Popen[str]] = []

    def call(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*ENGINE, *arguments],
            cwd=suites,
            env=clean(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Where the tests run in the background of a shell, SIGINT is ignored, and a child would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - there is one thread
        )
        started.append(process)
        return process

    yield call
    for process in started:
        process.kill()
        process.communicate()
