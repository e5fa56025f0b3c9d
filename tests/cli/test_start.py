"""The state of the process at its start: closed standard streams, an early SIGINT, and the encoding for programs."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.model.expectation import Mismatch
from engine.model.result_event import ResultEvent
from engine.model.verdict import JobResult, Verdict
from engine.results.record.store import Store, TargetRow
from tests.cli.conftest import ENGINE, clean


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A line of a shell, with ``engine`` as the engine of these tests."""
    command = f'engine() {{ {shlex.join(ENGINE)} "$@"; }}; {line}'
    return subprocess.run(["sh", "-c", command], cwd=cwd, env=clean(), capture_output=True, text=True, check=False)


@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_exit_code(suites: Path, closed: str) -> None:
    ran = shell(f"engine list gateways {closed}", suites)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ("nginx-uwsgi" in ran.stdout) is (">&- " not in f"{closed} ".replace("2>&-", ""))
    ran = shell(f"engine list nosuch {closed}", suites)
    assert ran.returncode == 2
    assert ("there is no list" in ran.stderr) is ("2>&-" not in closed)


@pytest.mark.service
@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_a_grid_runs_with_a_closed_stream(suites: Path, closed: str) -> None:
    ran = shell(f"engine grid cases.yaml::good --framework control {closed}", suites)
    assert ran.returncode == 0, ran.stderr
    assert ("1 passed" in ran.stdout) is (closed == "2>&-")


INTERRUPTED_AT = """\
import os, signal, sys
from engine.__main__ import main
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.exit(main())
"""


@pytest.mark.parametrize("name", ["engine.cli.main", "engine.cli.grid", "engine.app.lists", "yaml"])
def test_an_interrupt_has_no_traceback_at_any_import(suites: Path, name: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT.format(name=name), "list", "suites"],
        cwd=suites,
        env=clean(),
        capture_output=True,
        text=True,
        check=False,
        # Where the tests run in the background of a shell, SIGINT is ignored, and a child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (ran.returncode, ran.stderr) == (130, "engine: interrupted\n")


@pytest.mark.parametrize("form", ["markdown", "json", "csv", "junit", "github"])
def test_a_report_is_utf_8_in_streams_of_any_encoding(suites: Path, form: str) -> None:
    run_id, target = "20260101-000000-aaaa", "gunicorn-control-auto"
    store = Store(suites / "results" / "runs" / run_id, run_id, {"targets": [target]})
    store.target(TargetRow(target, "gunicorn", "control", "auto", "direct", "local", version="27.0.1"))
    result = JobResult(
        "é漢", "cases.yaml", target, "first", "must", Verdict.FAIL, "wrong: é漢",
        mismatches=(Mismatch("status", "é漢", 200),), evaluated=1,
    )  # fmt: skip
    store.take(ResultEvent(0, result))
    store.close("whole")
    printed = subprocess.run(
        [*ENGINE, "report", "--format", form],
        cwd=suites,
        env={**clean(), "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    shell(f"engine report --format {form} -o report", suites)
    assert printed.stdout == (suites / "report").read_bytes()
    assert form == "json" or "é漢" in printed.stdout.decode("utf-8")
