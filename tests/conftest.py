"""With pytest-xdist the tests of one file stay in one worker, since many files start something once for all of them."""

from __future__ import annotations

from typing import Any

import pytest

from engine.pytest_plugin.xdist import scope
from tests import bytecode

try:
    from xdist.scheduler import LoadScopeScheduling
except ImportError:  # without pytest-xdist there is nothing to schedule
    LoadScopeScheduling = None

if LoadScopeScheduling is not None:

    class FileScheduling(LoadScopeScheduling):  # type: ignore[misc]
        """The scopes are targets for the cases of suites, and files for tests."""

        def _split_scope(self, nodeid: str) -> str:
            found = scope(nodeid)
            return nodeid.partition("::")[0] if found == nodeid else found


def pytest_configure(config: pytest.Config) -> None:
    bytecode.keep(config)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """xdist's hook: ours, unless the user named a distribution."""
    if LoadScopeScheduling is None or config.getoption("dist", "no") not in ("load", "no"):
        return None
    return FileScheduling(config, log)
