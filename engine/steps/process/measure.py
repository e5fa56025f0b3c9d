"""The step ``measure``: what the server's processes use of the machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from engine.model.expectation import ABSENT
from engine.model.facts import INTEGER, SIZE, TIME, list_of
from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.requirements import Requirement
from engine.model.usage import Usage
from engine.steps.api.context import Context
from engine.steps.api.facts import FactSet, fact
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.shared.implicit_failures import ImplicitFailure


@dataclass(frozen=True)
class MeasureParams:
    """The name of the step that measured before."""

    since: str | None = None


def parse(node: Node, reader: NodeReader) -> MeasureParams:
    """The parameters of a valid node."""
    since = node.get("since")
    return MeasureParams(str(reader.value(since)) if since else None)


class MeasureFacts(FactSet):
    """The resource usage of all processes of the server together, and its growth since an earlier measurement, None
    for none.

    Shared memory counts in each process, so growth says more than the sum. Processor time of processes that ended
    meanwhile is unknown.
    """

    def __init__(self, now: Sequence[Usage], before: Sequence[Usage] | None = None) -> None:
        self._now = now
        self._before = before

    def _growth(self, total: Callable[[Sequence[Usage]], float]) -> object:
        return ABSENT if self._before is None else total(self._now) - total(self._before)

    @fact("memory", SIZE)
    def memory(self) -> object:
        """The resident memory of all processes."""
        return _memory(self._now)

    @fact("memory.growth", SIZE)
    def memory_growth(self) -> object:
        """The growth of `memory` since the step `since`."""
        return self._growth(_memory)

    @fact("files", INTEGER)
    def files(self) -> object:
        """The number of open file descriptors of all processes."""
        return _files(self._now)

    @fact("files.growth", INTEGER)
    def files_growth(self) -> object:
        """The growth of `files` since the step `since`."""
        return self._growth(_files)

    @fact("cpu", TIME)
    def cpu(self) -> object:
        """The processor time of all processes so far."""
        return _cpu(self._now)

    @fact("cpu.growth", TIME)
    def cpu_growth(self) -> object:
        """The processor time used since the step `since`."""
        return self._growth(_cpu)

    @fact("processes", INTEGER)
    def processes(self) -> object:
        """The number of processes."""
        return len(self._now)

    @fact("pids", list_of(INTEGER))
    def pids(self) -> object:
        """The ids of the processes, the main process first."""
        return [one.pid for one in self._now]


def _memory(usages: Sequence[Usage]) -> int:
    return sum(one.memory for one in usages)


def _files(usages: Sequence[Usage]) -> int:
    return sum(one.files for one in usages)


def _cpu(usages: Sequence[Usage]) -> float:
    return sum(one.cpu for one in usages)


async def perform(params: MeasureParams, ctx: Context) -> Observation:
    """Measure the server's processes, and keep the result for a later `since`. Raises ValueError where `since` names no
    step that measured."""
    now = tuple(ctx.live.usage())
    if not now:
        return ImplicitFailure(
            "measure", "processes of the server to measure", Worded("none"), "the server is not running"
        )
    ctx.performed.kept = now
    before: Sequence[Usage] | None = None
    if params.since is not None:
        earlier = (one.kept for one in ctx.find(params.since) if one is not ctx.performed)
        kept = [cast(Sequence[Usage], one) for one in earlier if one is not None]
        if not kept:
            raise ValueError(f"nothing was measured as {params.since!r}")
        before = kept[-1]
    return MeasureFacts(now, before)


STEP_TYPES = (
    StepType(
        name="measure",
        groups=("step",),
        summary="Measures what the server's processes use: memory, open files, processor time.",
        schema=mapping({"since": literal("text", "The name of an earlier `measure`, for what has grown since.")}),
        parse=parse,
        perform=perform,
        not_by_hand="the resources of the server's processes are compared",
        facts=MeasureFacts.facts,
        observes=True,
        named=True,
        within="polls",
        requires=frozenset({Requirement.PROCESS, Requirement.EXCLUSIVE}),
        refers=("since",),
    ),
)
