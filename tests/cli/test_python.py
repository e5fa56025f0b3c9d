"""``--python`` of ``engine grid``."""

from __future__ import annotations

import platform

import pytest

from tests.cli.conftest import Engine


@pytest.mark.service
def test_a_python_that_is_not_there_is_one_failing_row(engine: Engine) -> None:
    here = platform.python_version()
    words = ("grid", "cases.yaml", "--framework", "control", "-k", "good")
    ran = engine(*words, "--python", here, "--python", "3.99")
    assert ran.returncode == 1, ran.stdout
    assert f"control py{here}" in ran.stdout
    assert "gunicorn-control-auto-py3.99 did not start: uv finds no Python 3.99 here" in ran.stdout
    assert "1 passed, 1 target did not start" in ran.stdout
    assert engine("explain", "last", "good", "3.99").returncode == 0


def test_a_word_that_is_no_python(engine: Engine) -> None:
    ran = engine("grid", "cases.yaml", "--framework", "control", "--python", "new")
    assert (ran.returncode, "'new' is no version of Python" in ran.stderr) == (2, True)
