"""Values of a test that run with ``--extended`` only, as the extended cases of the corpus do: more of the same kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def some(values: Iterable[Any], usual: int) -> list[Any]:
    """The parameters of a test: the first ``usual`` values, and the others with the mark ``extended``."""
    return [value if number < usual else more(value) for number, value in enumerate(values)]


def more(value: Any) -> Any:
    """A parameter with the mark ``extended``."""
    return pytest.param(value, marks=pytest.mark.extended)


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests with the mark ``extended``, apart from those that the command line names."""
    named = {_name(argument) for argument in config.args if "::" in argument}
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        (left if item.get_closest_marker("extended") and _name(item.nodeid) not in named else kept).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


def _name(test: str) -> str:
    """A test below the name of its file, which is the same in every folder: an argument is relative to another one."""
    path, _, name = test.partition("::")
    return f"{path.rpartition('/')[2]}::{name}"
