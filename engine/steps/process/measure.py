"""The step ``measure``: what the server's processes use of the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.facts import INTEGER, SIZE, TIME, list_of
from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.requirements import Requirement
from engine.model.usage import Usage
from engine.steps.api.context import Context
from engine.steps.api.facts import Fact
from engine.steps.api.observation import MappingObservation, Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.shared.implicit_failures import ImplicitFailure

GROWING = ("memory", "files", "cpu")


@dataclass(frozen=True)
class MeasureParams:
    """The name of the step that measured before."""

    since: str | None = None


def parse(node: Node, reader: NodeReader) -> MeasureParams:
    """The parameters of a valid node."""
    since = node.get("since")
    return MeasureParams(str(reader.value(since)) if since else None)


def facts(now: Sequence[Usage], before: Sequence[Usage] | None = None) -> dict[str, object]:
    """The resource usage of all processes together, and its growth.

    Shared memory counts in each process, so growth says more than the sum. Processor time of processes
    that ended meanwhile is unknown.
    """
    found: dict[str, object] = {
        "memory": sum(one.memory for one in now),
        "files": sum(one.files for one in now),
        "cpu": sum(one.cpu for one in now),
        "processes": len(now),
        "pids": [one.pid for one in now],
    }
    if before is not None:
        earlier = facts(before)
        for name in GROWING:
            found[f"{name}.growth"] = found[name] - earlier[name]  # type: ignore[operator]
    return found


async def perform(params: MeasureParams, ctx: Context) -> Observation:
    """Measure, and remember what was found for a later step."""
    now = tuple(ctx.live.usage())
    if not now:
        return ImplicitFailure(
            "measure", "processes of the server to measure", Worded("none"), "the server is not running"
        )
    ctx.performed.kept = now
    before: Sequence[Usage] | None = None
    if params.since is not None:
        kept = [one.kept for one in ctx.find(params.since) if one.kept is not None and one is not ctx.performed]
        if not kept:
            raise ValueError(f"nothing was measured as {params.since!r}")
        before = kept[-1]  # type: ignore[assignment]
    return MappingObservation(facts(now, before))


KINDS = (
    StepType(
        name="measure",
        groups=("step",),
        summary="Measures what the server's processes use: memory, open files, processor time.",
        schema=mapping({"since": literal("text", "The name of an earlier `measure`, for what has grown since.")}),
        parse=parse,
        perform=perform,
        not_by_hand="what the server's processes use is compared",
        facts=(
            Fact("memory", "Resident memory of all its processes.", SIZE),
            Fact("memory.growth", "How much more that is than at `since`.", SIZE),
            Fact("files", "Open file descriptors of all its processes.", INTEGER),
            Fact("files.growth", "How many more they are than at `since`.", INTEGER),
            Fact("cpu", "Processor time of all its processes so far.", TIME),
            Fact("cpu.growth", "How much of it was used since `since`.", TIME),
            Fact("processes", "How many processes it has.", INTEGER),
            Fact("pids", "Their ids, the main process first.", list_of(INTEGER)),
        ),
        observes=True,
        named=True,
        within="polls",
        requires=frozenset({Requirement.PROCESS, Requirement.EXCLUSIVE}),
        refers=("since",),
    ),
)
