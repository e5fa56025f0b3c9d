"""A small vocabulary for the loader's tests, and the engine's own.

``small()`` is enough to say every sort of thing, and stays as it is when a driver changes. ``real()`` is what the
drivers and matchers make up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from engine.app.project_paths import find
from engine.app.target_names import target_names
from engine.loading.target_names import TargetNames
from engine.loading.vocabulary import Vocabulary
from engine.matchers.base import LISTS, NUMBERS, OBJECTS, STRINGS, Argument, InnerMatchers, Operator, Question
from engine.model.case import Step
from engine.model.clause import Clause, Risk
from engine.model.expectation import Mismatch
from engine.model.facts import INTEGER, SIZE, TEXT, TEXTS, TIME, WIRE_BYTES, one_of
from engine.model.nodes import Node
from engine.model.requirements import Requirement
from engine.registry import found, nearest
from engine.steps.api.facts import Fact
from engine.steps.api.groups import in_scripts
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.targets.catalog.options import load_options

PATHS = {
    "http": {"/health": "GET", "/scope": "GET", "/echo": "POST", "/delay": "GET", "/headers": "GET"},
    "websocket": {"/ws/echo": "GET", "/ws/scope": "GET"},
}

WSGI_PATHS = {"http": {"/": "GET", "/echo": "POST", "/environ": "GET", "/bare": "GET"}}

CLAUSES = {
    name: Clause(name, "must", "a standard", f"what {name} says", "", Risk.DOS if name == "RESP-01" else Risk.COURTESY)
    for name in ("SCOPE-01", "SCOPE-02", "RESP-01", "WSA-09", "LIFE-05")
}


class Contract:
    """The endpoints of the tests: those of PATHS or others, and any status."""

    def __init__(self, paths: Mapping[str, Mapping[str, str]] = PATHS) -> None:
        self._paths = paths

    def knows(self, method: str, path: str, kind: str) -> bool:
        if kind == "http" and path.startswith("/status/") and path.removeprefix("/status/"):
            return method == "GET"
        first = "/" + path.partition("/")[2].partition("/")[0]
        known = self._paths.get(kind, {})
        return known.get(path) == method or (first == "/scope" and known.get(first) == method)

    def bare(self, method: str, path: str, kind: str) -> bool:
        return path.startswith("/bare")

    def nearest(self, path: str) -> str:
        methods = [method for paths in self._paths.values() for one, method in paths.items() if one == path]
        if methods:
            return f"the contract has {methods[0]} {path}"
        return nearest(path, [one for paths in self._paths.values() for one in paths])


def parse(node: Node, reader: NodeReader) -> Mapping[str, Any]:
    """Everything under a step type's key, read as its name suggests."""
    readers: dict[str, Any] = {
        "headers": reader.headers,
        "query": reader.query,
        "body": reader.bytes,
        "send": reader.bytes,
        "steps": reader.steps,
        "abandon_after": reader.time,
        "every": reader.time,
        "script": lambda child: reader.script(child, "tcp"),
    }
    if not isinstance(node.value, dict):
        return {"": reader.value(node)}
    return {name: readers.get(name, reader.value)(child) for name, child in node.entries() if name not in SHARED}


SHARED = ("as", "connection", "expect", "should", "record", "capture", "within", "quiet")


def parse_bytes(node: Node, reader: NodeReader) -> object:
    return reader.bytes(node)


def parse_time(node: Node, reader: NodeReader) -> object:
    return reader.time(node)


def parse_branches(node: Node, reader: NodeReader) -> Mapping[str, tuple[Step, ...]]:
    return {name: reader.steps(child) for name, child in node.entries()}


async def perform(params: object, context: object) -> Observation | None:
    raise NotImplementedError


RESPONSE = (
    Fact("status", "The status.", INTEGER),
    Fact("header.*", "A header that comes once.", TEXT),
    Fact("headers.*", "All lines of a header.", TEXTS),
    Fact("json[.*]", "The body as JSON."),
    Fact("body", "The body.", WIRE_BYTES),
    Fact("body.size", "Its size.", SIZE),
    Fact("elapsed", "From the last byte sent to the last received.", TIME),
    Fact("outcome", "How it ended.", one_of("response", "closed", "timeout")),
)

