"""Interpreters of ``--python``, as uv finds them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from engine.errors import EnvironmentFailed
from engine.targets.environments.packages import Environments, find_uv


def environments(folder: Path, script: str = "") -> Environments:
    if not script:
        return Environments(folder)
    uv = folder / "uv"
    uv.write_text(f'#!/bin/sh\necho "$@" >> {folder}/log\n{script}\n')
    uv.chmod(0o755)
    return Environments(folder, find_uv=lambda: str(uv))


def test_uv_is_asked_once_and_downloads_nothing(tmp_path: Path) -> None:
    known = environments(tmp_path, f"echo {sys.executable}")

    async def both() -> list[Path]:
        return [await known.interpreter("3.12"), await known.interpreter("3.12")]

    assert asyncio.run(both()) == [Path(sys.executable)] * 2
    assert (tmp_path / "log").read_text() == "python find --no-project 3.12\n"


def test_an_interpreter_that_is_not_there_has_its_reason(tmp_path: Path) -> None:
    known = environments(tmp_path, "echo 'no interpreter found' >&2; exit 2")
    with pytest.raises(EnvironmentFailed, match=r"uv finds no Python 3\.12 here") as raised:
        asyncio.run(known.interpreter("3.12"))
    assert "`uv python install 3.12`" in raised.value.hint
    assert "no interpreter found" in raised.value.log


def test_the_real_uv_finds_this_python(tmp_path: Path) -> None:
    assert Path(find_uv()).exists()
    version = ".".join(map(str, sys.version_info[:2]))
    assert asyncio.run(environments(tmp_path).interpreter(version)).exists()
