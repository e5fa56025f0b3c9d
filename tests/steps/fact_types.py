"""A check that observed values have the types that their facts declare, as the linter relies on them."""

from __future__ import annotations

from collections.abc import Iterable

from engine.matchers.general import type_of
from engine.model.expectation import Absent
from engine.model.facts import FactType
from engine.model.wire_bytes import WireBytes


def wrong(values: Iterable[tuple[str, object, FactType]]) -> list[tuple[str, object]]:
    """Names and values of those that have another type. An absent value has every type."""
    return [(name, value) for name, value, declared in values if not fits(value, declared)]


def fits(value: object, declared: FactType) -> bool:
    if isinstance(value, Absent) or not declared.sorts:
        return True
    sort = type_of(value)
    if sort not in declared.sorts and not (sort == "integer" and "number" in declared.sorts):
        # A whole number of bytes or seconds is a number all the same.
        return False
    if declared.words and value not in declared.words:
        return False
    if sort == "bytes" and declared.wire is not isinstance(value, WireBytes):
        return False
    if isinstance(value, (list, tuple)) and declared.items is not None:
        return all(fits(item, declared.items) for item in value)
    return True
