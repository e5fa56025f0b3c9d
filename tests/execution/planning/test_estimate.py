"""The estimated duration of a case."""

from __future__ import annotations

import pytest

from engine.execution.planning.estimate import OF_TIMEOUT, OWN_PROCESS, estimate
from engine.model.case import TIMEOUT, Step
from tests.execution.fakes import case, step

SECONDS = {"look": 0.25, "wait": 1.0}


def lasts(one: Step) -> float:
    return SECONDS[one.step_type]


def test_steps_follow_each_other() -> None:
    assert estimate(case(step("look"), step("wait"), step("look")), lasts, own_process=False) == 1.5


def test_a_process_of_its_own_takes_longer() -> None:
    assert estimate(case(step("look")), lasts, own_process=True) == 0.25 + OWN_PROCESS


@pytest.mark.parametrize(("timeout", "more"), [(1.0, 0.0), (TIMEOUT, 0.0), (60.0, 60.0 * OF_TIMEOUT)])
def test_a_longer_timeout_than_usual_is_a_sign(timeout: float, more: float) -> None:
    assert estimate(case(step("look"), timeout=timeout), lasts, own_process=False) == 0.25 + more
