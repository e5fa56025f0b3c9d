"""The axis of ``--python``: targets, their ids, and the commands that name them again."""

from __future__ import annotations

import pytest

from engine.app.engine import Engine, RunOptions
from engine.app.naming import target_called
from engine.app.project_paths import find
from engine.errors import UsageError
from engine.model import commands
from engine.model.target import Target
from engine.model.verdict import Verdict
from engine.results.analysis.attribution import ComparedResult
from engine.results.analysis.comparison import compare, sides
from engine.results.analysis.grouping import around
from engine.targets.matrix.matrix import on_pythons
from tests.results.synthetic import result, row, run

PLAIN = Target("gunicorn", "control", "auto")


def test_each_target_is_one_on_each_python() -> None:
    found = on_pythons([PLAIN, Target("gunicorn", "starlette", "auto")], ["3.12", "3.13t", "3.12"])
    assert [one.id for one in found] == [
        "gunicorn-control-auto-py3.12", "gunicorn-control-auto-py3.13t",
        "gunicorn-starlette-auto-py3.12", "gunicorn-starlette-auto-py3.13t",
    ]  # fmt: skip


def test_without_the_option_nothing_is_said_of_a_python() -> None:
    assert on_pythons([PLAIN], []) == [PLAIN]
    assert PLAIN.id == "gunicorn-control-auto"
    assert around(row("s f")) == ()


@pytest.mark.parametrize("word", ["", "2.7", "3.12-dev", "/usr/bin/python3", "3.12 ", "py3.12/x"])
def test_a_word_that_is_no_version(word: str) -> None:
    with pytest.raises(UsageError, match="is no version of Python") as raised:
        on_pythons([PLAIN], [word])
    assert "--python 3.12" in raised.value.hint


def test_a_container_has_its_own_python() -> None:
    with pytest.raises(UsageError, match="only for processes of this machine"):
        Engine(find(), way="docker").targets(RunOptions(pythons=("3.12",)))


def test_a_target_is_called_by_its_python() -> None:
    target = target_called(Engine(find()), "gunicorn-control-auto-py3.12")
    assert target == Target("gunicorn", "control", "auto", interpreter="3.12")
    assert commands.served(target) == target.id
    assert commands.grid("a.yaml::b", target)[-2:] == ["--python", "3.12"]
    behind = target_called(Engine(find()), "gunicorn-control-asyncio-nginx-http-py3.13")
    assert (behind.gateway, behind.interpreter) == ("nginx-http", "3.13")


def test_another_python_is_no_evidence() -> None:
    one, other = (row("s f", interpreter=word) for word in ("3.12", "3.13"))
    cells = [ComparedResult(target, result(target, Verdict.PASS)) for target in (one, other)]
    assert cells[0].like(cells[0])
    assert not cells[0].like(cells[1])


def test_two_runs_of_one_python_each_are_compared() -> None:
    before = run({"s f": Verdict.PASS}, row("s f", interpreter="3.12"))
    after = run({"s f": Verdict.FAIL}, row("s f", interpreter="3.13"))
    assert compare(*sides(before, after)).regressed
