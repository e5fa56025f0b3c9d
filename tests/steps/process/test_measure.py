from __future__ import annotations

import pytest

from engine.model.usage import Usage
from engine.steps.process.measure import MeasureFacts
from tests.steps.context import ABSENT, JobScope, run, see, why

BEFORE = [Usage(1, 1000, 10, 0.5), Usage(2, 500, 5, 0.25)]
AFTER = [Usage(1, 1100, 10, 0.75), Usage(3, 900, 9, 0.5)]


def test_the_processes_are_added_up() -> None:
    seen = MeasureFacts(BEFORE)
    names = ("memory", "files", "cpu", "processes", "pids")
    assert [seen.fact(name) for name in names] == [1500, 15, 0.75, 2, [1, 2]]


def test_growth_since_an_earlier_one() -> None:
    async def work() -> None:
        ctx = JobScope()
        ctx.live.uses = BEFORE
        before = await see(ctx, "measure", {"as": "before"})
        assert before.fact("memory.growth") is ABSENT
        ctx.live.uses = AFTER
        await see(ctx, "measure", {"as": "between"})
        after = await see(ctx, "measure", {"since": "before"})
        grown = {name: after.fact(f"{name}.growth") for name in ("memory", "files", "cpu")}
        assert grown == {"memory": 500, "files": 4, "cpu": 0.5}
        assert after.fact("pids") == [1, 3]
        again = await see(ctx, "measure", {"since": "between"})
        assert again.fact("memory.growth") == 0

    run(work())


def test_one_that_measures_itself_again_still_counts_from_the_earlier_one() -> None:
    async def work() -> None:
        ctx = JobScope()
        ctx.live.uses = BEFORE
        await see(ctx, "measure", {"as": "m"})
        ctx.live.uses = AFTER
        assert (await see(ctx, "measure", {"as": "m", "since": "m"})).fact("files.growth") == 4

    run(work())


def test_a_server_that_is_gone_uses_nothing() -> None:
    assert why(run(see(JobScope(), "measure", {}))) == [("measure", "none")]


def test_since_what_was_never_measured() -> None:
    ctx = JobScope()
    ctx.live.uses = BEFORE
    with pytest.raises(ValueError, match="nothing was measured as 'before'"):
        run(see(ctx, "measure", {"since": "before"}))
