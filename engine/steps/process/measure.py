"""The step ``measure``: what the server's processes use of the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine.model.expectation import ABSENT, Unclear
from engine.model.facts import INTEGER, SIZE, TIME, list_of
from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.quantities import show_size, show_time
from engine.model.requirements import Requirement
from engine.model.usage import Usage
from engine.model.variables import WrongValue
from engine.steps.api.context import Context
from engine.steps.api.facts import FactSet, fact
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.shared.implicit_failures import ImplicitFailure
from engine.steps.shared.values import flag

# The resources stand still if none changes by more than this over so long a time: bytes of memory, seconds of
# processor time, seconds. WITHIN is the time limit without `within`, and SAMPLE the time between two measurements.
STILL_MEMORY, STILL_CPU, STILL_FOR = 256 * 1024, 0.025, 0.25
WITHIN, SAMPLE = 5.0, 0.05
SAMPLES = round(STILL_FOR / SAMPLE)


@dataclass(frozen=True)
class MeasureParams:
    """The name of the step that measured before, and whether to wait until the resources stand still."""

    since: str | None = None
    settled: object = False


@dataclass(slots=True)
class Measured:
    """The measurement that a step keeps for a later one, and the highest memory of each process since then, by pid, in
    bytes. A process is not in it while its peak is unknown."""

    usages: Sequence[Usage]
    peaks: dict[int, int] = field(default_factory=dict)

    def take(self, usages: Sequence[Usage]) -> None:
        """Take the peaks of a later measurement: each measurement resets them."""
        for one in usages:
            if one.peak is not None:
                self.peaks[one.pid] = max(one.peak, one.memory, self.peaks.get(one.pid, 0))


def parse(node: Node, reader: NodeReader) -> MeasureParams:
    """The parameters of a valid node."""
    since, settled, within = node.get("since"), node.get("settled"), node.get("within")
    if settled and settled.value is True and within:
        time = reader.time(within)
        if isinstance(time, float) and time < STILL_FOR:
            what = f"whether the resources stand still is known after {show_time(STILL_FOR)} at the earliest"
            reader.mistake(within, what, f"write within: {show_time(WITHIN)}, or delete it")
    return MeasureParams(str(reader.value(since)) if since else None, reader.value(settled) if settled else False)


class MeasureFacts(FactSet):
    """The resource usage of all processes of the server together, and its growth since an earlier measurement, None
    for none.

    Shared memory counts in each process, so growth says more than the sum. Processor time of processes that ended
    meanwhile is unknown.
    """

    def __init__(self, now: Sequence[Usage], before: Measured | None = None) -> None:
        self._now = now
        self._since = before
        self._before = None if before is None else before.usages

    def _peak(self) -> object:
        if self._since is None:
            return ABSENT
        peaks = [self._since.peaks.get(one.pid) for one in self._now]
        known = [peak for peak in peaks if peak is not None]
        if len(known) < len(peaks):
            return Unclear("unknown, since this system keeps no record of a process's highest memory")
        return sum(known)

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

    @fact("memory.peak", SIZE)
    def memory_peak(self) -> object:
        """The highest resident memory of each process since the step `since`, added up; known on Linux."""
        return self._peak()

    @fact("memory.peak.growth", SIZE)
    def memory_peak_growth(self) -> object:
        """`memory.peak` in excess of `memory` at the step `since`."""
        peak = self._peak()
        return peak - _memory(self._before or ()) if isinstance(peak, int) else peak

    @fact("files", INTEGER)
    def files(self) -> object:
        """The number of open file descriptors of all processes."""
        return _files(self._now)

    @fact("files.growth", INTEGER)
    def files_growth(self) -> object:
        """The growth of `files` since the step `since`."""
        return self._growth(_files)

    @fact("threads", INTEGER)
    def threads(self) -> object:
        """The number of threads of all processes."""
        return _threads(self._now)

    @fact("threads.growth", INTEGER)
    def threads_growth(self) -> object:
        """The growth of `threads` since the step `since`."""
        return self._growth(_threads)

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


def _threads(usages: Sequence[Usage]) -> int:
    return sum(one.threads for one in usages)


def _cpu(usages: Sequence[Usage]) -> float:
    return sum(one.cpu for one in usages)


async def perform(params: MeasureParams, ctx: Context) -> Observation:
    """Measure the server's processes, and keep the result for a later `since`. Raises ValueError where `since` names no
    step that measured."""
    within = WITHIN if ctx.step.checks.within is None else ctx.step.checks.within
    samples = [_sample(ctx)]
    if flag(params.settled, ctx.variables):
        deadline = ctx.performed.started + within
        while samples[-1] and not still(samples):
            # The last one of several observations that `within` repeats still sees how it changes.
            if ctx.now() >= deadline and len(samples) > SAMPLES:
                return _unsettled(samples, within)
            await asyncio.sleep(SAMPLE)
            samples = [*samples[-SAMPLES:], _sample(ctx)]
    now = samples[-1]
    if not now:
        return ImplicitFailure(
            "measure", "processes of the server to measure", Worded("none"), "the server is not running"
        )
    ctx.performed.kept = Measured(now)
    before: Measured | None = None
    if params.since is not None:
        earlier = (one.kept for one in ctx.find(params.since) if one is not ctx.performed)
        kept = [one for one in earlier if isinstance(one, Measured)]
        if not kept:
            raise WrongValue(f"nothing was measured as {params.since!r}")
        before = kept[-1]
    return MeasureFacts(now, before)


def _sample(ctx: Context) -> tuple[Usage, ...]:
    """The resources now; every earlier step takes the peaks since the last measurement."""
    now = tuple(ctx.live.usage())
    for one in ctx.find("all"):
        if isinstance(one.kept, Measured) and one is not ctx.performed:
            one.kept.take(now)
    return now


def still(samples: Sequence[Sequence[Usage]]) -> bool:
    """True if measurements at intervals of SAMPLE cover STILL_FOR, and show no change beyond its limits. Pure."""
    if len(samples) <= SAMPLES:
        return False
    memory = [_memory(one) for one in samples]
    same = len({(tuple(usage.pid for usage in one), _files(one)) for one in samples}) == 1
    return same and max(memory) - min(memory) <= STILL_MEMORY and _cpu(samples[-1]) - _cpu(samples[0]) <= STILL_CPU


def _unsettled(samples: Sequence[Sequence[Usage]], within: float) -> ImplicitFailure:
    """The failure of resources that still change."""
    first, last = samples[0], samples[-1]
    changes = [
        f"memory by {show_size(abs(_memory(last) - _memory(first)))}",
        f"open files by {abs(_files(last) - _files(first))}",
        f"processor time by {show_time(max(0.0, _cpu(last) - _cpu(first)))}",
    ]
    what = f"the resources of the server to stand still within {show_time(within)}"
    changed = f"changes in the last {show_time(SAMPLE * (len(samples) - 1))}: {', '.join(changes)}"
    return ImplicitFailure("measure", what, Worded(changed), observation=MeasureFacts(last))


STEP_TYPES = (
    StepType(
        name="measure",
        groups=("step",),
        summary="Measures what the server's processes use: memory, open files, threads, processor time.",
        schema=mapping(
            {
                "since": literal("text", "The name of an earlier `measure`, for what has grown since."),
                "settled": literal("flag", "Wait until the resources stand still, for 5 s or `within`."),
            }
        ),
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
