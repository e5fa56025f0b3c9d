"""The plugin under its older name: ``-p engine.pytest_plugin.plugin``. It stands for ``-p conformance_engine``."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ENTRY = "asgi_conformance_pytest"


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """pytest's hook: register the module of the entry point, where pytest has not."""
    del parser
    found = entry()
    if not pluginmanager.is_registered(found):
        name = found.NAME if not pluginmanager.has_plugin(found.NAME) else ENTRY
        pluginmanager.register(found, name)


def entry() -> ModuleType:
    """The module of the entry point. An editable install that is older than this module does not find it by name."""
    try:
        import asgi_conformance_pytest  # noqa: PLC0415
    except ModuleNotFoundError:
        spec = spec_from_file_location(ENTRY, Path(__file__).parents[2] / f"{ENTRY}.py")
        if spec is None or spec.loader is None:
            raise
        found = sys.modules[ENTRY] = module_from_spec(spec)
        spec.loader.exec_module(found)
        return found
    return asgi_conformance_pytest
