"""Filling a case's matrix variables into its nodes. Variables that get their value during the run are not replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.documents.diagnostics import Notes
from engine.model.nodes import Node
from engine.model.source_span import NOWHERE, SourceSpan
from engine.model.variables import as_text

_IN_TEXT = re.compile(r"\$\$\(|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a matrix variable, and the word that stands for it in ids and titles."""

    node: Node
    word: str


@dataclass(slots=True)
class ExpansionBudget:
    """The budget of all variants of a case for values of its matrix: a character of text costs 1, a value within a
    value VALUE. Below 0 it is exceeded."""

    left: int
    _sizes: dict[int, int] = field(default_factory=dict)

    def take(self, text: str) -> bool:
        """True if the budget covered a text."""
        self.left -= len(text)
        return self.left >= 0

    def take_value(self, node: Node) -> bool:
        """True if the budget covered a list or a mapping, which must live as long as this object."""
        if self.left >= 0:
            if id(node) not in self._sizes:
                self._sizes[id(node)] = VALUE * nodes_in(node)
            self.left -= self._sizes[id(node)]
        return self.left >= 0


VALUE = 50


@dataclass(slots=True)
class FixedParts:
    """The lists and mappings of a case that have no variable, so that they are looked through once for all variants."""

    # With the node, whose id would be another's once it is gone.
    _found: dict[int, tuple[Node, bool]] = field(default_factory=dict)

    def __contains__(self, node: Node) -> bool:
        value = node.value
        if isinstance(value, str):
            return "$(" not in value
        if not isinstance(value, (list, dict)):
            return True
        found = self._found.get(id(node))
        if found is None:
            children = value if isinstance(value, list) else value.values()
            names = not isinstance(value, dict) or not any(name == "var" or "$(" in name for name in value)
            found = self._found[id(node)] = (node, names and all(child in self for child in children))
        return found[1]


