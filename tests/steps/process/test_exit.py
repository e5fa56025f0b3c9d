from __future__ import annotations

import pytest

from engine.model.target import ExitStatus
from engine.steps.api.context import StepRecord
from engine.steps.process.exit import name_of
from tests.steps.context import ABSENT, JobScope, run, see, why
from tests.steps.reader import STEP_TYPES, step


def ended(how: ExitStatus, at: float = 12.0) -> JobScope:
    ctx = JobScope()
    ctx.live.ended, ctx.live.ended_at = how, at
    return ctx


def test_the_status() -> None:
    seen = run(see(ended(ExitStatus(status=3)), "exit", {}))
    assert seen.fact("code") == 3
    assert seen.fact("signal") is ABSENT


def test_the_signal() -> None:
    seen = run(see(ended(ExitStatus(signal=15)), "exit", {}))
    assert seen.fact("code") is ABSENT
    assert seen.fact("signal") == "TERM"


@pytest.mark.parametrize(
    ("how", "name"), [(ExitStatus(status=0), None), (ExitStatus(signal=9), "KILL"), (ExitStatus(signal=63), "63")]
)
def test_names(how: ExitStatus, name: str | None) -> None:
    assert name_of(how) == name


def test_its_time_counts_from_what_brought_it_about() -> None:
    ctx = ended(ExitStatus(status=0))
    for kind, body, at in (("start", {}, 1.0), ("signal", "TERM", 10.0), ("pause", "1ms", 11.0)):
        ctx.did(StepRecord(step(kind, body), at, lifecycle=STEP_TYPES["step", kind].lifecycle))
    assert run(see(ctx, "exit", {})).fact("elapsed") == 2.0


def test_what_the_observers_wrote_to_the_end_is_taken_in() -> None:
    ctx = ended(ExitStatus(status=0))
    run(see(ctx, "exit", {}))
    assert ctx.live.boundary.refreshed == 1


def test_one_that_does_not_come() -> None:
    seen = run(see(JobScope(), "exit", {"within": "20ms"}))
    assert why(seen, "code") == [("exit", "a server still running")]


def test_a_server_that_may_still_run() -> None:
    seen = run(see(JobScope(), "exit", {"within": "20ms"}))
    assert (seen.fact("ended"), seen.fact("code"), why(seen, "ended")) == (False, ABSENT, [])
    assert run(see(ended(ExitStatus(status=3)), "exit", {})).fact("ended") is True
