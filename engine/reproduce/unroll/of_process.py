"""The steps about the server's process as statements. Pure."""

from __future__ import annotations

from typing import cast

from engine.model.case import Step
from engine.model.variables import resolve
from engine.reproduce.unroll.facts import EXIT, KILL, LOG, MEASURE, FactExpressions
from engine.reproduce.unroll.of_app import calls
from engine.reproduce.unroll.unroller import Unroller
from engine.steps.process.kill_worker import KillWorkerParams
from engine.steps.process.measure import MeasureParams
from engine.steps.process.signal import SignalParams
from engine.steps.process.start import StartParams
from engine.steps.shared.values import text


def start(unroller: Unroller, step: Step) -> None:
    """``start``."""
    ready = resolve(cast(StartParams, step.params).ready, unroller.names)
    if ready is False:
        unroller.line("server.start(ready=False)")
    else:
        unroller.check("start", "server.start()", "'started'")


def signal(unroller: Unroller, step: Step) -> None:
    """``signal``."""
    unroller.line(f"server.signal({text(cast(SignalParams, step.params).name, unroller.names)!r})")


def exit(unroller: Unroller, step: Step) -> None:
    """``exit``."""
    unroller.line(f"ended = server.exit({unroller.seconds(step.checks.within)})")
    if "ended" not in step.checks.facts:
        unroller.check("the server has ended", "ended.ended", "True")
    unroller.checks(step, EXIT, "ended")


def kill_worker(unroller: Unroller, step: Step) -> None:
    """``kill_worker``: the process that served the last call."""
    params = cast(KillWorkerParams, step.params)
    variable = unroller.name(step.name or "worker")
    unroller.line(f"{variable} = numbered({calls(unroller, step, params.of)}).pid")
    unroller.check("the worker that served a call", variable, "differs_from(server.pid)")
    unroller.line(f"server.signal({text(params.signal, unroller.names)!r}, {variable})")
    unroller.checks(step, KILL, variable)


def observed(unroller: Unroller, step: Step, facts: FactExpressions, variable: str, expression: str) -> None:
    """Write an observation and its checks; with ``within``, repeated until the checks hold."""
    if step.checks.within is None or not step.checks.judges:
        unroller.line(f"{variable} = {expression}")
        unroller.checks(step, facts, variable)
        return
    look = unroller.name(f"look_at_{variable}")
    with unroller.block(f"def {look}() -> None:"):
        if step.checks.capture:
            unroller.line(f"nonlocal {', '.join(name for name, _ in step.checks.capture)}")
        unroller.line(f"{variable} = {expression}")
        unroller.checks(step, facts, variable)
    unroller.line(f"retry({look}, within={step.checks.within:g}, every=0.02)")


def log(unroller: Unroller, step: Step) -> None:
    """``log``."""
    observed(unroller, step, LOG, "log", "server.log")


def measure(unroller: Unroller, step: Step) -> None:
    """``measure``."""
    params = cast(MeasureParams, step.params)
    if resolve(params.settled, unroller.names) is True:
        unroller.line(f"settled(server, {5.0 if step.checks.within is None else step.checks.within:g})")
    variable = unroller.name(step.name or "usage")
    if params.since is not None:
        unroller.line(f"{variable}_before = {params.since.replace('-', '_')}")
    observed(unroller, step, MEASURE, variable, "Usage(server)")


UNROLLERS = {
    ("step", "start"): start,
    ("step", "signal"): signal,
    ("step", "exit"): exit,
    ("step", "kill_worker"): kill_worker,
    ("step", "log"): log,
    ("step", "measure"): measure,
}
