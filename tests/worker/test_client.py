"""pytest's worker process: it ends with pytest, and pytest outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import processes

SLOW = """\
suite: Slow
category: first
cite: [SCOPE-01]
level: must
cases:
  - id: quick
    title: Quick
    steps:
      - request: {path: /health, expect: {status: 200}}
  - id: slow
    title: Slow
    matrix: {n: [1, 2, 3, 4, 5, 6]}
    alone: true
    timeout: 120s
    steps:
      - request: {path: /delay, query: {seconds: "30", n: $(n)}, expect: {status: 200}}
"""

pytestmark = pytest.mark.service
PYTEST_HERE = (sys.executable, "-m", "pytest", ".", "--asgi-framework", "control", "--asgi-results", "kept")


def begin() -> None:
    """Runs in pytest's process before pytest: where the tests run in the background of a shell, SIGINT is ignored, and
    a child would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def running(tmp_path: Path, scratch: Path) -> Iterator[subprocess.Popen[str]]:
    """pytest in the middle of a slow case, which no test waits for: its first verdict is out."""
    (tmp_path / "slow.yaml").write_text(SLOW)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    process = subprocess.Popen(
        [sys.executable, "-u", *PYTEST_HERE[1:], "-v", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=variables | {"TMPDIR": str(scratch), "COLUMNS": "160"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=begin,  # noqa: PLW1509 - there is one thread
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "quick" in line and "PASSED" in line:
            break
    yield process
    process.kill()
    process.communicate()


# Seconds that no end takes on any machine; a test that fails waits for so long.
PATIENCE = 60


def until(done: Callable[[], bool]) -> bool:
    """Wait until ``done`` returns True. Returns False where PATIENCE is over first."""
    deadline = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)
    return done()


def the_engines(scratch: Path) -> int:
    """The process that runs the jobs."""
    (found,) = (pid for pid, words in processes(f"TMPDIR={scratch}").items() if "engine.app.worker_process" in words)
    return found


def test_a_process_that_dies_is_told_of(running: subprocess.Popen[str], scratch: Path) -> None:
    os.kill(the_engines(scratch), signal.SIGKILL)
    out, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 1
    assert "the engine's process ended with status -9" in out
    assert "1 passed" in out
    assert until(lambda: not processes(f"ENGINE_DESK={scratch}")), "a service outlived it"


def test_ctrl_c_stops_all(running: subprocess.Popen[str], scratch: Path) -> None:
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 2
    assert "KeyboardInterrupt" in out
    assert processes(f"TMPDIR={scratch}") == {}
    assert not any(scratch.iterdir())


def test_a_killed_pytest_leaves_nothing(running: subprocess.Popen[str], scratch: Path) -> None:
    assert processes(f"ENGINE_DESK={scratch}")
    running.kill()
    running.wait()
    assert until(lambda: not processes(f"TMPDIR={scratch}"))
    assert until(lambda: not any(path.is_dir() for path in scratch.iterdir()))


def test_a_target_that_was_started_for_nothing_leaves_nothing(tmp_path: Path, scratch: Path) -> None:
    """One suite lets a target start, the next has an error, so no item runs."""
    (tmp_path / "a.yaml").write_text(SLOW)
    (tmp_path / "b.yaml").write_text(SLOW.replace("path:", "pth:"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    ended = subprocess.run(
        [*PYTEST_HERE, "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        | {"TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2, ended.stdout
    assert "'pth'" in ended.stdout
    assert processes(f"TMPDIR={scratch}") == {}
    assert not any(scratch.iterdir())
    assert not any((tmp_path / "kept").rglob("*.log"))
    assert not any((tmp_path / "kept" / "runs").glob("*"))


SPY = """\
import gc
for name in ("freeze", "unfreeze", "disable", "enable", "set_threshold"):
    setattr(gc, name, lambda *given, name=name: print("touched:", name))
"""


@pytest.mark.parametrize(("path", "said"), [("path", "1 passed"), ("pth", "1 error during collection")])
def test_the_collector_of_a_users_process_is_left_alone(tmp_path: Path, path: str, said: str) -> None:
    (tmp_path / "a.yaml").write_text(SLOW.partition("  - id: slow")[0].replace("path:", f"{path}:"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "spy.py").write_text(SPY)
    words = ["-p", "spy", "-q", "-p", "no:cacheprovider"]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    ended = subprocess.run(
        [*PYTEST_HERE, *words],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said in ended.stdout
    assert "touched" not in ended.stdout


CHANGES = """\
from engine.worker import client

read = client.Background.read

def changed(self, path, digests):
    path.write_text(path.read_text() + "# changed\\n")
    read(self, path, digests)

client.Background.read = changed
"""


def test_a_suite_that_changes_while_it_is_collected_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SLOW.partition("  - id: slow")[0])
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "changes.py").write_text(CHANGES)
    words = ["-p", "changes", "-q", "-p", "no:cacheprovider"]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    ended = subprocess.run(
        [*PYTEST_HERE, *words],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stdout
    assert "a.yaml changed while pytest collected it\n  run pytest again" in ended.stdout
    assert "Traceback" not in ended.stdout
