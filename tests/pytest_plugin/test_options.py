"""Which arguments of pytest are the plugin's to look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.pytest_plugin.options import concerned


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ("specs", True),
        ("specs/http", True),
        ("specs/http/wire.yaml", True),
        ("wire.yaml::missing-host", True),
        ("tests", False),
        ("tests/specs", False),
        ("specs_of_mine", False),
        ("specs/test_mine.py::test_it", False),
        ("there.yaml", False),
    ],
)
def test_an_address_or_suites_that_are_not_here(tmp_path: Path, argument: str, found: bool) -> None:
    (tmp_path / "there.yaml").touch()
    assert concerned([argument], tmp_path) is found


@pytest.mark.parametrize("argument", ["specs", "specs/http", "specs/http/wire.yaml"])
def test_what_is_here_is_pytests(tmp_path: Path, argument: str) -> None:
    path = tmp_path / argument
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert not concerned([argument], tmp_path)
