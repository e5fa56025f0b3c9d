"""Repairing structural errors, so that semantic errors can be found in the same run.

The rules check the meaning of a document, and need a valid structure. So everything that the schema rejects is noted
and then replaced: a misspelt key by the one that was probably meant, a missing or wrong value by a harmless one without
a position, several keys in one step by a step for each. Values without a position are never reported. Only an unknown
key that resembles none is removed. The words in it are remembered, since a variable that is unknown may have been
captured there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from engine.documents.diagnostics import LIMIT, Diagnostic, Notes
from engine.loading.schema import suggest as meant
from engine.loading.schema.errors import ROOT, complain, node_at, order
from engine.loading.schema.samples import filler
from engine.model.nodes import Node
from engine.model.variables import names_in

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Way = tuple[str | int, ...]
Excused = Callable[[Node], bool]

# A key that is renamed shows what is below it, so a round may be needed for each level.
ROUNDS = 20

_REPLACED = frozenset(
    {"type", "enum", "pattern", "minLength", "minimum", "maximum", "exclusiveMinimum", "minItems", "maxItems"}
)

UNSURE: Mapping[str, tuple[str, ...]] = {
    "unknown-variable": (),
    "unused-variable": (),
    "unused-part": (),
    "unknown-step-name": (),
    "unknown-act-name": (),
    "unset-mark": (),
    "unawaited-mark": (),
    "evaluates-nothing": ("expect", "should", "record"),
    "no-end": ("signal", "kill_worker", "start"),
    "not-started": ("start",),
}
"""Errors that may be consequences of removed words: they name one of these, or one of the words below."""

_quoted = re.compile(r"'([^']+)'|`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Repaired:
    """A tree that matches its schema, except for excused values. ``lost`` are the words that were removed; ``mended``
    is true if there was something to repair."""

    node: Node
    lost: frozenset[str]
    mended: bool


def repair(
    node: Node, schema: Mapping[str, Any], notes: Notes, name: str = ROOT, excused: Excused | None = None
) -> Repaired | None:
    """Note every structural error in a tree, and repair it. None if that fails.

    The number of errors is limited, since a document of a megabyte can contain a hundred thousand. ``name`` is the name
    of the tree in messages. ``excused`` is a function that returns true for a value that is not an error yet: a
    variable that the matrix has to fill in.
    """
    from jsonschema import Draft202012Validator  # noqa: PLC0415 (slow to load, and only needed for errors)

    validator = Draft202012Validator(schema)
    lost: set[str] = set()
    for number in range(ROUNDS):
        found = sorted(islice(validator.iter_errors(node.plain()), 5 * LIMIT), key=order)
        errors = [error for error in found if excused is None or not excused(node_at(node, error.absolute_path))]
        if not errors:
            return Repaired(node, frozenset(lost), number > 0)
        complain(errors, node, notes, name)
        if notes.errors > LIMIT:
            return None  # nobody reads more, and each round of a large document takes seconds
        mended = _Mender(schema, by_way(errors), lost).mend(node, ())
        if len(mended) != 1:
            return None
        node = mended[0]
    return None


def by_way(errors: Iterable[ValidationError]) -> dict[Way, list[ValidationError]]:
    """Errors by the path to their value."""
    found: dict[Way, list[ValidationError]] = {}
    for error in errors:
        found.setdefault(tuple(error.absolute_path), []).append(error)
    return found


def follows(found: Diagnostic, lost: frozenset[str]) -> bool:
    """True if an error may be a consequence of removed words."""
    words = UNSURE.get(found.code)
    if words is None or not lost:
        return False
    named = {part for match in _quoted.finditer(found.what) for part in match.groups() if part}
    # Of `all.name` and `value.part` the name may have been lost.
    parts = {piece for one in named for piece in one.split(".")}
    return not lost.isdisjoint(parts | set(words) | named)


@dataclass(slots=True)
class _Mender:
    """One round: the errors by path, and the removed words."""

    root: Mapping[str, Any]
    errors: Mapping[Way, Sequence[ValidationError]]
    lost: set[str] = field(default_factory=set)

    def mend(self, node: Node, way: Way) -> list[Node]:
        """A value without the errors at its path and below: one node, several if a list gets an item for each key, none
        if nothing matches."""
        errors = {str(error.validator): error for error in self.errors.get(way, ())}
        replaced = next((error for word, error in errors.items() if word in _REPLACED), None)
        if replaced is not None:
            return self._replaced(node, replaced)
        if isinstance(node.value, list):
            items = [one for index, item in enumerate(node.value) for one in self.mend(item, (*way, index))]
            return [Node(items, node.place, node.key)]
        if not isinstance(node.value, dict):
            return [node]
        if not node.value and "minProperties" in errors:
            return self._filled(node, errors["minProperties"].schema)
        return self._mapping(node, way, errors)

    def _replaced(self, node: Node, error: ValidationError) -> list[Node]:
        """A replacement for a value of the wrong type. A mapping in place of a list is taken as its only item."""
        schema = shape_of(error)
        if error.validator == "type" and schema.get("type") == "array" and isinstance(node.value, dict):
            return [Node([node], node.place, node.key)]
        return self._filled(node, schema)

    def _filled(self, node: Node, schema: Any) -> list[Node]:
        self._lose(node)
        found = self._filler(schema)
        return [] if found is None else [Node(found.value, found.place, node.key)]

    def _filler(self, schema: Any) -> Node | None:
        """A value that matches, if there is one."""
        found = filler(schema, self.root)
        if found is not None and isinstance(found.value, (list, dict)):
            self.lost.add("expect")  # what was meant here may have held one
        return found

    def _mapping(self, node: Node, way: Way, errors: Mapping[str, ValidationError]) -> list[Node]:
        if "maxProperties" in errors and "additionalProperties" in errors:
            node = self._indented(node, shape_of(errors["maxProperties"]).get("properties", {}))
        renamed = renamings(errors.get("additionalProperties"))
        shape = shape_of(errors.get("additionalProperties"))
        known = shape.get("properties", {})
        entries: dict[str, Node] = {}
        for name, child in node.entries():
            if "additionalProperties" in errors and name not in known and name not in renamed:
                self._lose(child, name)
                if "maxProperties" in shape:
                    self.lost.add("expect")
                continue
            kept = self.mend(child, (*way, name))
            if len(kept) > 1:
                kept = [Node(kept, child.place, child.key)] if self._takes_list((*way, name)) else kept[:1]
            if kept:
                entries[renamed.get(name, name)] = kept[0]
        if "dependentRequired" in errors:
            entries.pop("plus", None)
        required = shape_of(errors.get("required"))
        for name in required.get("required", ()):
            shape = required.get("properties", {}).get(name, {})
            if name not in entries and (found := self._filler(shape)) is not None:
                entries[name] = found
        if "maxProperties" in errors and len(entries) > 1:
            return _split(node, entries)
        if not entries and errors:
            return self._filled(node, next(iter(errors.values())).schema)
        return [Node(entries, node.place, node.key)]

    def _indented(self, node: Node, known: Mapping[str, Any]) -> Node:
        """A mapping with one intended key, with the unknown keys moved inside the first known one: they were probably
        not indented enough."""
        owner = next((name for name, _ in node.entries() if name in known), None)
        body = node.get(owner) if owner is not None else None
        if owner is None or body is None or not (body.value is None or isinstance(body.value, dict)):
            return node
        others = {name: child for name, child in node.entries() if name not in known and name not in body}
        inside = Node({**dict(body.entries()), **others}, body.place, body.key)
        kept = {name: child for name, child in node.entries() if name not in others}
        return Node({**kept, owner: inside}, node.place, node.key)

    def _takes_list(self, way: Way) -> bool:
        """True if the value, a mapping with too many keys, may also be a list of mappings."""
        error = next((error for error in self.errors.get(way, ()) if error.validator == "maxProperties"), None)
        return "array" in shape_of(error).get("type", ())

    def _lose(self, node: Node, name: str = "") -> None:
        self.lost.update(words(node))
        if name:
            self.lost.add(name)


def _split(node: Node, entries: Mapping[str, Node]) -> list[Node]:
    """A mapping for each key."""
    return [Node({name: child}, child.key, node.key) for name, child in entries.items()]


def shape_of(error: ValidationError | None) -> Mapping[str, Any]:
    """The schema that an error is about, which defines the keys of its mapping."""
    return error.schema if error is not None and isinstance(error.schema, Mapping) else {}


def renamings(error: ValidationError | None) -> dict[str, str]:
    """The misspelt keys of a mapping, and the known and missing key that each probably means."""
    known = shape_of(error).get("properties", {})
    instance = error.instance if error is not None and isinstance(error.instance, Mapping) else {}
    free = [key for key in known if key not in instance]
    found: dict[str, str] = {}
    for name in instance:
        if name not in known and (likely := meant.meant(name, free)):
            found[name] = likely
            free.remove(likely)
    return found


def words(node: Node) -> set[str]:
    """Every key and text in a value, and the variables that they name."""
    if isinstance(node.value, str):
        return {node.value, *(name.partition(".")[0] for name in names_in(node.value))}
    found = set() if isinstance(node.value, (list, dict)) else {str(node.value)}
    for item in node.items():
        found |= words(item)
    for name, child in node.entries():
        found |= {name, *words(child)}
    return found
