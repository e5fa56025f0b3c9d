"""The step ``log``: what the server has written since the case began."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.model.facts import INTEGER, TEXT, TEXTS
from engine.model.nodes import Node
from engine.model.requirements import Requirement
from engine.steps.api.context import Context
from engine.steps.api.facts import FactSet, fact
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import mapping
from engine.steps.api.step_type import StepType

# The line that Python begins one with, whatever a logger puts before it. Those of an exception's causes belong to it.
_traceback = re.compile(r"^.*Traceback \(most recent call last\):\s*?$", re.MULTILINE)
_chained = re.compile(r"(?:the direct cause of the following exception|another exception occurred):\s*\Z")


@dataclass(frozen=True)
class LogParams:
    """It has no parameters of its own."""


def parse(node: Node, reader: NodeReader) -> LogParams:
    """``log`` has no parameters of its own."""
    del node, reader
    return LogParams()


def tracebacks(text: str) -> int:
    """The number of exceptions with a traceback; one with its causes, or with several in a group, counts once."""
    found = 0
    for match in _traceback.finditer(text):
        before = text[: match.start()].rstrip()
        in_group = match[0].lstrip().startswith("|")
        found += not (in_group or _chained.search(before[-200:]))
    return found


class LogFacts(FactSet):
    """The server's output."""

    def __init__(self, written: str) -> None:
        self._written = written

    @fact("text", TEXT)
    def text(self) -> object:
        """All of it."""
        return self._written

    @fact("lines", TEXTS)
    def lines(self) -> object:
        """Its lines."""
        return self._written.splitlines()

    @fact("tracebacks", INTEGER)
    def tracebacks(self) -> object:
        """The number of Python's tracebacks in it; one with its causes counts once."""
        return tracebacks(self._written)


async def perform(params: LogParams, ctx: Context) -> Observation:
    """Read it."""
    del params
    return LogFacts(ctx.log())


STEP_TYPES = (
    StepType(
        name="log",
        groups=("step",),
        summary="Observes the output of the server since the case began.",
        schema=mapping({}),
        parse=parse,
        perform=perform,
        facts=LogFacts.facts,
        observes=True,
        within="polls",
        requires=frozenset({Requirement.PROCESS, Requirement.EXCLUSIVE}),
    ),
)
