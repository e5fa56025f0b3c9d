"""The step ``signal``: sends the server's main process a signal."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.nodes import Node
from engine.model.requirements import Requirement
from engine.model.variables import WrongValue
from engine.steps.api.context import Context
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import Schema
from engine.steps.api.step_type import StepType
from engine.steps.shared.values import scalar, text

# Common signals for servers. STOP and CONT are excluded, since a stopped server cannot be observed.
SIGNALS = ("TERM", "INT", "HUP", "QUIT", "KILL", "USR1", "USR2", "TTIN", "TTOU", "WINCH")


@dataclass(frozen=True)
class SignalParams:
    """The signal's name."""

    name: object


def schema(description: str, signals: Sequence[str] = SIGNALS) -> Schema:
    """The schema of a signal's name, one of ``signals``."""
    names = "|".join(signals)
    listed = ", ".join(signals)
    return scalar(
        "string",
        description=f"{description}: {listed}.",
        title=f"a signal's name: {listed}",
        pattern=rf"^(?:{names}|.*\$\(.*)$",
    )


def number(name: str, signals: Sequence[str] = SIGNALS) -> int:
    """The number that a signal has on this machine. Raises ValueError for a name that is none of ``signals``."""
    if name not in signals:
        raise WrongValue(f"there is no signal {name!r} here; there are {', '.join(signals)}")
    return signal.Signals[f"SIG{name}"].value


def parse(node: Node, reader: NodeReader) -> SignalParams:
    """The parameters of a valid node."""
    return SignalParams(reader.value(node))


async def perform(params: SignalParams, ctx: Context) -> None:
    """Send it. A server that has ended hears nothing, which is noted."""
    name = text(params.name, ctx.variables)
    sent = ctx.live.signal(number(name))
    ctx.note("signal", f"{name} to process {ctx.live.pid}" if sent else f"no {name}: the server does not run")


STEP_TYPES = (
    StepType(
        name="signal",
        groups=("step",),
        summary="Sends the server's main process a signal.",
        schema=schema("The signal's name"),
        parse=parse,
        perform=perform,
        not_by_hand="the server is sent a signal",
        requires=frozenset({Requirement.DEDICATED}),
        lifecycle="ends",
    ),
)
