"""Settings by name, as cases write them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model.nodes import Node
from engine.protocols.http2.frames import SETTING_NUMBERS
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import Schema
from engine.steps.shared.values import integer, scalar

SettingValues = tuple[tuple[str, object], ...]

SETTINGS_SCHEMA: Schema = {
    "type": "object",
    "additionalProperties": scalar("integer", description="The value.", minimum=0),
    "description": f"Settings by name ({', '.join(SETTING_NUMBERS)}), or by number.",
}


def parse_settings_values(node: Node, reader: NodeReader) -> SettingValues:
    """The settings of a valid node, in order. An unknown name is noted as an error."""
    found = []
    for name, value in node.entries():
        if name not in SETTING_NUMBERS and not name.isdigit():
            hint = f"known: {', '.join(SETTING_NUMBERS)}, or a number"
            reader.mistake(value, f"there is no setting {name!r}", hint)
        found.append((name, reader.value(value)))
    return tuple(found)


def setting_numbers(values: SettingValues, variables: Mapping[str, object]) -> dict[int, int]:
    """The settings by number. Raises WrongValue for a value that is no whole number."""
    return {
        SETTING_NUMBERS[name] if name in SETTING_NUMBERS else int(name): integer(value, variables, name)
        for name, value in values
    }
