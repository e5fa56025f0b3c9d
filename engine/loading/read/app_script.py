"""The acts of an application's script: for each word its schema, and how its argument is read.

An ``AppAction``'s argument has the shape that the script player takes (``observer/inside/player.py``): byte strings
and variables stand in it unrendered, times are seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.loading.read.asgi_events import EVENTS, KeyType, keys_of_all
from engine.loading.read.literals import ref
from engine.loading.vocabulary import Schema
from engine.model.case import AppAction
from engine.model.exceptions import EXCEPTIONS
from engine.model.nodes import Node
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString
from engine.registry import nearest

BAD_EVENT = "event"


class ActReader(Protocol):
    """What reading an act needs of the reader of a case."""

    def bytes(self, node: Node) -> ByteString: ...

    def time(self, node: Node) -> float | Variable: ...

    def value(self, node: Node) -> Any: ...

    def raw(self, node: Node) -> Any:
        """A value for the application: text is str, ``{bytes: ...}`` a byte string."""
        ...

    def pairs(self, node: Node) -> list[list[ByteString]]:
        """Headers as ASGI has them: a list of pairs of byte strings."""
        ...

    def acts(self, node: Node) -> tuple[AppAction, ...]: ...

    def wrong(self, node: Node, code: str, what: str, hint: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class ActWord:
    """One word of the script: what it does, the schema of its body, and how that is read."""

    summary: str
    schema: Schema
    read: Callable[[Node, ActReader], Any]


def read_act(node: Node, reader: ActReader) -> AppAction:
    """One act from its valid one-key mapping."""
    word, body = node.only
    name = body.get("as")
    return AppAction(word, ACTS[word].read(body, reader), body.key, str(name.value) if name is not None else None)


def _mapping(keys: Mapping[str, Schema], required: tuple[str, ...] = (), **more: Any) -> Schema:
    properties = {"as": ref("word", "A name for the outcome: `result.NAME` in `app`."), **keys}
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    return {**schema, "required": list(required)} if required else schema


def _one(description: str, **keys: Any) -> Schema:
    return {"description": description, **keys}


_NAME: Schema = {"title": "a name", "type": "string", "pattern": r"^[A-Za-z0-9_.$()-]+$"}
_TRUE: Schema = {"title": "true", "type": "boolean"}


def _nothing(node: Node, reader: ActReader) -> dict[str, Any]:
    return {}


def _word(node: Node, reader: ActReader) -> str:
    return str(node.value)


def _values(node: Node, reader: ActReader) -> dict[str, Any]:
    return {key: reader.value(child) for key, child in node.entries() if key != "as"}


def _receive(node: Node, reader: ActReader) -> dict[str, Any]:
    within = node.get("within")
    return {} if within is None else {"within": reader.time(within)}


def _respond(node: Node, reader: ActReader) -> dict[str, Any]:
    headers, body = node.get("headers"), node.get("body")
    return {
        "status": reader.value(node.value["status"]) if isinstance(node.value, dict) else 200,
        "headers": reader.pairs(headers) if headers is not None else [],
        "body": reader.bytes(body) if body is not None else ByteString(()),
    }


def _accept(node: Node, reader: ActReader) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (subprotocol := node.get("subprotocol")) is not None:
        found["subprotocol"] = reader.value(subprotocol)
    if (headers := node.get("headers")) is not None:
        found["headers"] = reader.pairs(headers)
    return found


def _set(node: Node, reader: ActReader) -> dict[str, Any]:
    return {
        key: {name: reader.raw(value) for name, value in child.entries()}
        for key, child in node.entries()
        if key != "as"
    }


def _raise(node: Node, reader: ActReader) -> dict[str, Any]:
    message, named = node.get("message"), node.get("class")
    if named is not None:
        check_exception(named, reader)
    return {
        "class": str(named.value) if named is not None else "",
        "message": reader.value(message) if message is not None else "",
    }


def check_exception(node: Node, reader: ActReader) -> None:
    """Refuse the name of an exception that a script cannot raise: it makes a builtin one from a message."""
    name = str(node.value)
    if "$(" not in name and name not in EXCEPTIONS:
        what = f"no builtin exception that a script can raise is called {name!r}"
        hint = nearest(name, EXCEPTIONS)
        reader.wrong(node, "unknown-exception", what, hint if hint.startswith("did you mean") else "like RuntimeError")


def _return(node: Node, reader: ActReader) -> bool:
    if node.value is not True:
        reader.wrong(node, "type", "`return` is true: an application returns nothing", "write `return: true`")
    return True


def _sleep(node: Node, reader: ActReader) -> float | Variable:
    return reader.time(node)


def _spawn(node: Node, reader: ActReader) -> dict[str, Any]:
    script = node.get("script")
    if node.get("as") is None:
        reader.wrong(node, "missing-key", "`spawn` lacks `as`", "name it, so that `join` and `cancel` can")
    return {"script": reader.acts(script) if script is not None else ()}


def _repeat(node: Node, reader: ActReader) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in ("times", "until"):
        if (child := node.get(key)) is not None:
            found[key] = reader.value(child)
    script = node.get("script")
    return {**found, "script": reader.acts(script) if script is not None else ()}


def _send(node: Node, reader: ActReader) -> dict[str, Any]:
    """A message that is checked: its type is known, its keys are there, and have the types that ASGI gives them."""
    kind = node.get("type")
    name = str(kind.value) if kind is not None else ""
    if kind is None or name not in EVENTS:
        place = kind or node
        hint = nearest(name, EVENTS)
        hint = "`send_raw` sends anything" if hint.startswith("known") else f"{hint} `send_raw` sends anything"
        reader.wrong(place, BAD_EVENT, f"an application sends no message of type {name!r}", hint)
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


def _field(event: str, key: str, sort: KeyType, node: Node, reader: ActReader) -> Any:
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

_ANYTHING: Schema = {"type": ["array", "boolean", "integer", "null", "number", "object", "string"]}

ACTS: Mapping[str, ActWord] = {
    "accept": ActWord(
        "Accept the WebSocket.",
        _mapping(
            {
                "subprotocol": ref("text", "The subprotocol to choose."),
                "headers": ref("headers", "Headers of the handshake."),
            }
        ),
        _accept,
    ),
    "await": ActWord("Wait until a mark is set by either side.", _NAME, _word),
    "cancel": ActWord("Cancel a task that was spawned.", _NAME, _word),
    "echo": ActWord("Send back what comes: the body, or each message until the end.", _mapping({}), _nothing),
    "get": ActWord(
        "Read a value, which becomes the outcome's `value`.",
        _mapping(
            {
                "scope": ref("word", "A way into the scope."),
                "context": ref("word", "A context variable."),
            },
            minProperties=1,
        ),
        _values,
    ),
    "join": ActWord("Wait for a task that was spawned.", _NAME, _word),
    "mark": ActWord("Set a mark, which either side may await.", _NAME, _word),
    "raise": ActWord(
        "Raise an exception out of the application.",
        _mapping(
            {
                "class": _one(
                    "The exception's class.",
                    title="a class's name",
                    type="string",
                    pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$",
                ),
                "message": ref("text", "Its message."),
            },
            ("class",),
        ),
        _raise,
    ),
    "read_body": ActWord("Receive until the request's body has ended.", _mapping({}), _nothing),
    "receive": ActWord("Receive one message.", _mapping({"within": ref("time", "Give up after this.")}), _receive),
    "repeat": ActWord(
        "Play a script several times.",
        _mapping(
            {
                "times": ref("count", "How often, at most."),
                "until": _one("`raises`: stop at the first act that raises.", title="raises", enum=["raises"]),
                "script": ref("acts", "What is repeated."),
            },
            ("times", "script"),
        ),
        _repeat,
    ),
    "respond": ActWord(
        "Send a whole response.",
        _mapping(
            {
                "status": ref("count", "The status."),
                "headers": ref("headers", "The headers."),
                "body": ref("bytes", "The body."),
            },
            ("status",),
        ),
        _respond,
    ),
    "return": ActWord("Return from the application.", _TRUE, _return),
    "send": ActWord(
        "Send a message; it is checked against ASGI.",
        {
            "type": "object",
            "required": ["type"],
            "additionalProperties": False,
            "properties": {"as": ref("word", "A name for the outcome."), **_EVENT_KEYS},
        },
        _send,
    ),
    "send_raw": ActWord(
        "Send any message, right or wrong; plain text is str.",
        _mapping(
            {"event": ref("literal", "The message, as it is.")},
            ("event",),
        ),
        lambda node, reader: {"event": reader.raw(node.value["event"]) if isinstance(node.value, dict) else {}},
    ),
    "set": ActWord(
        "Set values in the scope or in context variables.",
        _mapping(
            {
                "scope": _one(
                    "Ways into the scope, with their values.",
                    title="a mapping of ways to values",
                    type="object",
                    additionalProperties={**_ANYTHING, "description": "The value."},
                ),
                "context": _one(
                    "Context variables with their values.",
                    title="a mapping of names to values",
                    type="object",
                    additionalProperties={**_ANYTHING, "description": "The value."},
                ),
            },
            minProperties=1,
        ),
        _set,
    ),
    "sleep": ActWord("Wait for so long.", ref("time", "How long."), _sleep),
    "spawn": ActWord(
        "Start a task that plays a script of its own.",
        _mapping(
            {"script": ref("acts", "What it plays.")},
            ("script",),
        ),
        _spawn,
    ),
}
