"""The nodes of a YAML document: values with source spans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

from engine.model.source_span import SourceSpan

Scalar = Union[str, int, float, bool, None]


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a document.

    ``value`` is a scalar, a list of nodes, or a dict of nodes by key. ``place`` is the span of the value, ``key`` that
    of its key; an item of a list and the root, which have no key, repeat their own.
    """

    value: Scalar | list[Node] | dict[str, Node]
    place: SourceSpan
    key: SourceSpan

    def __contains__(self, name: str) -> bool:
        return isinstance(self.value, dict) and name in self.value

    def get(self, name: str) -> Node | None:
        """The value under a key; None if this is no mapping or lacks the key."""
        return self.value.get(name) if isinstance(self.value, dict) else None

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Key and value of each entry, in the order of the document; empty if this is no mapping."""
        return iter(self.value.items() if isinstance(self.value, dict) else ())

    def items(self) -> list[Node]:
        """The items; [] if this is no list."""
        return self.value if isinstance(self.value, list) else []

    @property
    def only(self) -> tuple[str, Node]:
        """The entry of a mapping with exactly one, as (key, value). The schema guarantees it; StopIteration
        otherwise."""
        return next(self.entries())

    def plain(self) -> object:
        """The value without spans: dict, list, str, int, float, bool or None, as in JSON."""
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value
