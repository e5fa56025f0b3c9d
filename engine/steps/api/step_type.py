"""Step types: the steps of a case, and the actions and assertions of scripts.

The registry finds a step type in its module's ``STEP_TYPES``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

from engine.model.case import Step
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

    ``groups`` are the contexts in which its key is valid: ``step``, the name of a step type with a script (``tcp``,
    ``websocket``), or a set of actions (``stream``, ``flow``) that scripts include; ``includes`` are the sets whose
    members the step type's own script has (``steps.api.groups``).

    ``schema`` is the schema of the key's value; the loader adds the keys for ``observes`` (expect, should, record,
    capture), ``within``, ``quiet``, ``named`` (as) and ``connects`` (connection) to a mapping. ``within`` is ``polls``
    (the step is repeated until its checks hold, or the time is over) or ``waits`` (a deadline that the driver keeps:
    ``ctx.step.checks.within``). ``parse`` turns a located, valid node into parameters, and ``perform`` executes them:
    it returns an observation, or None if there is nothing to check.

    ``preview`` returns the bytes that a step will send before there is a target, for `engine show`: from its
    parameters, the variables, and the Host header's value. It raises the exceptions of rendering. ``preview_http2``
    does so for HTTP/2, if these differ: the fields of frames as lines, and content. ``besides`` are the parameters
    that these bytes do not show.

    ``lasts`` is the estimated duration of such a step in seconds, so that a long case which no run has measured begins
    early. ``sleeps`` is true if its value is a time that it always waits.

    ``awaits`` is the awaited event, for the reason of a timeout: a text, or a function of the parameters.

    ``compared`` are the facts that ``same_as`` compares with those of an earlier step; observations of step types with
    the same ones can be compared. Without any, the step has no ``same_as``.

    ``not_by_hand`` is the reason why the step cannot be reproduced with curl and nc on a server started by
    `engine serve`: a text, or a function of the parameters, "" if it can.

    ``not_by_library`` is the reason why only the engine's own client can perform the step, "" if a client library can
    as well; None for a step type that no library performs.

    ``http1`` is the reason why only HTTP/1.1 has such a step: a text, or a function of the step, "" if it can be
    performed over HTTP/2 too; None for a step type that sends no HTTP itself.

    ``requires`` are its requirements on the target. ``lifecycle`` is its effect on the server: it ``starts`` it,
    ``ends`` it or one of its workers, or ``awaits its end``; after the latter two the end is no crash.
    ``before_start`` is true if it may precede the step that starts the server.

    ``inner`` returns the steps inside its parameters. ``retries`` is true if these are repeated until they hold;
    ``turns``, if they are repeated, is the key that names the variable of the turn's number, and the variable's
    default name.

    ``endpoint`` is the key whose value is a path of the contract, and its type, ``http`` or ``websocket``. ``refers``
    are the keys whose value is the name of a step or of a connection. ``marks`` shows that the step ``sets`` or
    ``awaits`` the mark named by its value.
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
    sleeps: bool = False
    preview: Preview[P] | None = None
    preview_http2: Preview[P] | None = None
    besides: tuple[str, ...] = ()
    not_by_hand: str | Callable[[P], str] = ""
    awaits: str | Callable[[P], str] = ""
    compared: tuple[str, ...] = ()
    not_by_library: Callable[[P], str] | None = None
    http1: str | Callable[[Step], str] | None = None

    @cached_property
    def facts_by_name(self) -> dict[str, Fact]:
        """The facts by name, as they are declared; the first of a name."""
        return {fact.name: fact for fact in reversed(self.facts)}

    @cached_property
    def starred_facts(self) -> tuple[Fact, ...]:
        """The facts whose name stands for several."""
        return tuple(fact for fact in self.facts if "*" in fact.name)


StepTypes = Mapping[tuple[str, str], StepType[Any]]
"""Step types by group and name."""
