"""With pytest-xdist: a target's items stay in one worker, so that two workers never start the same target."""

from __future__ import annotations

from typing import Any

import pytest

from engine.pytest_plugin.state import KEY

try:
    from xdist.scheduler import LoadScopeScheduling
except ImportError:  # pytest-xdist is optional
    LoadScopeScheduling = None


def scope(nodeid: str) -> str:
    """What an item must share a worker with: our items their target, any other nothing but itself."""
    path, _, name = nodeid.partition("::")
    if path.endswith((".yaml", ".yml")) and name.endswith("]"):
        return "conformance:" + name[name.rindex("[") + 1 : -1]
    return nodeid


if LoadScopeScheduling is not None:

    class TargetScheduling(LoadScopeScheduling):  # type: ignore[misc]
        """Load scheduling whose scope is the target. ``_split_scope`` is what xdist's own documentation overrides."""

        def _split_scope(self, nodeid: str) -> str:
            return scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """xdist's hook: ours, unless the user named a distribution."""
    if LoadScopeScheduling is None or config.getoption("dist", "no") not in ("load", "no"):
        return None
    return TargetScheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist's hook: all workers of a run share its id, and so its folder."""
    conformance = node.config.stash[KEY]
    node.workerinput["conformance_run"] = conformance.run_id


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: Any) -> None:
    """xdist's hook: what a worker ran again alone, or to compare, goes into the run's file with all else."""
    del error
    node.config.stash[KEY].keep_lines(getattr(node, "workeroutput", {}).get("conformance_lines", ()))
