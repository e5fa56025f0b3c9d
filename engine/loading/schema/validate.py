"""A fast check that a tree of nodes matches a schema.

jsonschema finds errors, but takes milliseconds for each case even if there are none. So a schema is first compiled to
plain functions that return true or false, and jsonschema only gets the documents that they reject. A test ensures that
both agree. A keyword that is unknown here is rejected when the schema is compiled, so that none is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import Defect
from engine.loading.schema.codes import KEY
from engine.model.nodes import Node

Check = Callable[[Node], bool]

_ANNOTATIONS = {"$schema", "$defs", "title", "description", "default", "examples", KEY}
_KNOWN = {
    "type",
    "enum",
    "const",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "properties",
    "additionalProperties",
    "required",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "items",
    "minItems",
    "maxItems",
    "$ref",
}


def checker(schema: Mapping[str, Any], definition: str = "") -> Check:
    """A function that returns true if a node matches a schema, or one of its ``$defs``. Raises Defect for a schema with
    a keyword that this module does not know."""
    made: dict[str, Check] = {}
    if definition:
        return _compile({"$ref": f"#/$defs/{definition}"}, schema, made)
    return _compile(schema, schema, made)


def _accept(node: Node) -> bool:
    return True


def _refuse(node: Node) -> bool:
    return False


def _compile(schema: Any, root: Mapping[str, Any], made: dict[str, Check]) -> Check:
    if isinstance(schema, bool):
        return _accept if schema else _refuse
    if unknown := set(schema) - _KNOWN - _ANNOTATIONS:
        raise Defect(f"the schema has keywords that the loader does not know: {', '.join(sorted(unknown))}")
    checks: list[Check] = []
    if "$ref" in schema:
        checks.append(_reference(schema["$ref"], root, made))
    if "type" in schema:
        checks.append(_type(schema["type"]))
    if "enum" in schema or "const" in schema:
        checks.append(_enum(schema["enum"] if "enum" in schema else [schema["const"]]))
    if not schema.keys().isdisjoint(("pattern", "minLength", "maxLength")):
        checks.append(_text(schema))
    if not schema.keys().isdisjoint(("minimum", "maximum", "exclusiveMinimum")):
        checks.append(_range(schema))
    if not schema.keys().isdisjoint(("items", "minItems", "maxItems")):
        checks.append(_list(schema, root, made))
    if not schema.keys().isdisjoint(
        ("properties", "additionalProperties", "required", "minProperties", "maxProperties", "dependentRequired")
    ):
        checks.append(_object(schema, root, made))
    if not checks:
        return _accept
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        first, second = checks
        return lambda node: first(node) and second(node)
    every = tuple(checks)

    def check(node: Node) -> bool:
        for one in every:  # noqa: SIM110 (a generator costs a third more, and this is the inner loop)
            if not one(node):
                return False
        return True

    return check


def _reference(target: str, root: Mapping[str, Any], made: dict[str, Check]) -> Check:
    if target in made:
        return made[target]
    held: list[Check] = []

    def late(node: Node) -> bool:
        return held[0](node)

    made[target] = late
    if not target.startswith("#/$defs/"):
        raise Defect(f"the schema refers to {target}, which is not part of it")
    definitions = root.get("$defs", {})
    name = target.removeprefix("#/$defs/")
    if name not in definitions:
        raise Defect(f"the schema refers to {name!r}, which it does not define")
    held.append(_compile(definitions[name], root, made))
    made[target] = held[0]
    return held[0]


def _type(names: str | list[str]) -> Check:
    wanted = {names} if isinstance(names, str) else set(names)
    classes: set[type] = set()
    for word, cls in (("object", dict), ("array", list), ("string", str), ("boolean", bool), ("null", type(None))):
        if word in wanted:
            classes.add(cls)
    if "integer" in wanted or "number" in wanted:
        classes.add(int)
    if "number" in wanted:
        classes.add(float)
    accepted = frozenset(classes)
    if "integer" in wanted and "number" not in wanted:  # JSON Schema takes 1.0 for an integer

        def check(node: Node) -> bool:
            value = node.value
            return type(value) in accepted or (type(value) is float and value.is_integer())

        return check
    return lambda node: type(node.value) in accepted


def _enum(values: list[Any]) -> Check:
    if not all(isinstance(value, str) for value in values):
        raise Defect("the schema has an enum with values that are not text")
    known = frozenset(values)
    return lambda node: isinstance(node.value, str) and node.value in known


def _text(schema: Mapping[str, Any]) -> Check:
    search = re.compile(schema.get("pattern", "")).search
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", float("inf"))

    def check(node: Node) -> bool:
        value = node.value
        return not isinstance(value, str) or (shortest <= len(value) <= longest and search(value) is not None)

    return check


def _range(schema: Mapping[str, Any]) -> Check:
    low, high = schema.get("minimum", float("-inf")), schema.get("maximum", float("inf"))
    above = schema.get("exclusiveMinimum", float("-inf"))

    def check(node: Node) -> bool:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return True
        return bool(low <= value <= high and value > above)

    return check


def _list(schema: Mapping[str, Any], root: Mapping[str, Any], made: dict[str, Check]) -> Check:
    shortest, longest = schema.get("minItems", 0), schema.get("maxItems", float("inf"))
    item = _compile(schema["items"], root, made) if "items" in schema else _accept

    def check(node: Node) -> bool:
        value = node.value
        if not isinstance(value, list):
            return True
        if not shortest <= len(value) <= longest:
            return False
        for one in value:  # noqa: SIM110
            if not item(one):
                return False
        return True

    return check


def _object(schema: Mapping[str, Any], root: Mapping[str, Any], made: dict[str, Check]) -> Check:
    known = {name: _compile(inner, root, made) for name, inner in schema.get("properties", {}).items()}
    other = _compile(schema.get("additionalProperties", True), root, made)
    required = tuple(schema.get("required", ()))
    fewest, most = schema.get("minProperties", 0), schema.get("maxProperties", float("inf"))
    dependent = tuple((name, tuple(needed)) for name, needed in schema.get("dependentRequired", {}).items())

    def check(node: Node) -> bool:
        value = node.value
        if not isinstance(value, dict):
            return True
        if not fewest <= len(value) <= most:
            return False
        for name in required:
            if name not in value:
                return False
        for name, inner in value.items():
            if not known.get(name, other)(inner):
                return False
        return all(name not in value or all(one in value for one in needed) for name, needed in dependent)

    return check