STEP_TYPES: tuple[StepType[Any], ...] = (
    StepType(
        "request", ("step",), "Send a request and look at its response.",
        mapping({
            "path": literal("text", "The path."), "method": literal("text", "The method."),
            "query": literal("query", "The query."), "headers": literal("headers", "The headers."),
            "body": literal("bytes", "The body."), "abandon_after": literal("time", "Leave after this."),
        }, ["path"]),
        parse, perform, RESPONSE, observes=True, within="waits", named=True, connects=True, endpoint=("path", "http"),
    ),
    StepType(
        "websocket", ("step",), "Open a WebSocket.",
        mapping({"connect": literal("text", "The path.")}),
        parse, perform, RESPONSE, observes=True, named=True, connects=True, needs=("websocket",),
        endpoint=("connect", "websocket"),
    ),
    StepType(
        "tcp", ("step",), "Speak bytes.", mapping({"script": literal("script:tcp", "The actions.")}, ["script"]),
        parse, perform, named=True, connects=True,
    ),
    StepType("send", ("tcp",), "Send bytes.", literal("bytes", "The bytes."), parse_bytes, perform),
    StepType(
        "response", ("tcp",), "Read a response.", mapping({"to": literal("text", "The method that it answers.")}),
        parse, perform, RESPONSE, observes=True, within="waits",
    ),
    StepType(
        "app", ("step",), "Look at the boundary.",
        mapping({"of": literal("word", "Whose call."), "call": literal("count", "Which call.")}),
        parse, perform,
        (Fact("calls", "How many.", INTEGER), Fact("paths", "Their paths."), Fact("scope[.*]", "The scope."),
         Fact("result[.*]", "Outcomes."), Fact("received[.*]", "What came.")),
        observes=True, within="polls", quiet=True, refers=("of",),
        requires=frozenset({Requirement.OBSERVER}),
    ),
    StepType(
        "repeat", ("step",), "Several times.",
        mapping({
            "times": literal("count", "How often."), "index": literal("word", "The variable."),
            "steps": literal("steps", "What."),
        }, ["times", "steps"]),
        parse, perform, (Fact("passed", "How many passed.", INTEGER), Fact("all.*", "What each captured.")),
        observes=True, turns=("index", "n"),
    ),
    StepType(
        "parallel", ("step",), "Branches at once.",
        {"type": "object", "minProperties": 1, "additionalProperties": literal("steps", "A branch.")},
        parse_branches, perform,
    ),
    StepType("pause", ("step", "tcp"), "Wait.", literal("time", "How long."), parse_time, perform, before_start=True),
    StepType("mark", ("step", "tcp"), "Set a mark.", literal("word", "Its name."), parse, perform,
             marks="sets", before_start=True),
    StepType("await", ("step", "tcp"), "Await a mark.", literal("word", "Its name."), parse, perform, marks="awaits"),
    StepType("signal", ("step",), "Send a signal.", literal("word", "Its name."), parse, perform,
             requires=frozenset({Requirement.DEDICATED}), lifecycle="ends"),
)  # fmt: skip


def answer(question: Question) -> Mismatch | None:
    raise NotImplementedError


def operator(name: str, argument: Argument, takes: frozenset[str] = frozenset(), **more: Any) -> Operator:
    return Operator(name, f"What {name} says.", argument, answer, takes=takes, **more)


OPERATORS = (
    operator("equals", Argument.LITERAL),
    operator("not", Argument.MATCHER),
    operator("any_of", Argument.MATCHERS),
    operator("present", Argument.FLAG),
    operator("var", Argument.VARIABLE),
    operator("at_least", Argument.AMOUNT, NUMBERS),
    operator("at_most", Argument.AMOUNT, NUMBERS),
    operator("contains", Argument.TEXT, STRINGS),
    operator("matches", Argument.PATTERN, STRINGS),
    operator("bytes", Argument.BYTES, frozenset({"bytes"})),
    operator("size", Argument.SIZE, STRINGS),
    operator("some", Argument.MATCHER, LISTS, part=InnerMatchers.ITEMS),
    operator("items", Argument.MATCHERS, LISTS, part=InnerMatchers.ITEMS),
    operator("fields", Argument.FIELDS, OBJECTS, part=InnerMatchers.FIELDS),
    operator("is", Argument.WORD, STRINGS, words=("integer", "lower-case")),
    operator("python", Argument.NAME),
)


NAMES = TargetNames(
    servers=("daphne", "granian", "gunicorn"),
    frameworks=("control", "fastapi", "starlette", "wsgi-control"),
    loops=("auto", "asyncio", "uvloop"),
    gateways=("direct", "nginx-fastcgi", "nginx-http"),
    runtimes=("local", "docker", "running"),
    http=("1.1", "2"),
    capabilities=("lifespan", "state", "tls", "websocket"),
    options=load_options(),
)


def small() -> Vocabulary:
    """The vocabulary of this file."""
    return Vocabulary(
        STEP_TYPES, {one.name: one for one in OPERATORS}, Contract(), NAMES, CLAUSES, Contract(WSGI_PATHS)
    )


def real() -> Vocabulary:
    """The kinds, operators and names of the engine, with this file's endpoints and clauses."""
    kinds = in_scripts(cast(list[StepType[Any]], found("engine.steps", "STEP_TYPES", deep=True)))
    operators = cast(list[Operator], found("engine.matchers", "OPERATORS"))
    operators_by_name = {one.name: one for one in operators}
    return Vocabulary(kinds, operators_by_name, Contract(), target_names(find()), CLAUSES, Contract(WSGI_PATHS))
