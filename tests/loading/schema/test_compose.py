"""The composed schema: what the house rules ask of it, and that the committed files are those it gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.app.vocabulary import schemas
from engine.loading.schema.compose import compose_schema, compose_schemas, rendered, write_schemas
from tests.loading.vocabulary import real, small

COMMITTED = Path(__file__).parents[3] / "schemas"

SCHEMAS = [
    pytest.param(schema, id=f"{owner}-{name}")
    for owner, vocabulary in (("small", small()), ("real", real()))
    for name, schema in compose_schemas(vocabulary).items()
]


def mappings(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping inside a schema, at any depth."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else []:
        yield from mappings(item)


def properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property that a schema describes, with its own schema. A property may itself be called `properties`."""
    if not isinstance(schema, dict):
        return
    for name, inner in schema.get("properties", {}).items():
        yield name, inner
    for key in ("properties", "$defs"):
        for inner in schema.get(key, {}).values():
            yield from properties(inner)
    for key in ("items", "additionalProperties"):
        yield from properties(schema.get(key))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_is_a_schema(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_error_is_a_leaf(schema: dict[str, Any]) -> None:
    lists = {key for found in mappings(schema) for key, value in found.items() if isinstance(value, list)}
    assert not lists & {"oneOf", "anyOf", "allOf"}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_key_has_a_description(schema: dict[str, Any]) -> None:
    found = list(properties(schema))
    assert found
    assert [name for name, inner in found if not inner.get("description")] == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    targets = {found["$ref"] for found in mappings(schema) if isinstance(found.get("$ref"), str)}
    assert {target.removeprefix("#/$defs/") for target in targets} <= set(schema.get("$defs", {}))


def test_a_union_of_kinds_is_an_object_with_one_key() -> None:
    schema = compose_schema(small())
    for name in ("step", "command", "action:tcp"):
        union = schema["$defs"][name]
        assert (union["minProperties"], union["maxProperties"], union["additionalProperties"]) == (1, 1, False)


def test_kinds_get_the_keys_that_they_ask_for() -> None:
    step = compose_schema(small())["$defs"]["step"]["properties"]
    shared = {"as", "connection", "expect", "should", "record", "capture", "within", "quiet"}
    assert shared & set(step["request"]["properties"]) == shared - {"quiet"}
    assert shared & set(step["app"]["properties"]) == shared - {"as", "connection"}
    assert shared & set(step["tcp"]["properties"]) == {"as", "connection"}
    assert "properties" not in step["pause"]


def test_facts_are_offered_to_editors() -> None:
    definitions = compose_schema(small())["$defs"]
    offered = definitions["expect:request"]["properties"]
    assert {"status", "json", "body.size", "any_of"} <= set(offered)
    assert not any("*" in name for name in offered)


def test_writing_gives_a_file_a_kind(tmp_path: Path) -> None:
    written = write_schemas(tmp_path / "schemas", compose_schemas(small()))
    assert [path.name for path in written] == [
        "suite.json", "clauses.json", "known-failures.json", "history.json", "conformance.json",
    ]  # fmt: skip
    assert json.loads(written[0].read_text()) == compose_schema(small())


@pytest.mark.parametrize("name", ["suite", "clauses", "known-failures", "history", "contract", "framework"])
def test_committed_schemas_are_those_of_the_code(name: str) -> None:
    """If they differ, run `engine schemas`."""
    expected = rendered(schemas(Engine(find()).words)[name])
    assert (COMMITTED / f"{name}.json").read_text(encoding="utf-8") == expected


def test_looks_of_one_name_in_two_scripts_have_their_own_facts() -> None:
    definitions = compose_schema(real())["$defs"]

    def facts(group: str, look: str) -> set[str]:
        expect = definitions[f"action:{group}"]["properties"][look]["properties"]["expect"]["$ref"]
        return set(definitions[expect.removeprefix("#/$defs/")]["properties"])

    assert "unknown_type" in facts("fastcgi", "receive")
    assert "binary" in facts("websocket", "receive")
    assert not {"binary", "text"} & facts("fastcgi", "receive")
    assert "protocol_status" in facts("fastcgi", "response")
    assert "protocol_status" not in facts("tcp", "response")
