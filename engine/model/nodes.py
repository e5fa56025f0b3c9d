"""A YAML document as values that still know where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

from engine.model.source_span import SourceSpan

Scalar = Union[str, int, float, bool, None]


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a document.

    ``value`` is a scalar, a list of nodes or a dict of nodes; ``place`` is the value's own, ``key`` that of the
    key before it (the value's own for items of a list and for the document).
    """

    value: Scalar | list[Node] | dict[str, Node]
    place: SourceSpan
    key: SourceSpan

    def __contains__(self, name: str) -> bool:
        return isinstance(self.value, dict) and name in self.value

    def get(self, name: str) -> Node | None:
        """The value under a key, or None where this is no mapping or has no such key."""
        return self.value.get(name) if isinstance(self.value, dict) else None

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Key and value of each entry; nothing where this is no mapping."""
        return iter(self.value.items() if isinstance(self.value, dict) else ())

    def items(self) -> list[Node]:
        """The items; an empty list where this is no list."""
        return self.value if isinstance(self.value, list) else []

    @property
    def only(self) -> tuple[str, Node]:
        """The one key of a one-key mapping, and what stands under it. The schema has seen to it that there is one."""
        return next(self.entries())

    def plain(self) -> object:
        """The value without its places, as JSON would have it."""
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value
