"""The steps of a case as a tree, for the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.loading.vocabulary import Vocabulary
from engine.model.nodes import Node
from engine.model.source_span import SourceSpan
from engine.steps.api.groups import STEP
from engine.steps.api.step_type import StepType


@dataclass(frozen=True, slots=True)
class Inner:
    """A list of steps or actions inside a step: its key, and its items."""

    key: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One step or action. ``body`` is the value under its name; ``body.key`` is the span of the name."""

    step_type: StepType[Any]
    group: str
    body: Node
    inner: tuple[Inner, ...]

    @property
    def name(self) -> str:
        return self.step_type.name

    def named(self) -> list[tuple[str, SourceSpan]]:
        """The name and span of each fact in its checks."""
        named = [(name, matcher.key) for name, matcher in groups(self.body)]
        for key in ("record", "capture"):
            if (found := self.body.get(key)) is not None:
                named += [(str(node.value), node.place) for _, node in found.entries()]
        return named

    def walk(self) -> list[Item]:
        """This item and all inside it, in the order of the document."""
        found = [self]
        for inner in self.inner:
            for item in inner.items:
                found += item.walk()
        return found


def outline(steps: Node, vocabulary: Vocabulary, group: str = STEP) -> tuple[Item, ...]:
    """The items of a valid list of steps or actions."""
    items = []
    for node in steps.items():
        name, body = node.only
        step_type = vocabulary.step_type(group, name)
        items.append(Item(step_type, group, body, tuple(_inner(step_type.schema, body, vocabulary))))
    return tuple(items)


def _inner(schema: Mapping[str, Any], body: Node, vocabulary: Vocabulary) -> Iterator[Inner]:
    properties = schema.get("properties", {})
    other = schema.get("additionalProperties")
    for key, child in body.entries():
        group = _group(properties.get(key, other))
        if group and isinstance(child.value, list):
            yield Inner(key, outline(child, vocabulary, group))


def _group(schema: object) -> str:
    """The group of the items in a list with this schema, "" for another schema."""
    target = str(schema.get("$ref", "")) if isinstance(schema, Mapping) else ""
    name = target.removeprefix("#/$defs/")
    if name == "steps":
        return STEP
    return name.removeprefix("script:") if name.startswith("script:") else ""


def walk(items: tuple[Item, ...]) -> list[Item]:
    """All items, at any depth, in the order of the document."""
    return [inner for item in items for inner in item.walk()]


def groups(body: Node) -> Iterator[tuple[str, Node]]:
    """Each fact that a step's ``expect`` and ``should`` name, at any depth, with its matcher."""
    for key in ("expect", "should"):
        found = body.get(key)
        if found is not None:
            yield from _facts(found)


def _facts(group: Node) -> Iterator[tuple[str, Node]]:
    for name, child in group.entries():
        if name == "any_of":
            for inner in child.items():
                yield from _facts(inner)
        elif name != "same_as":
            yield name, child
