"""Every ASGI framework's app, in that framework's own environment, driven through the contract without any server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from engine.targets.catalog.contract import load_contract
from engine.targets.catalog.frameworks import ASGI, load_frameworks
from engine.targets.catalog.servers import load_servers
from engine.targets.environments.packages import Environments
from tests.frameworks.inprocess.checks import CHECKS
from tests.frameworks.inprocess.drive import SHUTDOWN, STARTUP
from tests.frameworks.inprocess.manner import MANNERS

FOLDER = Path(__file__).parent
ALL = load_frameworks(FOLDER.parents[1] / "frameworks")
FRAMEWORKS = {name: one for name, one in ALL.items() if one.interface == ASGI}
ALWAYS = tuple(MANNERS)

# What a framework itself does not do, however its app is written: the check, the manners of server under which it
# fails, and a part of what is then said. What is listed must fail, and nothing else may.
KNOWN: Mapping[str, Mapping[str, tuple[tuple[str, ...], str]]] = {
    "starlette": {
        # A lifespan that yields a state needs a server that keeps one, as Starlette documents.
        STARTUP: (("lean",), 'does not support "state"'),
        "GET /lifespan/state: what startup left": (("lean",), "startup_called is False"),
    },
    "quart": {
        # It reads scope["scheme"], which ASGI lets a server leave out.
        "GET /health: without scheme": (ALWAYS, "KeyError: 'scheme'"),
        "WS /ws/echo: without scheme": (ALWAYS, "KeyError: 'scheme'"),
        # It takes `bytes or text` of a message, so empty bytes are looked for in the text.
        "WS /ws/echo-binary: nothing in it": (ALWAYS, ""),
    },
    "litestar": {
        # It reads message["body"], which ASGI lets a server leave out.
        "POST /echo: a message without body": (ALWAYS, "500"),
    },
    "blacksheep": {
        # It takes a header for a tuple; ASGI says an iterable of two items.
        "POST /echo: headers that are lists, and no tuples": (ALWAYS, "500"),
        # It leaves the data of an event out where they are false, and {} is.
        "GET /sse: six events, 10 ms apart": (ALWAYS, "the list of events"),
        # It starts itself at the first request, where no lifespan came before.
        "GET /lifespan/state: what startup left": (("bare",), "startup_called is True"),
    },
}


@cache
def python_of(framework: str) -> Path:
    """The interpreter of a framework's environment, which is made where the engine's cache lacks it."""
    server = load_servers()["gunicorn"]
    return asyncio.run(Environments().ensure(ALL[framework], server)).python


def driven(name: str, manner: str) -> dict[str, str]:
    """Each check's id, and what is wrong; "" for nothing."""
    framework = FRAMEWORKS[name]
    waits = "waits" if framework.waits_for_disconnect else "does-not-wait"
    path = os.pathsep.join((str(FOLDER), str(framework.folder)))
    done = subprocess.run(
        [python_of(name), "-m", "inprocess.drive", framework.app, manner, waits],
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


@pytest.mark.service
@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_app_does_what_the_contract_says(framework: str, manner: str) -> None:
    found = driven(framework, manner)

    known = {check: words for check, (when, words) in KNOWN.get(framework, {}).items() if manner in when}
    wrong = {check: problem for check, problem in found.items() if problem}
    assert {check: problem for check, problem in wrong.items() if check not in known} == {}
    assert set(known) - set(wrong) == set(), "these are mended: take them off the list"
    assert [check for check, words in known.items() if words not in wrong[check]] == []
    # Whatever a framework does, nothing is left undriven.
    expected = {one.id for one in CHECKS} | ({STARTUP} if MANNERS[manner].lifespan else set())
    assert set(found) - {SHUTDOWN} == expected
    assert (SHUTDOWN in found) == (MANNERS[manner].lifespan and STARTUP not in wrong)


def test_every_endpoint_of_the_contract_is_driven_and_no_other() -> None:
    contract = load_contract(FOLDER.parents[1] / "frameworks")
    # Those that need a capability are driven by the suites in specs/frameworks.
    declared = {f"{one.method or 'WS'} {one.path}" for one in contract.endpoints if not one.needs}

    assert {one.endpoint for one in CHECKS} == declared


def test_no_two_checks_have_one_id() -> None:
    assert len({one.id for one in CHECKS}) == len(CHECKS)


def test_what_is_known_is_of_a_framework_and_a_check() -> None:
    ids = {one.id for one in CHECKS} | {STARTUP, SHUTDOWN}

    assert set(KNOWN) <= set(FRAMEWORKS)
    assert {check for checks in KNOWN.values() for check in checks} <= ids
