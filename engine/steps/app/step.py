"""The step ``app``: what the application was given, and what it did."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.boundary import AppCall
from engine.model.nodes import Node
from engine.model.protocols import Boundary
from engine.model.requirements import Requirement
from engine.steps.api.context import Context, StepRecord
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.app.facts import BoundaryFacts
from engine.steps.app.sentinel import send_sentinel
from engine.steps.shared.values import integer

# Without `within` and `quiet`: how long calls may take to be seen and to end, and how often to look, in seconds.
SETTLE = 1.0
POLL = 0.002

LIFESPAN = "lifespan"


@dataclass(frozen=True)
class AppParams:
    """The steps whose calls are observed, and the number of the call."""

    of: str | None = None
    call: object = None


def parse(node: Node, reader: NodeReader) -> AppParams:
    """The parameters of a valid node."""
    of, call = node.get("of"), node.get("call")
    number = reader.value(call) if call else None
    if call and isinstance(number, int) and number < 1:
        reader.mistake(call, "calls are counted from 1", "write `call: 1` for the first")
    return AppParams(str(reader.value(of)) if of else None, number)


async def perform(params: AppParams, ctx: Context) -> Observation:
    """Find the calls, wait for them as the step requests, and return the traffic at the boundary."""
    nth = None if params.call is None else integer(params.call, ctx.variables, "call")
    boundary = ctx.live.boundary
    if params.of == LIFESPAN:
        lifespans = await _seen_lifespans(ctx, wait=ctx.step.checks.within is None)
        return BoundaryFacts(lifespans, nth)
    steps = ctx.performed.about = ctx.find(params.of)
    if ctx.step.checks.quiet is not None:
        await be_quiet(ctx, steps, ctx.step.checks.quiet)
        await send_sentinel(ctx, by_address=any(one.peer is not None and not one.tokens for one in steps))
    elif ctx.step.checks.within is None:
        await settle(ctx, steps)
    boundary.refresh()
    body_at = steps[-1].body_at if steps else None
    return BoundaryFacts(calls_of(boundary, steps), nth, body_at)


def calls_of(boundary: Boundary, steps: Sequence[StepRecord]) -> list[AppCall]:
    """The calls that belong to steps, in the order of their start: those with the steps' tokens, and those without a
    token that came over the steps' connections since the steps began."""
    found: dict[str, AppCall] = {}
    for step in steps:
        for token in step.tokens:
            found.update((call.key, call) for call in boundary.calls(token=token))
        if step.peer is not None:
            found.update((call.key, call) for call in boundary.calls(peer=step.peer, since=step.started))
    return sorted(found.values(), key=lambda call: call.started)


def settled(boundary: Boundary, steps: Sequence[StepRecord]) -> bool:
    """True if each step's calls have been seen, and have ended."""
    calls = calls_of(boundary, steps)
    if not calls or any(call.ended is None for call in calls):
        return False
    return all(boundary.calls(token=token) for step in steps for token in step.tokens)


async def settle(ctx: Context, steps: Sequence[StepRecord]) -> None:
    """Wait until the steps' calls have ended, at most SETTLE seconds."""
    boundary, deadline = ctx.live.boundary, ctx.now() + SETTLE
    boundary.refresh()
    while not settled(boundary, steps) and ctx.now() < deadline:
        await asyncio.sleep(POLL)
        boundary.refresh()


async def seen_calls(ctx: Context, steps: Sequence[StepRecord]) -> None:
    """Wait until each of the steps has a call, whether it has ended or not, at most SETTLE seconds."""
    boundary, deadline = ctx.live.boundary, ctx.now() + SETTLE
    boundary.refresh()
    while not all(calls_of(boundary, [step]) for step in steps) and ctx.now() < deadline:
        await asyncio.sleep(POLL)
        boundary.refresh()


async def _seen_lifespans(ctx: Context, *, wait: bool) -> list[AppCall]:
    """The lifespan calls; a call is still under way while its server runs, so only its being there is waited for."""
    boundary, deadline = ctx.live.boundary, ctx.now() + SETTLE
    boundary.refresh()
    while wait and not boundary.lifespans() and ctx.now() < deadline:
        await asyncio.sleep(POLL)
        boundary.refresh()
    return boundary.lifespans()


def last_crossing(calls: Sequence[AppCall]) -> float:
    """The time of the last message in these calls, 0.0 without one."""
    times = [0.0]
    for call in calls:
        times += [call.started, call.ended or 0.0]
        times += [max(event.at, event.done or 0.0) for event in call.events]
    return max(times)


async def be_quiet(ctx: Context, steps: Sequence[StepRecord], quiet: float) -> None:
    """Wait until nothing has crossed the boundary for the steps for ``quiet`` seconds, counted from now at least."""
    boundary, began = ctx.live.boundary, ctx.now()
    while True:
        boundary.refresh()
        left = max(began, last_crossing(calls_of(boundary, steps))) + quiet - ctx.now()
        if left <= 0:
            return
        await asyncio.sleep(left)


STEP_TYPES = (
    StepType(
        name="app",
        awaits="the calls of the application",
        groups=("step",),
        summary="Observes the calls of the application: its input, and its output.",
        schema=mapping(
            {
                "of": literal(
                    "text",
                    "The step or connection that caused the calls, `lifespan`, or `all`; by default the previous step.",
                ),
                "call": {**literal("count", "Which of several calls, from 1; the last by default."), "minimum": 1},
            }
        ),
        parse=parse,
        perform=perform,
        facts=BoundaryFacts.facts,
        compared=BoundaryFacts.compared,
        observes=True,
        named=True,
        within="polls",
        quiet=True,
        requires=frozenset({Requirement.OBSERVER, Requirement.CALLS}),
        refers=("of",),
    ),
)