@dataclass(slots=True)
class Substitution:
    """One combination of matrix values, filled into nodes. ``used`` collects the names of used variables, and ``parts``
    those that were used as values, each with the first part of its path. If the ``budget`` is exceeded, variables are
    not replaced, since the case is invalid anyway. ``fixed`` are the parts of the case that no variant changes.

    The schema shows the position of matchers: a mapping there contains operators, so a mapping value becomes ``{equals:
    value}``.
    """

    values: Mapping[str, Value]
    schema: Mapping[str, Any]
    notes: Notes
    budget: ExpansionBudget
    fixed: FixedParts = field(default_factory=FixedParts)
    used: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)

    def fill(self, node: Node, schema: Any, key: SourceSpan | None = None) -> Node:
        """The node with all matrix variables replaced; the same object if nothing changes."""
        if isinstance(schema, Mapping) and "$ref" in schema:
            name = str(schema["$ref"]).removeprefix("#/$defs/")
            return self._fill(node, self.schema["$defs"].get(name, {}), matcher=name == "matcher")
        return self._fill(node, schema, matcher=False)

    def _fill(self, node: Node, schema: Any, *, matcher: bool) -> Node:
        if node in self.fixed:
            return node
        value = node.value
        if isinstance(value, str):
            before = self.notes.errors
            text = self._text(value, node)
            if self.notes.errors > before:
                return Node(text, NOWHERE, node.key)  # nothing more is said of it
            return node if text == value else Node(text, node.place, node.key)
        shape: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
        if isinstance(value, list):
            items = [self.fill(item, shape.get("items")) for item in value]
            return node if all(a is b for a, b in zip(items, value, strict=True)) else Node(items, node.place, node.key)
        if not isinstance(value, dict):
            return node
        if "var" in value and (replaced := self._variable(node, matcher=matcher)) is not None:
            return replaced
        properties, other = shape.get("properties", {}), shape.get("additionalProperties")
        entries: dict[str, Node] = {}
        changed = False
        for name, child in value.items():
            new_name = self._text(name, Node(name, child.key, child.key)) if "$(" in name else name
            filled = self.fill(child, properties.get(name, other))
            changed = changed or filled is not child or new_name != name
            entries[new_name] = filled
        return Node(entries, node.place, node.key) if changed else node

    def title(self, text: str) -> str:
        """A title, in which a variable is replaced by the name of its value."""

        def name(match: re.Match[str]) -> str:
            found = match[1]
            if found in self.values:
                self.used.add(found)
                return self.values[found].word
            node = self._find(found) if found else None
            if node is None or isinstance(node.value, (list, dict)):
                return match[0]
            value = as_text(node.value)
            return value if self.budget.take(value) else match[0]

        return _IN_TEXT.sub(name, text)

    def _find(self, name: str) -> Node | None:
        """The value of a matrix variable, or of a path into one; None for any other name."""
        if name in self.values:
            self.used.add(name)
            self.parts.add(name)
            return self.values[name].node
        head, dot, rest = name.partition(".")
        if not dot or head not in self.values:
            return None
        self.used.add(head)
        self.parts.add(f"{head}.{rest.partition('.')[0]}")
        node: Node | None = self.values[head].node
        for part in rest.split("."):
            if node is None:
                return None
            if isinstance(node.value, list):
                node = node.value[int(part)] if part.isdigit() and int(part) < len(node.value) else None
            else:
                node = node.get(part)
        return node

    def _text(self, text: str, node: Node) -> str:
        if "$(" not in text:
            return text

        def replace(match: re.Match[str]) -> str:
            name = match[1]
            if not name or not self._ours(name):
                return match[0]
            found = self._find(name)
            if found is None:
                self._missing(name, node)
                return match[0]
            if isinstance(found.value, (list, dict)):
                sort = "a list" if isinstance(found.value, list) else "a mapping"
                what = f"{name!r} is {sort} here, and cannot stand inside text"
                self.notes.error(node.place, "variable", what, f"use {{var: {name}}}, as a part of a list if need be")
                return ""
            value = as_text(found.value)
            return value if self.budget.take(value) else match[0]

        return _IN_TEXT.sub(replace, text)

    def _ours(self, name: str) -> bool:
        return name in self.values or name.partition(".")[0] in self.values

    def _missing(self, name: str, node: Node) -> None:
        head, _, rest = name.partition(".")
        known = [key for key, _ in self.values[head].node.entries()]
        hint = f"it has {', '.join(known)}" if known else "it is not a mapping"
        self.notes.error(node.place, "variable", f"the value of {head!r} has no {rest!r}", hint)

    def _variable(self, node: Node, *, matcher: bool) -> Node | None:
        """The value of ``{var: x}``; None for any other mapping, and for variables that are not in the matrix."""
        entries = dict(node.entries())
        name = entries["var"].value
        if not isinstance(name, str) or not self._ours(name) or (not matcher and set(entries) - {"var", "plus"}):
            return None
        found = self._find(name)
        if found is None:
            self._missing(name, entries["var"])
            return Node("", NOWHERE, node.key)
        if isinstance(found.value, (list, dict)) and not self.budget.take_value(found):
            return None
        if (plus := entries.get("plus")) is not None:
            found = self._sum(name, found, plus)
        others = {key: child for key, child in entries.items() if key not in ("var", "plus")}
        place = entries["var"].place if others else node.place
        value = Node(found.value, place, node.key)
        if others:
            rest = self._fill(Node(others, node.place, node.key), self.schema["$defs"].get("matcher", {}), matcher=True)
            merged = {"equals": value, **dict(rest.entries())}
            return Node(merged, node.place, node.key)
        return Node({"equals": value}, place, node.key) if matcher and isinstance(found.value, dict) else value

    def _sum(self, name: str, found: Node, plus: Node) -> Node:
        left, right = found.value, plus.value
        numbers = [one for one in (left, right) if isinstance(one, (int, float)) and not isinstance(one, bool)]
        if len(numbers) < 2:
            self.notes.error(plus.place, "variable", f"`plus` needs a number, and {name!r} is not a number here")
            return found
        return Node(numbers[0] + numbers[1], found.place, found.key)


def nodes_in(node: Node) -> int:
    """The number of values in a value, itself included."""
    return 1 + sum(nodes_in(child) for child in node.items() or [child for _, child in node.entries()])
