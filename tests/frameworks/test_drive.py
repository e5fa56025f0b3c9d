"""The driver can fail: each wrong app is caught, by the check that is there for it, and by no other endpoint's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.targets.catalog.contract import load_contract
from tests.frameworks.inprocess.checks import CHECKS
from tests.frameworks.inprocess.drive import SHUTDOWN, STARTUP, drive
from tests.frameworks.inprocess.manner import MANNERS, Manner
from tests.frameworks.wrong import CONTROL, WRONG, right

FRAMEWORKS = CONTROL.parents[1]


@pytest.mark.parametrize("manner", MANNERS.values(), ids=MANNERS)
def test_the_control_passes(manner: Manner) -> None:
    found = dict(drive(right(), manner, waits=True))

    assert {check: problem for check, problem in found.items() if problem} == {}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_app_is_caught(name: str) -> None:
    make, expected = WRONG[name]
    endpoint = expected.partition(": ")[0]
    checks = [one for one in CHECKS if one.endpoint == endpoint]

    found = dict(drive(make(), MANNERS["rich"], waits=True, checks=checks))

    assert found[expected], f"{name} was not caught by {expected!r}"


def test_there_is_a_wrong_app_for_every_endpoint() -> None:
    declared = {f"{one.method or 'WS'} {one.path}" for one in load_contract(FRAMEWORKS).endpoints if not one.needs}

    assert {expected.partition(": ")[0] for _, expected in WRONG.values()} == declared | {"lifespan"}


def test_a_fault_on_one_endpoint_is_no_other_endpoints() -> None:
    found = drive(WRONG["another-text"][0](), MANNERS["rich"], waits=True)

    assert {check.partition(": ")[0] for check, problem in found if problem} == {"GET /health"}


def test_a_wrong_declaration_is_caught() -> None:
    found = dict(drive(right(), MANNERS["rich"], waits=False))

    wrong = {check for check, problem in found.items() if problem}
    assert wrong == {
        "GET /delay: a quarter of a second",
        "GET /delay: 30 s at most",
        "GET /delay: a client that leaves",
    }


def test_a_server_without_lifespan_neither_starts_nor_ends_the_app() -> None:
    found = dict(drive(right(), MANNERS["bare"], waits=True, checks=[]))

    assert (STARTUP in found, SHUTDOWN in found) == (False, False)


def test_it_runs_as_a_script_with_the_standard_library_alone(tmp_path: Path) -> None:
    path = f"{Path(__file__).parent}:{CONTROL.parent}"
    argv = [sys.executable, "-S", "-m", "inprocess.drive", "app:app", "lean", "waits"]
    done = subprocess.run(argv, env={"PYTHONPATH": path}, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert {problem for _, problem in json.loads(done.stdout)} == {""}
