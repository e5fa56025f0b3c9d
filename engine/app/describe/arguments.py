"""Parameters of steps and arguments of commands in words: by their schema and the sort of value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from engine.app.describe.phrases import Phrases
from engine.model.case import AppCommand, Step
from engine.model.wire_bytes import ByteString

Schema = Mapping[str, Any]


def dimension(schema: Schema) -> str:
    """``time`` or ``size`` where a schema asks for one, else ""."""
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    return {"time": "time", "size": "size", "size-or-count": "size"}.get(name, "")


def words(value: object, schema: Schema, phrases: Phrases) -> str:
    """A value on one line."""
    if isinstance(value, ByteString):
        found = phrases.value(value)
        return found.removeprefix("bytes ")
    if isinstance(value, Mapping):
        keys = schema.get("properties", {})
        return ", ".join(f"{name} {words(item, keys.get(name, {}), phrases)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(words(item, schema.get("items", {}), phrases) for item in value) + "]"
    if is_dataclass(value) and not isinstance(value, type) and type(value).__name__ != "Variable":
        return ", ".join(f"{name} {words(item, {}, phrases)}" for name, item in parameters(value))
    text = phrases.value(value, dimension(schema))
    return text[1:-1] if isinstance(value, str) and is_word(value) else text


def is_word(value: str) -> bool:
    """True if a text needs no quotes to be read as one."""
    return bool(value) and all(char.isalnum() or char in "-_./:" for char in value)


def parameters(params: object) -> Iterator[tuple[str, object]]:
    """The parameters of a step that say something: those of its frozen value that are neither empty nor a default's.
    Steps inside are described elsewhere. Those of an ``inline`` field are listed with the others."""
    if not is_dataclass(params) or isinstance(params, type):
        return
    for field in fields(params):
        value = getattr(params, field.name)
        if field.metadata.get("inline"):
            yield from parameters(value)
            continue
        if value is None or value in ("", (), field.default) or holds_steps(value):
            continue
        yield field.name.replace("_", " "), value


def holds_steps(value: object) -> bool:
    """True if steps stand in a value, at any depth of lists."""
    if isinstance(value, (Step, AppCommand)):
        return True
    return isinstance(value, (list, tuple)) and any(holds_steps(item) for item in value)
