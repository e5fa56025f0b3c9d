"""``variants``: what is different for some values of a case's matrix.

Each entry selects values by ``when``, and its other keys replace those of the case: level, expectations, needs. A later
entry goes before an earlier one. Entries are applied to the nodes of the case before its variables are filled in, so
every rule sees a case as if it had been written for these values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from engine.documents.diagnostics import Notes
from engine.loading.read import ranges
from engine.loading.read.substitution import Value
from engine.model.nodes import Node
from engine.model.variables import as_text
from engine.registry import nearest

KEYS = ("extended", "level", "cite", "note", "needs", "only", "skip", "timeout", "tags")
"""The keys of a case that an entry may replace."""

CHECKS = ("expect", "should")
"""The keys that replace those of steps: a mapping of steps, by name or type, to groups of facts."""

_STEPS = ("steps", "step", "script:", "action:")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the names of the values that it selects by variable, the keys of the case that it replaces, and for
    each key of CHECKS the groups of facts by step."""

    when: Mapping[str, frozenset[str]]
    keys: Mapping[str, Node]
    checks: Mapping[str, Mapping[str, Node]]

    def covers(self, chosen: Mapping[str, Value]) -> bool:
        """True if the entry is about this combination of values."""
        return all(chosen[name].word in words for name, words in self.when.items())


def entries_of(case: Node, values: Mapping[str, Sequence[Value]], notes: Notes) -> list[Entry]:
    """The entries of a case whose matrix has these values. Unknown variables and values go to ``notes``."""
    found: list[Entry] = []
    listed = case.get("variants")
    for item in listed.items() if listed is not None else ():
        before = notes.errors
        when = item.get("when")
        selected = {
            name: _words(name, node, values, notes) for name, node in (when.entries() if when is not None else ())
        }
        if not all(selected.values()):
            continue  # an error is noted, or it is about a value that the schema has rejected
        keys = {name: node for name, node in item.entries() if name in KEYS}
        checks = {name: dict(node.entries()) for name, node in item.entries() if name in CHECKS}
        _news(case, keys, frozenset().union(*(entry.keys for entry in found)), notes)
        several = any(len(values[name]) > 1 for name in selected)
        if (
            several
            and notes.errors == before
            and all(words == {value.word for value in values[name]} for name, words in selected.items())
        ):
            what = "this entry is about every value of the matrix"
            notes.error(item.place, "matrix", what, "write its keys in the case itself, and delete it")
        found.append(Entry(selected, keys, checks))
    return found


def _news(case: Node, keys: Mapping[str, Node], before: Set[str], notes: Notes) -> None:
    """Note each key of an entry that says what the case says itself. One that an entry ``before`` has set differs."""
    for name, node in keys.items():
        own = case.get(name)
        same = own.plain() == node.plain() if own is not None else name == "extended" and node.value is False
        if same and name not in before:
            what = f"the case has this `{name}` without the entry"
            notes.error(node.key, "matrix", what, "delete the key, or the entry if it has no other")


def applied(case: Node, entries: Sequence[Entry], schema: Mapping[str, Any], notes: Notes) -> Node:
    """The case with the keys of some entries instead of its own. A name that means no step, or several, goes to
    ``notes``."""
    if not entries:
        return case
    found = dict(case.entries())
    steps = found.get("steps")
    for entry in entries:
        found |= entry.keys
        for key, groups in entry.checks.items():
            for name, group in groups.items():
                every = list(_steps(steps, key, {"$ref": "#/$defs/steps"}, schema)) if steps is not None else []
                body = _named_step(name, every, group, notes)
                if body is not None and steps is not None:
                    filled = {**dict(body.entries()), key: group}
                    steps = _replaced(steps, body, Node(filled, body.place, body.key))
    if steps is not None:
        found["steps"] = steps
    return Node(found, case.place, case.key)


