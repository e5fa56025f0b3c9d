from __future__ import annotations

import signal

import pytest

from engine.steps.app import step as app
from tests.steps.context import ABSENT, JobScope, call, run, see, why
from tests.steps.reader import step


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "SETTLE", 0.01)


def served(*pids: int) -> JobScope:
    """A context in which a step named one made calls that these processes served."""
    ctx = JobScope()
    one = step("request", {"path": "/", "as": "one"})
    ctx.did(type(ctx.performed)(one, 0.0, tokens=["j1.1"]))
    ctx.live.boundary.all = [call("j1.1", pid=pid, started=float(n)) for n, pid in enumerate(pids)]
    return ctx


def test_the_worker_of_the_last_call_is_killed() -> None:
    ctx = served(7, 8)
    assert run(see(ctx, "kill_worker", {})).fact("pid") == 8
    assert ctx.live.signals == [(signal.SIGKILL, 8)]
    assert ctx.notes == [("kill_worker", "KILL to process 8")]


def test_another_signal_and_a_step_by_its_name() -> None:
    ctx = served(7)
    assert run(see(ctx, "kill_worker", {"of": "one", "signal": "TERM"})).fact("pid") == 7
    assert ctx.live.signals == [(signal.SIGTERM, 7)]


def test_the_main_process_is_no_worker() -> None:
    ctx = served(100)
    seen = run(see(ctx, "kill_worker", {}))
    assert why(seen) == [("kill_worker", "the main process")]
    assert seen.fact("pid") is ABSENT
    assert ctx.live.signals == []


def test_without_a_call_there_is_nobody_to_kill() -> None:
    ctx = served()
    assert why(run(see(ctx, "kill_worker", {}))) == [("kill_worker", "no call")]
    assert ctx.live.signals == []


def test_a_worker_that_is_gone() -> None:
    ctx = served(9)
    ctx.live.gone = frozenset({9})
    assert why(run(see(ctx, "kill_worker", {}))) == [("kill_worker", "process 9, which has ended already")]


def test_a_worker_can_be_stopped() -> None:
    ctx = served(7)
    run(see(ctx, "kill_worker", {"signal": "STOP"}))
    assert ctx.live.signals == [(signal.SIGSTOP, 7)]
