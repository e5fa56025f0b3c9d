"""The step ``kill_worker``: ends the worker that served a call, as the observer's records name it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.facts import INTEGER
from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.requirements import Requirement
from engine.steps.api.context import Context
from engine.steps.api.facts import FactSet, fact
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.app.step import calls_of, seen_calls
from engine.steps.process.signal import SIGNALS, number, schema
from engine.steps.shared.implicit_failures import ImplicitFailure
from engine.steps.shared.values import text

# A stopped worker is one that does not respond; the main process can still be observed.
FOR_WORKERS = (*SIGNALS, "STOP")


@dataclass(frozen=True)
class KillWorkerParams:
    """The step whose server worker is killed, and the signal."""

    of: str | None = None
    signal: object = "KILL"


def parse(node: Node, reader: NodeReader) -> KillWorkerParams:
    """The parameters of a valid node."""
    of, signal = node.get("of"), node.get("signal")
    return KillWorkerParams(str(reader.value(of)) if of else None, reader.value(signal) if signal else "KILL")


class WorkerFacts(FactSet):
    """The worker that was sent the signal."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    @fact("pid", INTEGER)
    def pid(self) -> object:
        """The process that was sent the signal."""
        return self._pid


async def perform(params: KillWorkerParams, ctx: Context) -> Observation:
    """Kill the worker that served the last call of the steps. The main process is none, and is left alone."""
    steps = ctx.find(params.of)
    await seen_calls(ctx, steps)
    calls = calls_of(ctx.live.boundary, steps)
    if not calls:
        return ImplicitFailure(
            "kill_worker", "a server worker that served a call", Worded("no call"), "no earlier step made one"
        )
    pid = calls[-1].pid
    if pid == ctx.live.pid:
        why = "it served the call itself; `server: {workers: 2}` starts server workers"
        return ImplicitFailure("kill_worker", "a server worker that served a call", Worded("the main process"), why)
    name = text(params.signal, ctx.variables)
    if not ctx.live.signal(number(name, FOR_WORKERS), pid):
        return ImplicitFailure(
            "kill_worker", "a server worker that served a call", Worded(f"process {pid}, which has ended already")
        )
    ctx.note("kill_worker", f"{name} to process {pid}")
    return WorkerFacts(pid)


STEP_TYPES = (
    StepType(
        name="kill_worker",
        groups=("step",),
        summary="Ends the worker process that served a call.",
        schema=mapping(
            {
                "of": literal("text", "The step or connection that caused the call; by default the previous step."),
                "signal": schema("The signal that it is sent; KILL by default", FOR_WORKERS),
            }
        ),
        parse=parse,
        perform=perform,
        not_by_hand="a worker of the server is ended",
        facts=WorkerFacts.facts,
        observes=True,
        requires=frozenset({Requirement.DEDICATED, Requirement.WORKERS}),
        lifecycle="ends",
        refers=("of",),
    ),
)
