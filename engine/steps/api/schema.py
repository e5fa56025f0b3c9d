"""The schema of what stands under a step's key: JSON Schema, with references to shared literals.

``LITERALS`` lists the shared definitions. The loader composes the schemas of all step types into schemas/suite.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]


LITERALS = (
    "bytes", "headers", "query", "time", "size", "count", "word", "text", "flag", "literal", "steps", "expect",
    "record", "capture", "mask",
)  # fmt: skip


def literal(name: str, description: str) -> Schema:
    """A reference to a shared literal, with what it means here. ``script:GROUP`` is a list of that group's actions."""
    return {"$ref": f"#/$defs/{name}", "description": description}


def mapping(keys: Mapping[str, Schema], required: Sequence[str] = (), description: str = "") -> Schema:
    """The schema of a mapping with just these keys."""
    schema: dict[str, Any] = {"type": "object", "properties": dict(keys), "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    if description:
        schema["description"] = description
    return schema
