"""The step ``drive``: the engine calls the target's app directly, without a server, with the input of a script.

The result depends only on the app. It is called in a process of its own, in the environment of its target, with the
scope of the step, completed by the minimum that ASGI requires of a server.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.model.case import Step
from engine.model.exceptions import EXCEPTIONS, obstacle
from engine.model.expectation import Mismatch
from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.requirements import Requirement
from engine.model.tagged import tagged
from engine.model.variables import Variable, fill, resolve
from engine.model.wire_bytes import ByteString, plain
from engine.registry import nearest
from engine.steps.api.context import Context
from engine.steps.api.facts import Fact
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.app.facts import BoundaryFacts
from engine.steps.app.step import calls_of
from engine.steps.shared.values import integer

# The default time limit of the app's call, in seconds.
PATIENCE = 5.0
# The classes of a header's pair in the scope: any iterable of two is allowed, and most servers make tuples.
TUPLES, LISTS = "tuples", "lists"
# The facts of several calls, or of what only a server gives: of no use here.
LEFT_OUT = ("calls", "paths", "streamed", "result[.*]", "loop", "pid")

ASGI: Mapping[str, object] = {"version": "3.0", "spec_version": "2.3"}
# The required keys of a scope (www.rst, HTTP and WebSocket Connection Scope); the others are optional.
LEAST: Mapping[str, Mapping[str, object]] = {
    "http": {
        "asgi": ASGI, "http_version": "1.1", "method": "GET", "path": "/", "query_string": plain(""), "headers": [],
    },
    "websocket": {"asgi": ASGI, "path": "/", "query_string": plain(""), "headers": []},
    "lifespan": {"asgi": {"version": "3.0", "spec_version": "2.0"}},
}  # fmt: skip


@dataclass(frozen=True)
class Give:
    """``give``: the message that receive() returns next."""

    message: object


@dataclass(frozen=True)
class Take:
    """``take``: the type of the message to wait for."""

    type: object


@dataclass(frozen=True)
class FailSend:
    """``fail_send``: the exception, and after how many messages more."""

    error: object
    after: object = 0


@dataclass(frozen=True)
class DriveParams:
    """The scope, without what is added to it, the script, the keys that the scope lacks, and the class of its pairs."""

    scope: Mapping[str, object]
    script: tuple[Step, ...] = field(default=())
    without: tuple[object, ...] = ()
    pairs: object = TUPLES


@dataclass(frozen=True)
class Driven:
    """The messages between the engine and the app; ``stuck`` is the part of the script that could not be done."""

    facts: BoundaryFacts
    stuck: str

    @property
    def sent(self) -> bytes | None:
        return None

    @property
    def lost(self) -> int:
        """The number of unusable records of the call."""
        return self.facts.lost

    def fact(self, name: str) -> object:
        """The value of a fact of the boundary."""
        return self.facts.fact(name)

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """A script that was not played to its end."""
        return (
            (Mismatch("drive", "the script to be played to its end", Worded(self.stuck), implicit=True),)
            if self.stuck
            else ()
        )


def python_value(node: Node, reader: NodeReader) -> object:
    """A value as Python has it: plain text is str, and ``{bytes: BYTES}`` bytes."""
    if isinstance(node.value, list):
        return tuple(python_value(child, reader) for child in node.value)
    if isinstance(node.value, dict):
        entries = dict(node.entries())
        if set(entries) == {"bytes"}:
            return reader.bytes(entries["bytes"])
        if "var" not in entries:
            return {name: python_value(child, reader) for name, child in entries.items()}
    return reader.value(node)


def parse_give(node: Node, reader: NodeReader) -> Give:
    """The parameters of a valid node."""
    return Give(python_value(node, reader))


def parse_take(node: Node, reader: NodeReader) -> Take:
    """The parameters of a valid node."""
    return Take(reader.value(node))


def parse_fail_send(node: Node, reader: NodeReader) -> FailSend:
    """The parameters of a valid node."""
    error, after = node.get("class"), node.get("after")
    if error is not None and "$(" not in str(error.value) and error.value not in EXCEPTIONS:
        name = str(error.value)
        usual = "raise another exception, such as OSError"
        reader.mistake(error, obstacle(name), usual if hasattr(builtins, name) else nearest(name, EXCEPTIONS))
    return FailSend(reader.value(error) if error else "OSError", reader.value(after) if after else 0)


def parse(node: Node, reader: NodeReader) -> DriveParams:
    """The parameters of a valid node."""
    scope, script = node.get("scope"), node.get("script")
    found: dict[str, object] = {}
    for name, child in scope.entries() if scope else ():
        if name == "headers":
            found[name] = [[plain(key.lower()), value] for key, value in reader.headers(child)]
        elif name in ("query_string", "raw_path") and child.value is not None:
            found[name] = reader.bytes(child)
        else:
            found[name] = python_value(child, reader)
    if scope and "type" not in found:
        reader.mistake(scope, "a scope has a type", "add `type: http`")
    without = node.get("without")
    left_out = tuple(reader.value(one) for one in without.items()) if without else ()
    pairs = node.get("pairs")
    if pairs is not None and "$(" not in str(pairs.value) and pairs.value not in (TUPLES, LISTS):
        reader.mistake(
            pairs, f"no class of pairs is called {pairs.value!r}", nearest(str(pairs.value), (TUPLES, LISTS))
        )
    played = reader.script(script, "drive") if script else ()
    return DriveParams(found, played, left_out, reader.value(pairs) if pairs else TUPLES)


def rendered(value: object, variables: Mapping[str, object]) -> object:
    """A value with its variables filled in and its byte strings made."""
    if isinstance(value, ByteString):
        return value.render(variables)
    if isinstance(value, Variable):
        return resolve(value, variables)
    if isinstance(value, str):
        return fill(value, variables)
    if isinstance(value, (list, tuple)):
        return [rendered(item, variables) for item in value]
    if isinstance(value, Mapping):
        return {fill(name, variables): rendered(item, variables) for name, item in value.items()}
    return value


def lacking(scope: Mapping[str, object], path: str) -> dict[str, object]:
    """A scope without a key; ``asgi.spec_version`` is a key inside of one."""
    name, dot, rest = path.partition(".")
    inner = scope.get(name)
    if dot and isinstance(inner, Mapping):
        return {**scope, name: lacking(inner, rest)}
    return {key: value for key, value in scope.items() if key != path}


def scope_of(params: DriveParams, variables: Mapping[str, object]) -> dict[str, object]:
    """The whole scope that the app is given. Raises ValueError and Unknown for values that cannot be rendered."""
    least = LEAST.get(str(params.scope.get("type")), {})
    scope = {fill(name, variables): rendered(value, variables) for name, value in {**least, **params.scope}.items()}
    for path in params.without:
        scope = lacking(scope, str(rendered(path, variables)))
    headers = scope.get("headers")
    if isinstance(headers, list) and rendered(params.pairs, variables) == TUPLES:
        scope["headers"] = [tuple(pair) for pair in headers]
    return scope


def entry(step: Step, variables: Mapping[str, object]) -> tuple[str, object]:
    """An entry of the script as the process that calls the app reads it."""
    match step.params:
        case Give(message):
            return step.step_type, rendered(message, variables)
        case Take(kind):
            return step.step_type, rendered(kind, variables)
        case FailSend(error, after):
            return step.step_type, {"class": rendered(error, variables), "after": integer(after, variables, "after")}
    raise TypeError(f"{step.params!r} is no command of a drive")


async def perform(params: DriveParams, ctx: Context) -> Observation:
    """Call the app in its own process, play the script, and return the facts of the recorded call. Raises ValueError
    and Unknown for values that cannot be rendered."""
    scope = scope_of(params, ctx.variables)
    order = {
        "token": ctx.token(),
        "scope": tagged(scope),
        "script": [[word, tagged(argument)] for word, argument in (entry(one, ctx.variables) for one in params.script)],
        "within": PATIENCE if ctx.step.checks.within is None else ctx.step.checks.within,
    }
    stuck = await ctx.live.drive(order)
    ctx.live.boundary.refresh()
    return Driven(BoundaryFacts(calls_of(ctx.live.boundary, [ctx.performed])), stuck)


async def nothing(params: object, ctx: Context) -> None:
    """Do nothing: ``drive`` sends its script to the process that calls the app, which performs it."""


FACTS: tuple[Fact, ...] = tuple(fact for fact in BoundaryFacts.facts if fact.name not in LEFT_OUT)

STEP_TYPES = (
    StepType(
        name="drive",
        awaits="the application to return",
        groups=("step",),
        summary="Calls the app without a server, and plays the server's part by a script.",
        schema=mapping(
            {
                "scope": {
                    "title": "a mapping: the scope",
                    "description": "The scope; missing required keys are added. Headers and query_string are bytes.",
                    "type": "object",
                    "minProperties": 1,
                },
                "without": {
                    "title": "a list of keys",
                    "description": "The keys that the scope lacks; asgi.spec_version is a key inside of asgi.",
                    "type": "array",
                    "items": literal("text", "A key of the scope."),
                },
                "pairs": literal("word", "The class of the pairs in the scope's headers: tuples (default) or lists."),
                "script": literal("script:drive", "The events for the app, in order."),
            },
            required=("scope",),
        ),
        parse=parse,
        perform=perform,
        requires=frozenset({Requirement.DRIVER}),
        inner=lambda params: [("", params.script)],
        not_by_hand="the app is called without a server",
        facts=FACTS,
        observes=True,
        within="waits",
        named=True,
        lasts=1.0,
    ),
    StepType(
        name="give",
        groups=("drive",),
        summary="Has receive() return a message, after those given before. After the last one receive() waits.",
        schema={
            "title": "a mapping: the message",
            "description": "The message: plain text is str, {bytes: ..} bytes.",
            "type": "object",
        },
        parse=parse_give,
        perform=nothing,
    ),
    StepType(
        name="take",
        groups=("drive",),
        summary="Waits until the app has sent a message of a type, before it goes on.",
        schema=literal("text", "The type, such as http.response.start."),
        parse=parse_take,
        perform=nothing,
    ),
    StepType(
        name="fail_send",
        groups=("drive",),
        summary="Has send() raise from then on.",
        schema=mapping(
            {
                "class": literal("text", "A builtin exception; OSError by default."),
                "after": literal("count", "The number of messages sent before it; 0 by default."),
            }
        ),
        parse=parse_fail_send,
        perform=nothing,
    ),
)
