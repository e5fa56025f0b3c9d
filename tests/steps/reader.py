"""Steps from Python values: a reader that knows just enough of the literals for the drivers' own tests."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, cast

from engine.model.case import Step
from engine.model.expectation import Checks, Expectation, Group, Literal
from engine.model.nodes import Node
from engine.model.quantities import octets, seconds
from engine.model.source_span import SourceSpan
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString, ByteStringPart, plain
from engine.registry import found
from engine.steps.api.groups import in_scripts
from engine.steps.api.step_type import StepType

PLACE = SourceSpan("case.yaml", 1, 1)
STEP_TYPES: Mapping[tuple[str, str], StepType[Any]] = {
    (group, kind.name): kind
    for kind in in_scripts(cast(list[StepType[Any]], found("engine.steps", "STEP_TYPES", deep=True)))
    for group in kind.groups
}


def node(value: object) -> Node:
    """A node from a plain value; every place is the same."""
    if isinstance(value, dict):
        return Node({name: node(child) for name, child in value.items()}, PLACE, PLACE)
    if isinstance(value, (list, tuple)):
        return Node([node(child) for child in value], PLACE, PLACE)
    return Node(cast(Any, value), PLACE, PLACE)


class FakeReader:
    """``steps.api.reader.NodeReader``; ``mistakes`` are what ``parse`` complained about."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def bytes(self, node: Node) -> ByteString:
        if isinstance(node.value, list):
            return ByteString(tuple(part for item in node.value for part in self.bytes(item).parts))
        if isinstance(node.value, bytes):
            return ByteString((ByteStringPart("base64", base64.b64encode(node.value).decode()),))
        if isinstance(node.value, dict):
            word, argument = node.only
            value = self.value(node) if word == "var" else argument.plain()
            return ByteString((ByteStringPart(word, value),))
        return plain(str(node.value))

    def headers(self, node: Node) -> tuple[tuple[str, ByteString], ...]:
        if isinstance(node.value, list):
            return tuple((str(pair.items()[0].value), self.bytes(pair.items()[1])) for pair in node.value)
        return tuple(
            (name, self.bytes(one)) for name, value in node.entries() for one in (value.items() or [value])
        )  # fmt: skip

    def query(self, node: Node) -> str | tuple[tuple[str, object], ...]:
        if isinstance(node.value, str):
            return node.value
        return tuple((name, self.value(value)) for name, value in node.entries())

    def time(self, node: Node) -> float | Variable:
        found = self.value(node)
        return found if isinstance(found, Variable) else seconds(str(found))

    def size(self, node: Node) -> int | Variable:
        found = self.value(node)
        return found if isinstance(found, Variable) else octets(str(found))

    def value(self, node: Node) -> Any:
        if isinstance(node.value, dict):
            if "var" in node.value:
                plus = node.get("plus")
                return Variable(str(node.value["var"].value), cast(Any, plus.value if plus else None))
            return {name: self.value(child) for name, child in node.value.items()}
        if isinstance(node.value, list):
            return [self.value(child) for child in node.value]
        return node.value

    def steps(self, node: Node) -> tuple[Step, ...]:
        return tuple(self.step(*item.only, "step") for item in node.items())

    def script(self, node: Node, group: str) -> tuple[Step, ...]:
        return tuple(self.step(*item.only, group) for item in node.items())

    def checks(self, node: Node, kind: StepType[Any]) -> Checks:
        del kind

        def group(key: str) -> Group | None:
            body = node.get(key)
            if body is None:
                return None
            facts = tuple(Expectation(name, Literal(self.value(value), PLACE), PLACE) for name, value in body.entries())
            return Group(facts, (), PLACE)

        def pairs(key: str) -> tuple[tuple[str, str], ...]:
            body = node.get(key)
            return tuple((name, str(value.value)) for name, value in body.entries()) if body else ()

        def time(key: str) -> float | None:
            body = node.get(key)
            return seconds(str(body.value)) if body else None

        return Checks(
            group("expect"), group("should"), pairs("record"), pairs("capture"), time("within"), time("quiet")
        )

    def mistake(self, node: Node, what: str, hint: str = "") -> None:
        del node, hint
        self.mistakes.append(what)

    def step(self, name: str, body: Node, group: str) -> Step:
        kind = STEP_TYPES[group, name]
        named = body.get("as") if kind.named else None
        connection = body.get("connection") if kind.connects else None
        checks = self.checks(body, kind) if isinstance(body.value, dict) else Checks()
        return Step(
            name,
            group,
            kind.parse(body, self),
            PLACE,
            str(named.value) if named else None,
            str(connection.value) if connection else None,
            checks,
        )


def step(name: str, body: object, group: str = "step") -> Step:
    """A step from a plain value, which must have no errors."""
    reader = FakeReader()
    made = reader.step(name, node(body), group)
    assert reader.mistakes == []
    return made


def steps(*bodies: dict[str, object]) -> tuple[Step, ...]:
    """Steps from plain one-key mappings."""
    return tuple(step(name, body) for one in bodies for name, body in one.items())


def mistakes(name: str, body: object, group: str = "step") -> list[str]:
    """The errors that ``parse`` reports."""
    reader = FakeReader()
    reader.step(name, node(body), group)
    return reader.mistakes
