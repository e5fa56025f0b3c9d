"""What is left of a case when everything of a wrong form is cut out of it.

The rules look at a case's meaning, and need its form to be right. A case with one wrong key should still be told of
its unknown clause in the same run, so the rules get to see the rest of it. A misspelt key is taken for the one that it
most likely means.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from engine.model.nodes import Node

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Way = tuple[str | int, ...]

# Cutting a key may leave a mapping without the one that it needs, which is cut in turn; a step is at most so deep.
ROUNDS = 8
ERRORS = 200

ABOUT_KEYS = ("required", "minProperties", "maxProperties")

SAFE = frozenset(
    {"unknown-fact", "unit", "unknown-clause", "unknown-endpoint", "unknown-step-name", "no-quiet", "runs-on", "flags"}
)
"""The codes of what stays true whatever was cut. That a variable is unknown may follow from a capture that was cut."""


def salvage(case: Node, schema: Mapping[str, Any], fits: Callable[[Node], bool]) -> Node | None:
    """The case without its mistakes of form; None where nothing is left that fits."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 (slow to load, and needed for mistakes only)

    left: Node | None = case
    for _ in range(ROUNDS):
        if left is None or fits(left):
            return left
        errors = list(islice(Draft202012Validator(schema).iter_errors(left.plain()), ERRORS))
        names: dict[Way, str] = {}
        for error in errors:
            names.update(meant(error))
        # A key that seems to be missing may be there under a wrong name: names first, then cuts.
        wrong = [error for error in errors if not names or error.validator not in ABOUT_KEYS]
        left = without(left, {way for error in wrong for way in cuts(error)} - names.keys(), names)
    return None


def properties(error: ValidationError) -> Mapping[str, Any]:
    """The keys that a mapping with an unknown one may have; nothing for any other error."""
    if error.validator != "additionalProperties" or not isinstance(error.schema, Mapping):
        return {}
    found = error.schema.get("properties", {})
    return found if isinstance(found, Mapping) else {}


def unknown(error: ValidationError) -> list[str]:
    """The keys of a mapping that it may not have."""
    known = properties(error)
    instance = error.instance
    return [name for name in instance if name not in known] if known and isinstance(instance, Mapping) else []


def meant(error: ValidationError) -> dict[Way, str]:
    """The ways to misspelt keys, and what they most likely mean: a key that is known and not there."""
    found: dict[Way, str] = {}
    instance = error.instance if isinstance(error.instance, Mapping) else {}
    for name in unknown(error):
        near = difflib.get_close_matches(name, [key for key in properties(error) if key not in instance], 1)
        if near:
            found[*error.absolute_path, name] = near[0]
    return found


def cuts(error: ValidationError) -> list[Way]:
    """The ways to what must go for an error to go with it."""
    way = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        return [(*way, name) for name in unknown(error)]
    if error.validator in ABOUT_KEYS:
        return [item_of(way)]
    return [way]


def item_of(way: Way) -> Way:
    """The way to the innermost item of a list around a value; to the whole where there is none."""
    for length in range(len(way), 0, -1):
        if isinstance(way[length - 1], int):
            return way[:length]
    return ()


def without(node: Node, ways: set[Way], names: Mapping[Way, str], here: Sequence[str | int] = ()) -> Node | None:
    """The node without the values at those ways, and with the keys in ``names`` renamed; None if it is to go itself."""
    at = tuple(here)
    if at in ways:
        return None
    if isinstance(node.value, dict):
        kept = {
            names.get((*at, name), name): without(child, ways, names, (*at, name)) for name, child in node.value.items()
        }
        return Node({name: child for name, child in kept.items() if child is not None}, node.place, node.key)
    if isinstance(node.value, list):
        items = [without(child, ways, names, (*at, index)) for index, child in enumerate(node.value)]
        return Node([item for item in items if item is not None], node.place, node.key)
    return node
