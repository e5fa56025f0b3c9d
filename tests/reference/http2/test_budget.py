from __future__ import annotations

import pytest

from engine.reference.http2.budget import MOST, PERIOD, NuisanceBudget
from engine.reference.http2.faults import ConnectionFault, ErrorCode


def test_so_many_in_a_period_are_tolerated() -> None:
    now = 100.0
    budget = NuisanceBudget(lambda: now)
    for _ in range(MOST):
        budget.spend("PING")
    with pytest.raises(ConnectionFault) as raised:
        budget.spend("PING")
    assert raised.value.code is ErrorCode.ENHANCE_YOUR_CALM


def test_a_new_period_begins_after_the_old_one() -> None:
    times = iter([0.0, PERIOD + 1])
    budget = NuisanceBudget(lambda: next(times))
    for _ in range(2 * MOST):
        budget.spend("PING")
