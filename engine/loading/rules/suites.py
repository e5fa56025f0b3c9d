"""Rules for the cases of a suite together."""

from __future__ import annotations

from collections.abc import Collection

from engine.documents.diagnostics import Notes
from engine.loading.rules.references import near
from engine.model.nodes import Node


def check(cases: list[Node], notes: Notes) -> None:
    """Duplicate ids, and `depends_on` of unknown cases, or in a cycle."""
    first: dict[str, Node] = {}
    for case in cases:
        node = case.get("id")
        if node is None or not isinstance(node.value, str):
            continue
        if node.value in first:
            line = first[node.value].place.line
            notes.error(
                node.place, "duplicate-id", f"two cases have the id {node.value!r}", f"the first is in line {line}"
            )
        first.setdefault(node.value, node)
    needed = _needs(cases)
    for name, nodes in needed.items():
        for node in nodes:
            target = str(node.value)
            if target.partition("[")[0] not in first:
                notes.error(node.place, "unknown-case", f"this suite has no case {target!r}", near(target, first))
            elif _reaches(target.partition("[")[0], name, needed):
                what = (
                    f"{name!r} depends on itself"
                    if target.partition("[")[0] == name
                    else f"{target!r} depends on {name!r} in turn"
                )
                notes.error(node.place, "dependency-loop", what, "remove the dependency")


def check_variants(cases: list[Node], ids: Collection[str], notes: Notes) -> None:
    """`depends_on` of values that no matrix has. ``ids`` are those of all cases, with every matrix expanded."""
    for nodes in _needs(cases).values():
        for node in nodes:
            if "[" in str(node.value) and node.value not in ids:
                what = f"this suite has no case {node.value!r}"
                notes.error(node.place, "unknown-case", what, near(str(node.value), ids))


def _needs(cases: list[Node]) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for case in cases:
        identity, needed = case.get("id"), case.get("depends_on")
        if identity is not None and needed is not None:
            found.setdefault(str(identity.value), []).extend(needed.items())
    return found


def _reaches(start: str, goal: str, needed: dict[str, list[Node]]) -> bool:
    """True if a case depends on another, directly or indirectly."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(str(node.value).partition("[")[0] for node in needed.get(name, ()))
    return False
