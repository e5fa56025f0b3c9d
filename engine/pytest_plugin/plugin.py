"""The module that pytest loads: the options, and the registration of the hooks once there is a suite.

Every pytest loads this module where the engine is installed, and most have no suite. So it is small, and the hooks for
suites, ``engine.pytest_plugin.hooks``, are loaded with the first of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.pytest_plugin import options
from engine.worker.spawned import Spawned

if TYPE_CHECKING:
    from engine.pytest_plugin.hooks import Hooks

HOOKS = "conformance-hooks"


def pytest_addoption(parser: pytest.Parser) -> None:
    """pytest's hook."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """pytest's hook. Raises pytest.UsageError for a wrong option of a run with pytest-xdist."""
    if config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput"):
        # The controller of pytest-xdist sees no suite, only the reports of its workers.
        from engine.pytest_plugin import xdist  # noqa: PLC0415 (it loads the library)

        conformance = hooks(config, None).conformance
        config.pluginmanager.register(xdist, "conformance-xdist")
        # Its workers would each say so, in their own way.
        if options.given(config) and conformance.trouble:
            raise pytest.UsageError(conformance.trouble)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """pytest's hook: a YAML file whose first key is ``suite`` is ours."""
    if file_path.suffix not in (".yaml", ".yml") or not options.is_suite(file_path):
        return None
    config = parent.config
    new = not config.pluginmanager.hasplugin(HOOKS) and not config.getoption("collectonly")
    # Before all else: it loads what it needs while this process does.
    return hooks(config, Spawned() if new else None).suite(file_path, parent)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """pytest's hook: an address of a case stands for its items. Raises pytest.UsageError for one that there is not."""
    config = session.config
    here = config.invocation_params.dir
    if config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput"):
        return  # each worker of pytest-xdist does so itself
    if options.concerned(config.args, here):
        from engine.pytest_plugin import arguments  # noqa: PLC0415 (it loads what reads documents)

        spawned = None if config.pluginmanager.hasplugin(HOOKS) or config.getoption("collectonly") else Spawned()
        config.args = arguments.expanded(config.args, hooks(config, spawned).conformance)


def hooks(config: pytest.Config, spawned: Spawned | None) -> Hooks:
    """The hooks for suites, registered on the first call. ``spawned`` is the process that will run jobs."""
    found: Hooks | None = config.pluginmanager.get_plugin(HOOKS)
    if found is None:
        from engine.pytest_plugin.hooks import Hooks  # noqa: PLC0415 (that is why)

        found = Hooks(config, spawned)
        config.pluginmanager.register(found, HOOKS)
    return found
