"""Properties of every step type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from engine.model.requirements import Requirement
from engine.steps.api.inner import inside
from engine.steps.api.schema import LITERALS
from engine.steps.api.step_type import StepType
from tests.steps.reader import STEP_TYPES, step

ALL = sorted(STEP_TYPES.items())
GROUPS = {"step", "tcp", "websocket", "fastcgi", "http2", "drive"}


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
            assert name in LITERALS or name.removeprefix("script:") in GROUPS - {"step"}
    names = [fact.name for fact in kind.facts]
    assert len(names) == len(set(names))
    assert all(fact.summary.endswith(".") for fact in kind.facts)


def test_what_steps_require() -> None:
    def requiring(requirement: Requirement) -> set[str]:
        return {name for (_, name), kind in STEP_TYPES.items() if requirement in kind.requires}

    assert {requirement: requiring(requirement) for requirement in Requirement} == {
        Requirement.OBSERVER: {"app", "mark", "await"},
        Requirement.CALLS: {"app"},
        Requirement.PROCESS: {"log", "measure"},
        Requirement.DEDICATED: {"start", "signal", "kill_worker", "exit"},
        Requirement.WORKERS: {"kill_worker"},
        Requirement.EXCLUSIVE: {"log", "measure"},
        Requirement.DIRECT: {"websocket"},
        Requirement.RAW: {"tcp", "fastcgi", "http2", "connect"},
        Requirement.UPSTREAM: {"fastcgi"},
        Requirement.DRIVER: {"drive"},
    }
    assert {name: kind.lifecycle for (_, name), kind in STEP_TYPES.items() if kind.lifecycle} == {
        "start": "starts", "signal": "ends", "kill_worker": "ends", "exit": "awaits its end",
    }  # fmt: skip


@pytest.mark.parametrize(("key", "kind"), ALL, ids=[f"{group}-{name}" for (group, name), _ in ALL])
def test_a_step_that_holds_steps_includes_them(key: tuple[str, str], kind: StepType[Any]) -> None:
    properties = [*kind.schema.get("properties", {}).values(), kind.schema.get("additionalProperties")]
    targets = [str(one.get("$ref", "")) for one in properties if isinstance(one, dict)]
    assert any(target.startswith(("#/$defs/steps", "#/$defs/script:")) for target in targets) == bool(kind.inner)


def test_steps_inside_others_are_found_at_any_depth() -> None:
    pauses: list[object] = [{"pause": "1ms"}]
    found = step("parallel", {"a": [{"repeat": {"times": 2, "steps": pauses}}], "b": [{"tcp": {"script": pauses}}]})
    names = [(one.group, one.step_type) for one in inside(found, STEP_TYPES)]
    assert names == [("step", "repeat"), ("step", "pause"), ("step", "tcp"), ("tcp", "pause")]


def test_what_there_is() -> None:
    found: dict[str, set[str]] = {group: set() for group in GROUPS}
    for group, name in STEP_TYPES:
        found[group].add(name)
    shared = {"pause", "mark", "await", "drip", "hang_up", "reading", "response", "read", "closed", "silence", "flood"}
    assert found["step"] == {
        "request", "websocket", "tcp", "app", "parallel", "repeat", "eventually", "pause", "mark", "await",
        "start", "signal", "kill_worker", "exit", "log", "measure", "connect", "drive", "fastcgi", "http2",
    }  # fmt: skip
    assert found["drive"] == {"give", "take", "fail_send"}
    assert found["tcp"] == shared | {"send"}
    assert found["fastcgi"] == shared | {
        "begin", "params", "stdin", "data", "abort", "record", "write", "send", "receive", "get_values",
    }  # fmt: skip
    assert found["http2"] == shared | {
        "preface", "settings", "headers", "data", "reset", "window", "ping", "goaway", "priority", "frame", "send",
        "receive", "reset_received", "goaway_received", "settings_received", "pong", "windows", "error",
        "answers", "burst",
    }  # fmt: skip
    assert found["websocket"] == shared | {"send", "frames", "rest", "close", "write", "receive", "frame", "ping"}
