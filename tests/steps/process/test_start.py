from __future__ import annotations

from engine.errors import StartError
from engine.steps.process.start import StartParams
from tests.steps.context import JobScope, run, see, why
from tests.steps.reader import step, steps


def test_it_waits_unless_it_is_told_not_to() -> None:
    ctx = JobScope(variables={"wait": False})
    run(ctx.run(steps({"start": {}}, {"start": {"ready": True}}, {"start": {"ready": {"var": "wait"}}})))
    assert ctx.live.starts == [True, True, False]
    assert step("start", {}).params == StartParams(True)


def test_a_server_that_does_not_start_is_a_mismatch_of_the_step() -> None:
    ctx = JobScope()
    ctx.live.no_start = StartError("it ended before it was ready", hint="see its app", log="boom")
    seen = run(see(ctx, "start", {}))
    assert why(seen) == [("start", "it ended before it was ready")]
    assert [one.why for one in seen.implicit_failures(frozenset())] == ["see its app; its log ends: boom"]
