"""The tests with the mark ``extended``, and when they run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests import extended


@dataclass
class Item:
    """The part of a test that is read here."""

    nodeid: str
    marked: bool = False

    def get_closest_marker(self, name: str) -> str | None:
        return name if self.marked and name == "extended" else None


@dataclass
class Config:
    """The part of pytest's configuration that is read here, which is its own hook."""

    args: Sequence[str]
    left: list[str] = field(default_factory=list)

    @property
    def hook(self) -> Config:
        return self

    def pytest_deselected(self, items: Sequence[Item]) -> None:
        self.left += [item.nodeid for item in items]


def collected(*arguments: str) -> tuple[list[str], list[str]]:
    """The tests that run, and those that are deselected."""
    items: list[Any] = [Item("tests/a/test_b.py::c[0]"), Item("tests/a/test_b.py::c[1]", marked=True)]
    config: Any = Config(arguments)
    extended.leave_out(config, items)
    return [item.nodeid for item in items], config.left


@pytest.mark.parametrize("arguments", [(), ("tests",), ("tests/a/test_b.py",), ("test_b.py::c[0]",)])
def test_an_extended_test_is_deselected(arguments: tuple[str, ...]) -> None:
    assert collected(*arguments) == (["tests/a/test_b.py::c[0]"], ["tests/a/test_b.py::c[1]"])


@pytest.mark.parametrize("named", ["tests/a/test_b.py::c[1]", "test_b.py::c[1]"])
def test_an_extended_test_runs_by_its_name(named: str) -> None:
    assert collected(named) == (["tests/a/test_b.py::c[0]", "tests/a/test_b.py::c[1]"], [])


def test_the_values_beyond_the_usual_ones_are_extended() -> None:
    first, second, third = extended.some("abc", 2)
    assert (first, second, third.values) == ("a", "b", ("c",))
    assert [mark.name for mark in third.marks] == ["extended"]
