"""The driver of WSGI apps can fail: each wrong app is caught, by the check that is there for it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.targets.catalog.contract import load_wsgi_contract
from tests.frameworks.synchronous.calls import Clock
from tests.frameworks.synchronous.checks import CHECKS
from tests.frameworks.synchronous.drive import drive
from tests.frameworks.synchronous.manner import MANNERS, Manner
from tests.frameworks.wrong_wsgi import CONTROL, WRONG, right

FRAMEWORKS = CONTROL.parents[1]


@pytest.mark.parametrize("manner", MANNERS.values(), ids=MANNERS)
def test_the_control_passes(manner: Manner) -> None:
    found = dict(drive(right(), manner))

    assert {check: problem for check, problem in found.items() if problem} == {}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_app_is_caught(name: str) -> None:
    make, expected = WRONG[name]
    checks = [one for one in CHECKS if one.id == expected]

    # An input without an end is what the second manner is for.
    found = dict(drive(make(), MANNERS["lean" if name == "greedy" else "rich"], checks))

    assert found[expected], f"{name} was not caught by {expected!r}"


def test_there_is_a_wrong_app_for_every_endpoint() -> None:
    declared = {f"{one.method} {one.path}" for one in load_wsgi_contract(FRAMEWORKS).endpoints if not one.bare}

    assert {expected.partition(": ")[0] for _, expected in WRONG.values()} == declared


def test_a_fault_on_one_endpoint_is_no_other_endpoints() -> None:
    found = drive(WRONG["reason-of-the-code"][0](), MANNERS["rich"])

    assert {check.partition(": ")[0] for check, problem in found if problem} == {"GET /reason"}


def test_an_app_that_sleeps_takes_no_time() -> None:
    clock = Clock()
    real = time.sleep
    with clock.running():
        time.sleep(86400)
        time.sleep(0.5)
    assert clock.now == 86400.5
    assert time.sleep is real


def test_it_runs_as_a_script_with_the_standard_library_alone(tmp_path: Path) -> None:
    path = f"{Path(__file__).parent}:{CONTROL.parent}"
    argv = [sys.executable, "-S", "-m", "synchronous.drive", "app:app", "lean"]
    done = subprocess.run(argv, env={"PYTHONPATH": path}, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert {problem for _, problem in json.loads(done.stdout)} == {""}
