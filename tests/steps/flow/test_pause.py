from __future__ import annotations

import asyncio

import pytest

from tests.steps.context import JobScope, run
from tests.steps.reader import steps


@pytest.mark.parametrize("time", ["250ms", {"var": "long"}])
def test_it_waits_for_that_long(time: object, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    run(JobScope(variables={"long": 0.25}).run(steps({"pause": time})))
    assert waited == [0.25]
