from __future__ import annotations

import asyncio

import pytest

from engine.steps.shared.concurrency import all_of, own
from tests.steps.context import JobScope, run


def test_all_are_run_at_once() -> None:
    async def work() -> None:
        barrier = asyncio.Barrier(3)

        async def one() -> None:
            await barrier.wait()

        await all_of([one() for _ in range(3)])

    run(work())


def test_the_first_exception_cancels_the_others_and_waits_for_them() -> None:
    async def work() -> None:
        tidied = []

        async def waits() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                tidied.append(True)

        async def fails() -> None:
            await asyncio.sleep(0)
            raise LookupError

        with pytest.raises(LookupError):
            await all_of([waits(), fails(), waits()])
        assert tidied == [True, True]

    run(work())


def test_a_cancellation_from_outside_ends_all() -> None:
    async def work() -> None:
        ended = []

        async def waits() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(True)

        whole = asyncio.ensure_future(all_of([waits(), waits()]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        whole.cancel()
        with pytest.raises(asyncio.CancelledError):
            await whole
        assert ended == [True, True]

    run(work())


def test_what_is_a_branchs_own() -> None:
    ctx = JobScope(variables={"outer": 1})
    branch = ctx.branch({"n": 2}, "b")
    branch.variables["captured"] = 3
    assert own(branch) == {"n": 2, "captured": 3}
