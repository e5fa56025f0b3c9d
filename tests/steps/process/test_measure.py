from __future__ import annotations

from typing import cast

import pytest

from engine.model.expectation import Unclear
from engine.model.usage import Usage
from engine.steps.process.measure import STILL_MEMORY, MeasureFacts, MeasureParams, perform, still
from tests.steps.context import ABSENT, JobScope, run, see, why
from tests.steps.reader import step

BEFORE = [Usage(1, 1000, 10, 0.5, 4), Usage(2, 500, 5, 0.25, 1)]
AFTER = [Usage(1, 1100, 10, 0.75, 4), Usage(3, 900, 9, 0.5, 9)]


def test_the_processes_are_added_up() -> None:
    seen = MeasureFacts(BEFORE)
    names = ("memory", "files", "threads", "cpu", "processes", "pids")
    assert [seen.fact(name) for name in names] == [1500, 15, 5, 0.75, 2, [1, 2]]


def test_growth_since_an_earlier_one() -> None:
    async def work() -> None:
        ctx = JobScope()
        ctx.live.uses = BEFORE
        before = await see(ctx, "measure", {"as": "before"})
        assert before.fact("memory.growth") is ABSENT
        ctx.live.uses = AFTER
        await see(ctx, "measure", {"as": "between"})
        after = await see(ctx, "measure", {"since": "before"})
        grown = {name: after.fact(f"{name}.growth") for name in ("memory", "files", "threads", "cpu")}
        assert grown == {"memory": 500, "files": 4, "threads": 8, "cpu": 0.5}
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


def used(memory: int, peak: int | None, *, pid: int = 1, cpu: float = 0.0, files: int = 1) -> list[Usage]:
    return [Usage(pid, memory, files, cpu, peak=peak)]


def test_the_peak_since_an_earlier_one_outlives_measurements_between() -> None:
    async def work() -> None:
        ctx = JobScope()
        ctx.live.uses = used(1000, 9000)
        before = await see(ctx, "measure", {"as": "before"})
        assert before.fact("memory.peak") is ABSENT
        ctx.live.uses = used(1500, 4000)
        await see(ctx, "measure", {"as": "between"})
        ctx.live.uses = used(1200, 2000)
        after = await see(ctx, "measure", {"since": "before"})
        assert (after.fact("memory.peak"), after.fact("memory.peak.growth")) == (4000, 3000)
        later = await see(ctx, "measure", {"since": "between"})
        assert later.fact("memory.peak") == 2000

    run(work())


def test_a_system_without_peaks_says_so() -> None:
    async def work() -> None:
        ctx = JobScope()
        ctx.live.uses = used(1000, None)
        await see(ctx, "measure", {"as": "before"})
        after = await see(ctx, "measure", {"since": "before"})
        for name in ("memory.peak", "memory.peak.growth"):
            value = after.fact(name)
            assert isinstance(value, Unclear)
            assert "keeps no record" in value.why

    run(work())


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (used(1000, None), True),
        (used(1000 + STILL_MEMORY, None), True),
        (used(1001 + STILL_MEMORY, None), False),
        (used(1000, None, cpu=0.03), False),
        (used(1000, None, files=2), False),
        (used(1000, None, pid=2), False),
    ],
)
def test_what_stands_still(last: list[Usage], expected: bool) -> None:
    assert still([used(1000, None)] * 5 + [last]) == expected
    assert not still([used(1000, None)] * 5)


def test_a_measurement_waits_until_the_memory_stands_still() -> None:
    async def work() -> None:
        ctx = JobScope()
        grows = iter(range(4))
        ctx.live.usage = lambda: used((4 << 20) * min(3, next(grows, 3)), None)  # type: ignore[method-assign]
        seen = await see(ctx, "measure", {"settled": True})
        assert seen.fact("memory") == 12 << 20

    run(work())


def test_resources_that_never_stand_still() -> None:
    async def work() -> None:
        ctx = JobScope()
        grows = iter(range(10_000))
        ctx.live.usage = lambda: used((1 << 20) * next(grows), None)  # type: ignore[method-assign]
        seen = await see(ctx, "measure", {"settled": True, "within": "400ms"})
        [(where, actual)] = why(seen)
        assert where == "measure"
        assert "memory by 5 MiB" in repr(actual)

    run(work())


def test_an_observation_at_the_end_of_the_time_still_sees_what_stands_still() -> None:
    async def work() -> None:
        ctx = JobScope()
        ctx.live.usage = lambda: used(500, None)  # type: ignore[method-assign]  # a system without a record of the peak
        one = step("measure", {"settled": True, "within": "250ms"})
        ctx.act_for(one)
        ctx.did(ctx.performed)
        ctx.performed.started -= 10.0
        seen = await perform(cast(MeasureParams, one.params), ctx)
        assert seen.fact("memory") == 500

    run(work())
