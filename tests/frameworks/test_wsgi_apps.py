"""Every WSGI framework's app, in that framework's own environment, driven through its contract without any server."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from engine.targets.catalog.contract import load_wsgi_contract
from engine.targets.catalog.frameworks import WSGI
from tests.frameworks.synchronous.checks import CHECKS
from tests.frameworks.synchronous.manner import MANNERS
from tests.frameworks.test_apps import ALL, FOLDER, python_of

OURS = [name for name, one in ALL.items() if one.interface == WSGI]


@pytest.mark.service
@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("name", OURS)
def test_an_app_does_what_the_contract_says(name: str, manner: str) -> None:
    framework = ALL[name]
    path = os.pathsep.join((str(FOLDER), str(framework.folder)))
    done = subprocess.run(
        [python_of(name), "-m", "synchronous.drive", framework.app, manner],
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = dict(json.loads(done.stdout))

    assert {check: problem for check, problem in found.items() if problem} == {}
    assert set(found) == {one.id for one in CHECKS}


def test_every_endpoint_of_the_contract_is_driven_and_no_other() -> None:
    declared = {
        f"{one.method} {one.path}"
        for one in load_wsgi_contract(FOLDER.parents[1] / "frameworks").endpoints
        if not one.bare
    }

    assert {one.endpoint for one in CHECKS} == declared


def test_no_two_checks_have_one_id() -> None:
    assert len({one.id for one in CHECKS}) == len(CHECKS)
