"""Common properties of the engine's own command lines of servers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from engine.targets.catalog.servers.runners import common


def test_where_to_listen() -> None:
    assert common.address(common.arguments("one").parse_args(["m:app", "--bind", "127.0.0.1:80"])) == ("127.0.0.1", 80)


def test_a_socket_that_is_handed_down_becomes_descriptor_0(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, ...]] = []
    monkeypatch.setattr(os, "dup2", lambda old, new: calls.append((old, new)))
    monkeypatch.setattr(os, "close", lambda old: calls.append((old,)))
    assert common.address(common.arguments("one").parse_args(["m:app", "--fd", "7"])) is None
    assert calls == [(7, 0), (7,)]
    assert common.address(common.arguments("one").parse_args(["m:app", "--fd", "0"])) is None
    assert len(calls) == 2


@pytest.mark.parametrize("words", [[], ["--fd", "7", "--bind", "127.0.0.1:80"]])
def test_one_place_to_listen_is_needed(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        common.arguments("one").parse_args(["m:app", *words])


def test_the_app_is_a_module_s_attribute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_app_of_runners.py").write_text("app = 'it'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert common.load("own_app_of_runners:app") == "it"
    with pytest.raises(AttributeError):
        common.load("own_app_of_runners:other")