def _named_step(name: str, every: Sequence[tuple[str, Node]], group: Node, notes: Notes) -> Node | None:
    """The body of the step of a name among ``every`` step, else of the only one of that type; None, with an error
    noted, if there is none."""
    names = [(step_type, str(own.value) if (own := body.get("as")) is not None else "") for step_type, body in every]
    bodies = [body for _, body in every]
    named = [body for body, (_, own) in zip(bodies, names, strict=True) if own == name]
    found = named or [body for body, (step_type, _) in zip(bodies, names, strict=True) if step_type == name]
    if len(found) == 1:
        return found[0]
    if found:
        what = f"{len(found)} steps of this case are called {name!r}"
        notes.error(group.key, "unknown-step-name", what, "name the step that is meant with `as`")
    else:
        known = [word for step_type, own in names for word in (own, step_type) if word]
        what = f"this case has no step {name!r} with expectations"
        notes.error(group.key, "unknown-step-name", what, nearest(name, dict.fromkeys(known)))
    return None


def _steps(
    node: Node, key: str, shape: Any, schema: Mapping[str, Any], step_type: str = ""
) -> Iterator[tuple[str, Node]]:
    """Every step and action below a list of steps that may have a key: its type and its body. The schema
    distinguishes steps from literals that look like them."""
    reference = str(shape.get("$ref", "")) if isinstance(shape, Mapping) else ""
    if reference:
        name = reference.removeprefix("#/$defs/")
        if not name.startswith(_STEPS):
            return
        shape = schema["$defs"].get(name, {})
    if not isinstance(shape, Mapping):
        return
    for item in node.items():
        yield from _steps(item, key, shape.get("items"), schema)
    properties, other = shape.get("properties", {}), shape.get("additionalProperties")
    if step_type and key in properties:
        yield step_type, node
    union = shape.get("maxProperties") == 1
    for name, child in node.entries():
        yield from _steps(child, key, properties.get(name, other), schema, name if union else "")


def _replaced(node: Node, old: Node, new: Node) -> Node:
    """The node with one node below it replaced; the same object if that is not below it."""
    if node is old:
        return new
    if isinstance(node.value, list):
        items = [_replaced(item, old, new) for item in node.value]
        same = all(a is b for a, b in zip(items, node.value, strict=True))
        return node if same else Node(items, node.place, node.key)
    if not isinstance(node.value, dict):
        return node
    entries = {name: _replaced(child, old, new) for name, child in node.value.items()}
    same = all(entries[name] is child for name, child in node.value.items())
    return node if same else Node(entries, node.place, node.key)


def _words(name: str, node: Node, values: Mapping[str, Sequence[Value]], notes: Notes) -> frozenset[str]:
    """The names of the selected values of a variable; none if there is an error."""
    if name not in values:
        notes.error(node.key, "matrix", f"the matrix has no variable {name!r}", nearest(name, list(values)))
        return frozenset()
    words = [value.word for value in values[name]]
    before = notes.errors
    left_out = node.get("except") if not ranges.is_range(node) else None
    if isinstance(node.value, dict) and left_out is None and not ranges.is_range(node):
        notes.error(node.place, "matrix", "`when` selects values by a name, a list of names, a range or `except`")
        return frozenset()
    named = _named(left_out if left_out is not None else node, words, notes)
    found = frozenset(words) - named if left_out is not None else named
    if notes.errors == before and not found:
        notes.error(node.place, "matrix", f"this selects no value of {name!r}", "delete the entry")
    return found


def _named(node: Node, words: Sequence[str], notes: Notes) -> frozenset[str]:
    """The names in a list, in a range or of a single value, each of which must be that of a value; those of a range
    need not."""
    if ranges.is_range(node):
        return frozenset(as_text(one.value) for one in ranges.values_of(node, notes)) & frozenset(words)
    found = set()
    for item in node.items() if isinstance(node.value, list) else [node]:
        word = as_text(item.value) if not isinstance(item.value, (list, dict)) else ""
        if word not in words:
            hint = nearest(word, words)
            few = hint if hint.startswith("did you mean") or len(hint) < 200 else ""
            notes.error(item.place, "matrix", f"no value of this variable is called {word!r}", few)
        found.add(word)
    return frozenset(found)
