"""With pytest-xdist the tests of one file stay in one worker, since many files start something once for all of them.

The files that take longest begin first: one of them that came last would keep one worker, while the others had nothing
to do.

Python's collector does not visit the tests themselves. They are half a million objects that live as long as the
process; each full pass would visit them again, and a fork would copy the memory that a pass marks.
"""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.app.gc_tuning import THRESHOLD
from engine.pytest_plugin.xdist import scope
from tests import bytecode, extended

try:
    from xdist.scheduler import LoadScopeScheduling
except ImportError:  # without pytest-xdist there is nothing to schedule
    LoadScopeScheduling = None

HERE = Path(__file__).parent

LONG = {
    "tests/pytest_plugin/test_plugin.py": 150,
    "tests/targets/catalog/test_every_server.py": 70,
    "tests/reproduce/test_folder_for_real.py": 60,
    "tests/hostile_servers/test_hostile_servers.py": 60,
    "tests/cli/test_gate.py": 50,
    "tests/cli/test_addresses.py": 50,
    "tests/cli/test_main.py": 45,
    "tests/cli/test_explain.py": 45,
    "tests/reproduce/test_by_hand_for_real.py": 45,
    "tests/docs/test_adding.py": 45,
    "tests/app/test_addresses.py": 40,
    "tests/cli/test_grid.py": 40,
    "tests/loading/test_bounds.py": 40,
    "tests/reports/browser/test_views.py": 35,
    "tests/test_forked.py": 35,
    "tests/cli/test_list.py": 35,
    "tests/reports/browser/test_hostile.py": 30,
    "tests/cli/test_serve.py": 30,
    "tests/test_existing_suite.py": 30,
    "tests/docs/test_gate.py": 30,
    "tests/worker/test_client.py": 30,
    "tests/cli/test_history.py": 30,
    "tests/cli/test_mutants.py": 30,
    "tests/targets/probing/test_probe.py": 30,
    "tests/cli/test_baseline.py": 25,
    "tests/cli/test_gateways.py": 25,
    "tests/specs/test_reference.py": 20,
    "tests/cli/test_try.py": 15,
}
"""Roughly how many seconds a file takes, of those that take many; a wrong guess costs time alone."""

CORPUS = (
    "tests/specs/test_proofs.py",
    "tests/specs/test_options.py",
    "tests/specs/test_capabilities.py",
    "tests/specs/test_h2spec.py",
    "tests/specs/test_contract_suites.py",
    "tests/docs/test_autobahn.py",
    "tests/reproduce/test_unroll.py",
)
"""The files that read the whole corpus. They stay in one worker, which reads it once."""
LONG |= dict.fromkeys(CORPUS, 45)

OF_CASES = 20
"""Cases mostly wait: they begin before the many short files, which use the processors meanwhile."""

if LoadScopeScheduling is not None:

    class FileScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
        """The scopes are targets for the cases of suites, and files for tests."""

        def _split_scope(self, nodeid: str) -> str:
            found, file = scope(nodeid), nodeid.partition("::")[0]
            if file in CORPUS:
                return "tests/specs"
            return file if found == nodeid else found


def lasts(file: str) -> int:
    """Roughly how many seconds the tests of a file take, 0 for a short one."""
    return LONG.get(file, OF_CASES if file.endswith((".yaml", ".yml")) else 0)


def pytest_configure(config: pytest.Config) -> None:
    bytecode.keep(config)
    if hasattr(config, "workerinput"):
        # xdist sets it to the width of its own terminal, at which commands would wrap the output that tests read.
        os.environ.pop("COLUMNS", None)
    if LoadScopeScheduling is not None:
        config.option.loadscopereorder = False  # it would have the files with the most tests begin first


def pytest_sessionstart(session: pytest.Session) -> None:
    """Import a share of the files in each worker. pytest compiles every file of tests for its assertions; in the same
    order, each worker would compile all of them at the same time. The others find a share as bytecode."""
    given = getattr(session.config, "workerinput", None)
    if given is None:
        return
    files = sorted(HERE.rglob("test_*.py"))
    for file in files[int(given["workerid"].removeprefix("gw")) :: given["workercount"]]:
        # The collection reports an error; a file that skips itself raises what is no Exception.
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(file.relative_to(HERE.parent).with_suffix("").parts))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """pytest's hook: collect without a pass of the collector, and spare all that was collected the later ones, which
    are as rare as in the engine's own processes."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(THRESHOLD, *gc.get_threshold()[1:])
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("asgi_extended", default=False):
        extended.leave_out(config, items)
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: -lasts(item.nodeid.partition("::")[0]))


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """xdist's hook: ours, unless the user named a distribution."""
    if LoadScopeScheduling is None or config.getoption("dist", "no") not in ("load", "no"):
        return None
    return FileScheduling(config, log)
