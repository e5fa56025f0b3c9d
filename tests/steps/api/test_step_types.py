"""What holds for every step kind that is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from engine.steps.api.schema import NOTATIONS
from engine.steps.api.step_type import StepType
from tests.steps.reader import KINDS

ALL = sorted(KINDS.items())
GROUPS = {"step", "tcp", "websocket", "fastcgi", "drive"}


def schemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema and all that it is made of, those of keys first of all."""
    yield schema
    for child in schema.get("properties", {}).values():
        yield from schemas(child)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from schemas(schema[key])


@pytest.mark.parametrize(("key", "kind"), ALL, ids=[f"{group}-{name}" for (group, name), _ in ALL])
def test_a_kind(key: tuple[str, str], kind: StepType[Any]) -> None:
    assert key[0] in GROUPS
    assert kind.summary.endswith(".")
    jsonschema.Draft202012Validator.check_schema(dict(kind.schema))
    for number, schema in enumerate(schemas(kind.schema)):
        assert not {"oneOf", "anyOf", "allOf"} & schema.keys()
        if number:
            assert str(schema.get("description", "")), schema
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            assert name in NOTATIONS or name.removeprefix("script:") in GROUPS - {"step"}
    names = [fact.name for fact in kind.facts]
    assert len(names) == len(set(names))
    assert all(fact.summary.endswith(".") for fact in kind.facts)


def test_what_a_step_needs_of_its_server() -> None:
    def named(word: str) -> set[str]:
        return {name for (_, name), kind in KINDS.items() if getattr(kind, word)}

    assert named("own_process") == {"start", "signal", "kill_worker", "exit"}
    assert named("ends") == {"signal", "kill_worker", "exit"}
    assert named("starts") == {"start"}
    assert named("alone") == {"log", "measure"}


def test_what_there_is() -> None:
    found: dict[str, set[str]] = {group: set() for group in GROUPS}
    for group, name in KINDS:
        found[group].add(name)
    shared = {"pause", "mark", "await", "drip", "hang_up", "reading", "response", "read", "closed", "silence", "flood"}
    assert found["step"] == {
        "request", "websocket", "tcp", "app", "parallel", "repeat", "eventually", "pause", "mark", "await",
        "start", "signal", "kill_worker", "exit", "log", "measure", "connect", "drive", "fastcgi",
    }  # fmt: skip
    assert found["drive"] == {"give", "take", "fail_send"}
    assert found["tcp"] == shared | {"send"}
    assert found["fastcgi"] == shared | {
        "begin", "params", "stdin", "data", "abort", "record", "write", "send", "receive", "get_values",
    }  # fmt: skip
    assert found["websocket"] == shared | {"send", "frames", "close", "write", "receive", "frame", "ping"}
