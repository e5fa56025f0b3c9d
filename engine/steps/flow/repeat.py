"""The step ``repeat``: the same steps a number of times, one after the other or some at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.model.case import Step
from engine.model.expectation import ABSENT
from engine.model.facts import ANY, INTEGER, TIME, list_of
from engine.model.nodes import Node
from engine.steps.api.context import Context, StepFailed
from engine.steps.api.facts import FactSet, fact
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.shared.concurrency import all_of, own
from engine.steps.shared.values import integer


@dataclass(frozen=True)
class RepeatParams:
    """The number of turns, the number of concurrent turns, the variable of the turn's number, and the steps."""

    times: object
    at_once: object
    index: str
    steps: tuple[Step, ...]


def parse(node: Node, reader: NodeReader) -> RepeatParams:
    """The parameters of a valid node."""
    times, at_once, index, steps = (node.get(key) for key in ("times", "at_once", "index", "steps"))
    return RepeatParams(
        reader.value(times) if times else 1,
        reader.value(at_once) if at_once else 1,
        str(reader.value(index)) if index else "n",
        reader.steps(steps) if steps else (),
    )


async def perform(params: RepeatParams, ctx: Context) -> Observation:
    """Run the steps ``times`` times, with the turn's number, from 1, in the variable ``index``. A turn that fails ends
    the step, unless the case checks ``passed``, the number of turns that held."""
    times = integer(params.times, ctx.variables, "times")
    at_once = integer(params.at_once, ctx.variables, "at_once")
    counting = "passed" in ctx.step.checks.facts
    captured: dict[int, dict[str, object]] = {}
    began = ctx.now()

    async def turn(number: int) -> None:
        branch = ctx.branch({params.index: number}, f"{params.index}={number}")
        if not counting:
            await branch.run(params.steps)
        else:
            trial = branch.trial()
            try:
                await trial.run(params.steps)
            except StepFailed:
                return
            branch.settle(trial)
        captured[number] = {name: value for name, value in own(branch).items() if name != params.index}

    async def worker(numbers: Iterator[int]) -> None:
        for number in numbers:
            await turn(number)

    numbers = iter(range(1, times + 1))
    if at_once <= 1:
        await worker(numbers)
    else:
        await all_of([worker(numbers) for _ in range(min(at_once, times))])
    return RepeatFacts([captured[number] for number in sorted(captured)], ctx.now() - began)


class RepeatFacts(FactSet):
    """The facts of ``repeat``: the captured variables of each turn that held, in order, and the time of all turns in
    seconds."""

    def __init__(self, captured: Sequence[Mapping[str, object]], elapsed: float) -> None:
        self._captured = captured
        self._elapsed = elapsed

    @fact("passed", INTEGER)
    def passed(self) -> object:
        """The number of turns that held; where a case names this fact, a turn may fail."""
        return len(self._captured)

    @fact("elapsed", TIME)
    def elapsed(self) -> object:
        """The time from the beginning of the first turn to the end of the last one."""
        return self._elapsed

    @fact("all.*", list_of(ANY))
    def all(self, name: str) -> object:
        """The values that the turns captured under that name, in the order of the turns."""
        return [turn[name] for turn in self._captured if name in turn] or ABSENT


def at_once(params: RepeatParams) -> str:
    """The reason why this cannot be reproduced: concurrent turns. "" without those."""
    return "" if params.at_once == 1 else "several things happen at the same time"


MOST_TURNS = 1_000_000
MOST_AT_ONCE = 10_000

STEP_TYPES = (
    StepType(
        name="repeat",
        groups=("step",),
        summary="Performs the same steps several times.",
        schema=mapping(
            {
                "times": {**literal("count", "How often."), "minimum": 1, "maximum": MOST_TURNS},
                "at_once": {
                    **literal("count", "The maximum number of concurrent turns; 1 by default."),
                    "minimum": 1,
                    "maximum": MOST_AT_ONCE,
                },
                "index": literal("word", "The variable that holds the turn's number, from 1; `n` by default."),
                "steps": literal("steps", "The steps of each turn."),
            },
            required=("times", "steps"),
        ),
        parse=parse,
        perform=perform,
        inner=lambda params: [("", params.steps)],
        turns=("index", "n"),
        not_by_hand=at_once,
        facts=RepeatFacts.facts,
        observes=True,
        named=True,
        lasts=0.5,
    ),
)
