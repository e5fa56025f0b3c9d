from __future__ import annotations

import pytest

from engine.errors import ConnectionRefused
from engine.steps.api.context import StepFailed
from tests.steps.context import JobScope, against, run, staying
from tests.steps.reader import steps

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_branches_meet_and_what_they_capture_is_there_afterwards() -> None:
    async def work() -> None:
        async with against(staying(OK)) as ctx:
            await ctx.run(
                steps(
                    {
                        "parallel": {
                            "one": [{"await": "go"}, {"request": {"path": "/", "capture": {"seen": "status"}}}],
                            "two": [{"mark": "go"}, {"request": {"path": "/", "connection": "c"}}],
                        }
                    }
                )
            )
            assert ctx.variables["seen"] == 200
            assert ctx.labels == ["one", "two"]
            assert ctx.named == {}

    run(work())


def test_the_first_that_stops_ends_the_others() -> None:
    async def work() -> None:
        async with against(staying(OK)) as ctx:
            body = {"one": [{"await": "never"}], "two": [{"request": {"path": "/", "expect": {"status": 404}}}]}
            with pytest.raises(StepFailed):
                await ctx.run(steps({"parallel": body}))
            assert [one.where for one in ctx.broken] == ["status"]

    run(work())


def test_any_other_exception_is_raised_as_well() -> None:
    body = {"one": [{"pause": "60s"}], "two": [{"tcp": {"script": []}}]}
    with pytest.raises(ConnectionRefused):
        run(JobScope().run(steps({"parallel": body})))
