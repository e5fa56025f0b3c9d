"""With pytest-xdist: a target's items stay in one worker, so that two workers never start the same target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engine.pytest_plugin.state import KEY

try:
    from xdist.scheduler import LoadScopeScheduling
except ImportError:  # pytest-xdist is optional
    LoadScopeScheduling = None


def scope(nodeid: str) -> str:
    """The key of items that must share a worker: the target of a case's item, the item itself of any other."""
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
    """xdist's hook: give the id of the run to a worker; all write to the same folder."""
    conformance = node.config.stash[KEY]
    node.workerinput["conformance_run"] = conformance.run_id


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: Any) -> None:
    """xdist's hook: record the rechecks and comparisons of a worker, and keep its error in the options, which is the
    same in every worker."""
    del error
    conformance, output = node.config.stash[KEY], getattr(node, "workeroutput", {})
    if plan := output.get("conformance_plan"):
        conformance.learn_plan(plan)
    conformance.record_lines(output.get("conformance_lines", ()))
    conformance.trouble_of_workers = output.get("conformance_trouble", "") or conformance.trouble_of_workers


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """xdist's hook: begin the record before any item runs. Raises pytest.UsageError if it cannot be written."""
    if any(scope(one) != one for one in ids):
        node.config.stash[KEY].begin_store()
