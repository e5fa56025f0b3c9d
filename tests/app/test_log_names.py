"""A log is found by its target's id, or by the framework's name where that says which."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app.logs import log_of
from engine.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    for name in (
        "gunicorn==26.2.0-fastapi-auto-docker",
        "gunicorn==26.2.0-fastapi-auto-docker.2",
        "probe-gunicorn-fastapi-auto",
        "gunicorn-control-asyncio",
        "gunicorn-control-uvloop",
        "gunicorn-control-uvloop.gateway",
    ):
        (tmp_path / "logs" / f"{name}.log").touch()
    return tmp_path


@pytest.mark.parametrize("name", ["fastapi", "gunicorn==26.2.0-fastapi-auto-docker"])
def test_a_framework_says_which_where_there_is_one(folder: Path, name: str) -> None:
    assert log_of(name, folder).name == "gunicorn==26.2.0-fastapi-auto-docker"


def test_several_are_listed(folder: Path) -> None:
    with pytest.raises(UsageError, match="several logs of 'control'") as caught:
        log_of("control", folder)
    assert caught.value.hint == "which one: gunicorn-control-asyncio, gunicorn-control-uvloop"


def test_none_is_told(folder: Path) -> None:
    with pytest.raises(UsageError, match="no log of 'quart'"):
        log_of("quart", folder)
