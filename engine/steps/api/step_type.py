"""Step types: the steps of a case, and the actions and assertions of scripts.

The registry finds a step type in its module's ``KINDS``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from engine.model.nodes import Node
from engine.model.requirements import Requirement
from engine.steps.api.context import Context
from engine.steps.api.facts import Fact
from engine.steps.api.inner import InnerSteps
from engine.steps.api.observation import Observation
from engine.steps.api.preview import Preview
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import Schema

P = TypeVar("P")
"""The type of a step type's parameters: a frozen dataclass, for most."""

Parse = Callable[[Node, NodeReader], P]
Perform = Callable[[P, Context], Awaitable[Observation | None]]
Lifecycle = Literal["", "starts", "ends", "awaits its end"]


@dataclass(frozen=True)
class StepType(Generic[P]):
    """A step type, or an action or assertion of a script, with parameters of the type P.

    ``groups`` are the places where its key means it: ``step``, the name of a step type with a script (``tcp``,
    ``websocket``), or a set of actions (``stream``, ``flow``) that scripts include; ``includes`` are the sets whose
    members the step type's own script has (``steps.api.groups``).

    ``schema`` is that of what stands under the key; the loader adds to a mapping the keys that
    ``observes`` (expect, should, record, capture), ``within``, ``quiet``, ``named`` (as) and ``connects`` (connection)
    ask for. ``within`` is ``polls`` (the step is performed again until its checks hold, or the time is over) or
    ``waits`` (a deadline that the driver keeps: ``ctx.step.checks.within``). ``parse`` turns a located, valid node into
    parameters, and ``perform`` does with them what the step says: it returns what it observed, or None where there is
    nothing to judge.

    ``preview`` gives what a step will send before there is a target, for `engine show`: from its parameters, the
    variables, and the Host header's value. It raises what rendering raises. ``besides`` are the parameters that these
    bytes do not show.

    ``lasts`` is how many seconds such a step is guessed to take, so that a long case which no run has measured begins
    early.

    ``awaits`` says what such a step waits for, as the reason of a timeout has it: a text, or a function of the
    parameters.

    ``not_by_hand`` says why nobody can do the same by hand, with curl and nc beside a server that `engine serve` has
    started: a text, or a function of the parameters, "" where one can.

    ``requires`` is what it asks of the target. ``lifecycle`` is what it does to its server: it ``starts`` it, it
    ``ends`` it or one of its workers, or ``awaits its end``; after the latter two the end is no crash. ``before_start``
    says that it may stand before the step that starts the server.

    ``inner`` gives the steps inside its parameters. ``retries`` says that these are performed again until they
    hold; ``turns`` that they are performed several times: the key that names the variable of the turn's number, and
    the variable's name by default.

    ``endpoint`` is the key whose value is a path of the contract, and whether that is one for ``http`` or
    ``websocket``. ``refers`` are the keys whose value is the name of a step or of a connection. ``marks`` says that the
    step ``sets`` or ``awaits`` the mark that stands under its key.
    """

    name: str
    groups: tuple[str, ...]
    summary: str
    schema: Schema
    parse: Parse[P]
    perform: Perform[P]
    facts: tuple[Fact, ...] = ()
    observes: bool = False
    within: Literal["", "polls", "waits"] = ""
    quiet: bool = False
    named: bool = False
    connects: bool = False
    needs: tuple[str, ...] = ()
    requires: frozenset[Requirement] = frozenset()
    inner: InnerSteps[P] | None = None
    includes: tuple[str, ...] = ()
    lifecycle: Lifecycle = ""
    before_start: bool = False
    retries: bool = False
    turns: tuple[str, str] | None = None
    endpoint: tuple[str, Literal["http", "websocket"]] | None = None
    refers: tuple[str, ...] = ()
    marks: Literal["", "sets", "awaits"] = ""
    lasts: float = 0.0
    preview: Preview[P] | None = None
    besides: tuple[str, ...] = ()
    not_by_hand: str | Callable[[P], str] = ""
    awaits: str | Callable[[P], str] = ""


StepTypes = Mapping[tuple[str, str], StepType[Any]]
"""Step types by group and name."""
