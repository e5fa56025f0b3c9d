"""The commands of an application's script in documents: the schema of each, and how its argument is read.

Both follow from the table of commands that the player inside a service also uses (``observer.inside.commands``).

An ``AppCommand``'s argument has the form that the script player expects (``observer/inside/player.py``): byte strings
and variables are not rendered, times are in seconds.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol, cast

from engine.loading.read.asgi_events import EVENTS, KeyType, keys_of_all
from engine.loading.read.literals import ref
from engine.loading.vocabulary import Schema
from engine.model.case import AppCommand
from engine.model.exceptions import EXCEPTIONS, obstacle
from engine.model.nodes import Node
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString
from engine.observer.inside.command import Command, declared
from engine.observer.inside.commands import COMMANDS
from engine.registry import Registry, contributed, nearest

BAD_EVENT = "event"


class CommandReader(Protocol):
    """The part of a case's reader that commands need."""

    def bytes(self, node: Node) -> ByteString: ...

    def time(self, node: Node) -> float | Variable: ...

    def value(self, node: Node) -> Any: ...

    def raw(self, node: Node) -> Any:
        """A value for the application: text is str, ``{bytes: ...}`` a byte string, ``{tuple: [...]}`` a tuple, and
        ``{once: [...]}`` an iterator."""
        ...

    def pairs(self, node: Node) -> list[list[ByteString]]:
        """Headers as ASGI has them: a list of pairs of byte strings."""
        ...

    def commands(self, node: Node) -> tuple[AppCommand, ...]: ...

    def wrong(self, node: Node, code: str, what: str, hint: str = "") -> None: ...


def read_command(node: Node, reader: CommandReader) -> AppCommand:
    """One command from its valid one-key mapping."""
    word, body = node.only
    name = body.get("as")
    argument = _read(commands()[word], body, reader)
    return AppCommand(word, argument, body.key, str(name.value) if name is not None else None)


def _mapping(keys: Mapping[str, Schema], required: tuple[str, ...] = (), **more: Any) -> Schema:
    properties = {"as": ref("word", "A name for the outcome: `result.NAME` in `app`."), **keys}
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    return {**schema, "required": list(required)} if required else schema


def _one(description: str, **keys: Any) -> Schema:
    return {"description": description, **keys}


_ANYTHING: Schema = {"type": ["array", "boolean", "integer", "null", "number", "object", "string"]}

_NAME: Schema = {"title": "a name", "type": "string", "pattern": r"^[A-Za-z0-9_.$()-]+$"}
_TRUE: Schema = {"title": "true", "type": "boolean"}


def _exception(node: Node, reader: CommandReader) -> str:
    check_exception(node, reader)
    return str(node.value)


def check_exception(node: Node, reader: CommandReader) -> None:
    """Reject the name of an exception that a script cannot raise: it creates a builtin exception from a message."""
    name = str(node.value)
    if "$(" not in name and name not in EXCEPTIONS:
        # A name that exists is no misspelling.
        hint = "" if hasattr(builtins, name) else nearest(name, EXCEPTIONS)
        usual = "raise another exception, such as RuntimeError"
        reader.wrong(node, "unknown-exception", obstacle(name), hint if hint.startswith("did you mean") else usual)


_EXCEPTION: Schema = {"title": "a class's name", "type": "string", "pattern": r"^[A-Za-z_][A-Za-z0-9_.]*$"}
_RAISES: Schema = {"title": "raises", "enum": ["raises"]}
_VALUES: Schema = {
    "title": "a mapping of names to values", "type": "object",
    "additionalProperties": {**_ANYTHING, "description": "The value."},
}  # fmt: skip

KEYS: Mapping[str, tuple[Schema, Callable[[Node, CommandReader], Any]]] = {
    "bytes": ({"$ref": "#/$defs/bytes"}, lambda node, reader: reader.bytes(node)),
    "commands": ({"$ref": "#/$defs/commands"}, lambda node, reader: reader.commands(node)),
    "count": ({"$ref": "#/$defs/count"}, lambda node, reader: reader.value(node)),
    "flag": ({"type": "boolean"}, lambda node, reader: reader.value(node)),
    "exception": (_EXCEPTION, _exception),
    "headers": ({"$ref": "#/$defs/headers"}, lambda node, reader: reader.pairs(node)),
    "literal": ({"$ref": "#/$defs/literal"}, lambda node, reader: reader.raw(node)),
    "raises": (_RAISES, lambda node, reader: reader.value(node)),
    "text": ({"$ref": "#/$defs/text"}, lambda node, reader: reader.value(node)),
    "time": ({"$ref": "#/$defs/time"}, lambda node, reader: reader.time(node)),
    "values": (_VALUES, lambda node, reader: {name: reader.raw(child) for name, child in node.entries()}),
    "word": ({"$ref": "#/$defs/word"}, lambda node, reader: reader.value(node)),
}
"""The schema of a key by its type (``observer.inside.command.CommandKey``), and the function that reads it."""


@cache
def commands() -> Mapping[str, Command]:
    """All commands by name, including those of extensions. Raises Defect for a duplicate name."""
    more = [
        command
        for entries in contributed("commands", "COMMANDS")
        for command in declared(cast("Mapping[str, Mapping[str, Any]]", entries)).values()
    ]
    return Registry("command", [*COMMANDS.values(), *more])


