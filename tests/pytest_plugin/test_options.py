"""The arguments of pytest that concern the plugin, and its options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import cast

import pytest

import asgi_conformance_pytest
from asgi_conformance_pytest import concerned, is_suite
from engine.cli import grid
from engine.execution.planning.deliveries import CLIENTS
from engine.model.case import Level
from engine.model.delivery import ALL, DELIVERIES
from engine.model.target import LOOPS, RUNTIMES
from engine.pytest_plugin.options import renamed
from tests.pipes import pipe


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


def test_a_named_pipe_is_no_suite(tmp_path: Path) -> None:
    path = tmp_path / "pipe.yaml"
    with pipe(path, "suite: S\n"):
        assert not is_suite(path)


def test_the_entry_point_has_the_engines_words() -> None:
    """It imports nothing of the engine, and so has them again."""
    assert set(asgi_conformance_pytest.LOOPS) == set(LOOPS)
    assert asgi_conformance_pytest.RUNTIMES == RUNTIMES
    assert set(asgi_conformance_pytest.DELIVERIES) == {*DELIVERIES, ALL}
    (client,) = [one for one in asgi_conformance_pytest.OPTIONS if one.name == "client"]
    assert set(client.settings["choices"]) == set(CLIENTS)
    assert tuple(level.value for level in Level) == asgi_conformance_pytest.LEVELS


def test_options_have_the_names_of_engine_grid() -> None:
    parser = argparse.ArgumentParser()
    grid.arguments(parser)
    known = {name for action in parser._actions for name in action.option_strings}
    added = {f"--{option.name}" for option in asgi_conformance_pytest.OPTIONS}
    assert added - known == {"--warnings-fail"}
    # These draw a run, or are pytest's own: it writes JUnit XML itself, and has pytest-xdist and no cluster.
    assert known - added == {"-h", "--help", "-k", "--from", "--group-by", "--failures", "--on", "--report"}


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("add --runtime running", "add --asgi-runtime running"),
        ("--url says so", "--asgi-url says so"),
        ("x\n  `engine grid --server all` does", "x\n  `engine grid --server all` does"),
        ("no --servers, --x-server", "no --servers, --x-server"),
    ],
)
def test_messages_have_the_names_that_pytest_knows(message: str, found: str) -> None:
    class Config:
        short = False

        def getini(self, name: str) -> bool:
            assert name == "asgi_short_options"
            return self.short

    config = Config()
    assert renamed(message, cast(pytest.Config, config)) == found
    config.short = True
    assert renamed(message, cast(pytest.Config, config)) == message
