"""Walking into a value by a dotted path: ``user.0.name``."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model.boundary import OpaqueValue
from engine.model.expectation import ABSENT


def walk(value: object, path: str) -> object:
    """The part of ``value`` that ``path`` leads to, or ABSENT.

    Mappings are walked by key, lists and tuples by index from 0 (``last`` is the last one). A key may contain dots:
    the longest key that is there is taken first. "" leads to the value itself.
    """
    if not path:
        return value
    if isinstance(value, OpaqueValue):
        value = value.value
    if isinstance(value, Mapping):
        return _in_mapping(value, path)
    if isinstance(value, (list, tuple)):
        head, _, rest = path.partition(".")
        if head == "last" and value:
            return walk(value[-1], rest)
        if head.isascii() and head.isdigit() and int(head) < len(value):
            return walk(value[int(head)], rest)
    return ABSENT


def _in_mapping(value: Mapping[str, object], path: str) -> object:
    cut = len(path)
    while cut > 0:
        key = path[:cut]
        if key in value:
            found = walk(value[key], path[cut + 1 :])
            if found is not ABSENT:
                return found
        cut = path.rfind(".", 0, cut)
    return ABSENT