def schema_of(command: Command) -> Schema:
    """The schema of a command's value."""
    match command.argument:
        case "mark" | "task":
            return _NAME
        case "true":
            return _TRUE
        case "time":
            return ref("time", "The time to wait.")
        case "message":
            name = ref("word", "A name for the outcome.")
            properties: Schema = {"as": name, **_EVENT_KEYS}
            return {"type": "object", "required": ["type"], "additionalProperties": False, "properties": properties}
    keys = {name: {**KEYS[key.kind][0], "description": key.description} for name, key in command.keys.items()}
    required = tuple(name for name, key in command.keys.items() if key.required)
    return _mapping(keys, required, **({"minProperties": 1} if command.any_key else {}))


def _read(command: Command, node: Node, reader: CommandReader) -> Any:
    """The argument of a command in the form that the player expects."""
    match command.argument:
        case "mark" | "task":
            return str(node.value)
        case "true":
            if node.value is not True:
                what = f"`{command.name}` is true: an application returns nothing"
                reader.wrong(node, "type", what, f"write `{command.name}: true`")
            return True
        case "time":
            return reader.time(node)
        case "message":
            return _send(node, reader)
    if command.task and node.get("as") is None:
        what = f"`{command.name}` lacks `as`"
        reader.wrong(node, "missing-key", what, "name it, so that `join` and `cancel` can")
    given = [name for name in command.keys if name in node]
    if command.any_key and not given:
        what = f"`{command.name}` lacks {' or '.join(f'`{name}`' for name in command.keys)}"
        reader.wrong(node, "missing-key", what, "add one of these keys")
    if command.one_key and len(given) > 1:
        what = f"`{command.name}` has {' and '.join(f'`{name}`' for name in given)}"
        reader.wrong(node, "too-many-keys", what, "use one command for each")
    argument: dict[str, Any] = {}
    for name, key in command.keys.items():
        child = node.get(name)
        if child is not None:
            argument[name] = KEYS[key.kind][1](child, reader)
        elif key.default is not ...:
            argument[name] = ByteString(()) if key.default == b"" else key.default
    return argument


def _send(node: Node, reader: CommandReader) -> dict[str, Any]:
    """A checked message: its type is known, its required keys exist, and its values have the types of the ASGI
    specification."""
    kind = node.get("type")
    name = str(kind.value) if kind is not None else ""
    if kind is None or name not in EVENTS:
        place = kind or node
        hint = nearest(name, EVENTS)
        hint = "`send_raw` sends anything" if hint.startswith("known") else f"{hint} `send_raw` sends anything"
        reader.wrong(place, BAD_EVENT, f"unknown message type {name!r}", hint)
        return {"event": {}}
    known = EVENTS[name]
    event: dict[str, Any] = {"type": name}
    for key, child in node.entries():
        if key in ("type", "as"):
            continue
        if key not in known.keys:
            hint = f"it has {', '.join(known.keys) or 'none'}; `send_raw` sends anything"
            reader.wrong(Node(key, child.key, child.key), BAD_EVENT, f"{name} has no key {key!r}", hint)
        else:
            event[key] = _field(name, key, known.keys[key], child, reader)
    missing = [key for key in known.required if key not in event]
    if known.one_of and not any(key in event for key in known.one_of):
        missing.append(" or ".join(known.one_of))
    if missing:
        reader.wrong(kind, BAD_EVENT, f"{name} lacks {', '.join(missing)}", "add it, or send it with `send_raw`")
    return {"event": event}


def _field(event: str, key: str, sort: KeyType, node: Node, reader: CommandReader) -> Any:
    value = node.value
    if "var" in node and sort is not KeyType.BYTES:
        return reader.value(node)
    fits = {
        KeyType.BYTES: isinstance(value, (str, list, dict)),
        KeyType.TEXT: isinstance(value, str) or (value is None and key in ("subprotocol", "reason", "text")),
        KeyType.NUMBER: isinstance(value, int) and not isinstance(value, bool),
        KeyType.FLAG: isinstance(value, bool),
        KeyType.PAIRS: isinstance(value, (list, dict)),
        KeyType.LIST: isinstance(value, list),
        KeyType.OBJECT: isinstance(value, dict),
    }[sort]
    if key == "bytes" and value is None:
        return None
    if not fits:
        reader.wrong(node, BAD_EVENT, f"{key!r} of {event} is {sort.value}", "`send_raw` sends anything")
        return None
    match sort:
        case KeyType.BYTES:
            return reader.bytes(node)
        case KeyType.PAIRS:
            return reader.pairs(node)
        case KeyType.LIST:
            return [reader.bytes(item) for item in node.items()]
        case KeyType.OBJECT:
            return reader.raw(node)
    return reader.value(node)


_EVENT_KEYS: dict[str, Schema] = {
    "type": _one("The message's type.", title="an ASGI message type", type="string"),
    **{
        key: _one(
            f"Of {', '.join(types)}.",
            title="any value",
            type=["array", "boolean", "integer", "null", "number", "object", "string"],
        )
        for key, types in sorted(keys_of_all().items())
    },
}
