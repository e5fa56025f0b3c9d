"""The step ``exit``: waits for the end of the server's main process."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.expectation import ABSENT, Mismatch
from engine.model.facts import FLAG, INTEGER, TEXT, TIME
from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.quantities import show_time
from engine.model.requirements import Requirement
from engine.model.target import ExitStatus
from engine.steps.api.context import Context
from engine.steps.api.facts import FactSet, fact
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import mapping
from engine.steps.api.step_type import StepType


@dataclass(frozen=True)
class ExitParams:
    """It has no parameters of its own."""


def parse(node: Node, reader: NodeReader) -> ExitParams:
    """``exit`` has no parameters of its own."""
    del node, reader
    return ExitParams()


def since(ctx: Context) -> float:
    """The time when the last step that started or ended the server began, else this one; in seconds of
    CLOCK_MONOTONIC."""
    causes = [one.started for one in ctx.find("all") if one.lifecycle in ("starts", "ends")]
    return max(causes, default=ctx.performed.started)


def name_of(ended: ExitStatus) -> str | None:
    """The name of the signal that ended a process, without SIG; None where none did."""
    if ended.signal is None:
        return None
    try:
        return signal.Signals(ended.signal).name.removeprefix("SIG")
    except ValueError:  # a real-time signal has none
        return str(ended.signal)


class StillRunning(FactSet):
    """A main process that did not end in time."""

    def __init__(self, within: float) -> None:
        self._within = within

    @fact("ended", FLAG)
    def ended(self) -> object:
        """False: it is still running."""
        return False

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """The failure to end, unless `ended` is expected."""
        expected = f"the server to exit within {show_time(self._within)}"
        actual = Worded("a server still running")
        return () if "ended" in named else (Mismatch("exit", expected, actual, implicit=True),)


class ExitFacts(FactSet):
    """The end of the server's main process, and the seconds until it."""

    def __init__(self, ended: ExitStatus, took: float) -> None:
        self._ended = ended
        self._took = took

    @fact("ended", FLAG)
    def ended(self) -> object:
        """True if it has ended within the time. If expected, a server that is still running is no failure by itself."""
        return True

    @fact("code", INTEGER)
    def code(self) -> object:
        """The exit status; absent where a signal ended it."""
        return ABSENT if self._ended.status is None else self._ended.status

    @fact("signal", TEXT)
    def signal(self) -> object:
        """The name of the signal that ended it, without SIG; absent where it exited by itself."""
        name = name_of(self._ended)
        return ABSENT if name is None else name

    @fact("elapsed", TIME)
    def elapsed(self) -> object:
        """From the last `signal`, `kill_worker` or `start` to the end."""
        return self._took


async def perform(params: ExitParams, ctx: Context) -> Observation:
    """Wait for it, within the step's deadline."""
    within = ctx.step.checks.within
    try:
        async with asyncio.timeout(within):
            ended = await ctx.live.wait()
    except TimeoutError:
        return StillRunning(within or 0.0)
    ctx.note("exit", str(ended))
    # Later steps observe the records up to the very end.
    ctx.live.boundary.refresh()
    return ExitFacts(ended, max(0.0, ctx.live.ended_at - since(ctx)))


STEP_TYPES = (
    StepType(
        name="exit",
        awaits="the server to end",
        groups=("step",),
        summary="Waits until the server's main process has ended.",
        schema=mapping({}),
        parse=parse,
        perform=perform,
        facts=ExitFacts.facts,
        observes=True,
        within="waits",
        requires=frozenset({Requirement.DEDICATED}),
        lifecycle="awaits its end",
        lasts=1.0,
    ),
)
