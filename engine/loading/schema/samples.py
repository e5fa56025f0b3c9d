"""A harmless value that matches a schema, to replace a missing or wrong one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from engine.model.nodes import Node, Scalar
from engine.model.source_span import NOWHERE

DEPTH = 12

# Each fits some pattern of the schemas; the first that fits is taken.
_SCALARS: tuple[Scalar, ...] = (
    "x", "1s", "1B", "00", "/x", "x:x", "x::x", "X-1", "2030-01-01", "https://x.example", "0.1", "X", "x==1",
    1, True, None,
)  # fmt: skip
_WORDS = {str: "string", bool: "boolean", int: "integer", type(None): "null"}
# Of several steps or actions these say least.
_PREFERRED = ("pause", "sleep", "echo")


class _NoSample(Exception):
    """This module has no matching value."""


def filler(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Node | None:
    """A value that matches a schema, without a position; None if this module has none. ``root`` has the ``$defs`` that
    the schema refers to."""
    try:
        return node_of(_sample(schema, root, 0))
    except _NoSample:
        return None


def node_of(value: Any) -> Node:
    """A plain value as a node without a position."""
    if isinstance(value, dict):
        return Node({name: node_of(child) for name, child in value.items()}, NOWHERE, NOWHERE)
    if isinstance(value, list):
        return Node([node_of(child) for child in value], NOWHERE, NOWHERE)
    return Node(value, NOWHERE, NOWHERE)


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema with its references replaced by their definitions."""
    while "$ref" in schema:
        target = root["$defs"][str(schema["$ref"]).removeprefix("#/$defs/")]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _sample(schema: Any, root: Mapping[str, Any], depth: int) -> Any:
    if depth > DEPTH:
        raise _NoSample
    schema = resolved(schema if isinstance(schema, Mapping) else {}, root)
    if "enum" in schema:
        return schema["enum"][0]
    named = schema.get("type", ["string"])
    types = [named] if isinstance(named, str) else named
    least = schema.get("minimum")
    for value in (*_SCALARS, *([least] if type(least) is int else ())):
        if _fits(value, schema, types):
            return value
    if "array" in types:
        items = schema.get("items", {"type": "string"})
        return [_sample(items, root, depth + 1)] * max(1, int(schema.get("minItems", 1)))
    if "object" in types:
        return _mapping(schema, root, depth + 1)
    raise _NoSample


def _fits(value: Scalar, schema: Mapping[str, Any], types: Sequence[str]) -> bool:
    if _WORDS[type(value)] not in types and not (type(value) is int and "number" in types):
        return False
    if isinstance(value, str):
        return re.search(schema.get("pattern", ""), value) is not None
    return type(value) is not int or schema.get("minimum", 1) <= value <= schema.get("maximum", 1)


def _mapping(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    properties: Mapping[str, Any] = schema.get("properties", {})
    found = {key: _sample(properties.get(key, {}), root, depth) for key in schema.get("required", ())}
    fewest = int(schema.get("minProperties", 0))
    for key in (*(key for key in _PREFERRED if key in properties), *properties):
        if len(found) < fewest and key not in found:
            with suppress(_NoSample):  # of a group that may hold groups, another key will do
                found[key] = _sample(properties[key], root, depth)
    if len(found) < fewest:
        found["x"] = _sample(schema.get("additionalProperties", {}), root, depth)
    return found
