"""There is a harmless value for every value that a schema knows, and it fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.app.vocabulary import schemas
from engine.loading.schema.samples import filler
from engine.model.source_span import NOWHERE

SCHEMAS = schemas(Engine(find()).words)


def parts(schema: Any) -> Iterator[Mapping[str, Any]]:
    """A schema, and all schemas of values inside it."""
    if not isinstance(schema, Mapping):
        return
    yield schema
    for child in schema.get("properties", {}).values():
        yield from parts(child)
    for key in ("items", "additionalProperties"):
        yield from parts(schema.get(key))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_value_has_a_sample(name: str) -> None:
    root = SCHEMAS[name]
    definitions = root.get("$defs", {})
    for schema in (one for start in (root, *definitions.values()) for one in parts(start)):
        found = filler(schema, root)
        assert found is not None, schema.get("title", schema)
        assert found.place == NOWHERE
        errors = list(Draft202012Validator({**schema, "$defs": definitions}).iter_errors(found.plain()))
        assert errors == [], (schema.get("title", schema), found.plain())


def test_what_fits_nothing_has_none() -> None:
    assert filler({"type": "string", "pattern": "^nothing like it$"}, {}) is None
    assert filler({"type": "integer", "minimum": 5, "maximum": 4}, {}) is None
