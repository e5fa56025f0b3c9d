"""With pytest-xdist the tests of one file stay in one worker, since many files start something once for all of them.

The files that take longest begin first: one of them that came last would keep one worker, while the others had nothing
to do.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from engine.pytest_plugin.xdist import scope
from tests import bytecode

try:
    from xdist.scheduler import LoadScopeScheduling
except ImportError:  # without pytest-xdist there is nothing to schedule
    LoadScopeScheduling = None

LONG = {
    "tests/pytest_plugin/test_plugin.py": 110,
    "tests/hostile_servers/test_hostile_servers.py": 60,
    "tests/reproduce/test_folder_for_real.py": 60,
    "tests/cli/test_addresses.py": 50,
    "tests/cli/test_grid.py": 40,
    "tests/targets/catalog/test_every_server.py": 40,
    "tests/cli/test_main.py": 30,
    "tests/cli/test_explain.py": 30,
    "tests/cli/test_serve.py": 30,
    "tests/specs/test_reference.py": 30,
    "tests/cli/test_baseline.py": 25,
    "tests/reproduce/test_by_hand_for_real.py": 25,
    "tests/worker/test_client.py": 25,
    "tests/loading/test_bounds.py": 25,
    "tests/cli/test_try.py": 15,
    "tests/cli/test_history.py": 10,
    "tests/reproduce/test_unroll.py": 10,
    "tests/model/test_tagged.py": 10,
}
"""Roughly how many seconds a file takes, of those that take many; a wrong guess costs time alone."""

if LoadScopeScheduling is not None:

    class FileScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
        """The scopes are targets for the cases of suites, and files for tests."""

        def _split_scope(self, nodeid: str) -> str:
            found = scope(nodeid)
            return nodeid.partition("::")[0] if found == nodeid else found


def pytest_configure(config: pytest.Config) -> None:
    bytecode.keep(config)
    if hasattr(config, "workerinput"):
        # xdist sets it to the width of its own terminal, at which commands would wrap the output that tests read.
        os.environ.pop("COLUMNS", None)
    if LoadScopeScheduling is not None:
        config.option.loadscopereorder = False  # it would have the files with the most tests begin first


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: -LONG.get(item.nodeid.partition("::")[0], 0))


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """xdist's hook: ours, unless the user named a distribution."""
    if LoadScopeScheduling is None or config.getoption("dist", "no") not in ("load", "no"):
        return None
    return FileScheduling(config, log)
