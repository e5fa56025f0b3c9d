"""Errors found by jsonschema in the words of the language, each at its exact span."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.documents.diagnostics import Notes
from engine.loading.read.literals import MAX_HEX
from engine.loading.schema import suggest as meant
from engine.loading.schema.codes import DOCUMENT_PARTS, NOTATED, UNIONS, WITH_UNIT, ValueCode, code_of, named
from engine.model.nodes import Node
from engine.registry import nearest

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

# The name of the root of a document in a sentence; a mapping of its own kind has its title there.
ROOT = "the document"
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def complain(errors: Sequence[ValidationError], root: Node, notes: Notes, name: str = ROOT) -> None:
    """Note structural errors in a tree, sorted by ``order``, one for each place. ``name`` is the name of the tree in
    messages."""
    crowded = {tuple(error.absolute_path) for error in errors if error.validator == "maxProperties"}
    for error in errors:
        way = tuple(error.absolute_path)
        if error.validator != "additionalProperties" or way not in crowded:
            _note(error, node_at(root, way), _name(root, way, name), notes)


def order(error: Any) -> tuple[list[str], int, float]:
    """Sorts errors by their paths, and those of one value by their usefulness: the highest minimum first."""
    least = float(error.validator_value) if error.validator == "minimum" else 0.0
    return [str(part) for part in error.absolute_path], _RANK.get(str(error.validator), 5), -least


_RANK = {"type": 0, "maxProperties": 1, "additionalProperties": 2, "required": 3}


def node_at(root: Node, way: Iterable[str | int]) -> Node:
    """The node at a path."""
    node = root
    for part in way:
        if isinstance(node.value, list):
            node = node.value[int(part)]
        elif isinstance(node.value, dict):
            node = node.value[str(part)]
    return node


def _name(root: Node, way: Sequence[str | int], name: str) -> str:
    """The name of a node in a sentence."""
    node, key = root, ""
    for part in way:
        if isinstance(node.value, list):
            node = node.value[int(part)]
            name = f"an item of `{key}`"
        elif isinstance(node.value, dict):
            node = node.value[str(part)]
            key = str(part)
            name = f"`{key}`"
    return name


def _note(error: ValidationError, node: Node, name: str, notes: Notes) -> None:
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    title = str(schema.get("title", ""))
    match error.validator:
        case "additionalProperties":
            _unknown_keys(schema, node, name, notes)
        case "maxProperties" | "minProperties":
            _number_of_keys(schema, node, name, notes)
        case "required":
            missing = _missing(schema, node)
            if not missing:
                return
            # The title of another mapping names the keys that it must have.
            where = title if title and (code_of(schema) in DOCUMENT_PARTS or name == ROOT) else name
            keys_text = ", ".join(f"`{key}`" for key in missing)
            plural = "keys are" if len(missing) > 1 else "key is"
            notes.form(
                node.place,
                "missing-key",
                f"{where} lacks {keys_text}",
                f"the {plural} required: add {'them' if len(missing) > 1 else 'it'}",
            )
        case "dependentRequired":
            place = next((child.key for key, child in node.entries() if key in schema["dependentRequired"]), node.place)
            notes.form(place, "missing-key", "`plus` needs `var`", "add `var` with a variable's name", of_key=True)
        case "type":
            _wrong_type(schema, node, name, notes)
        case "enum":
            _enum(schema, node, name, notes)
        case "pattern":
            _pattern(schema, node, name, notes)
        case "minItems" | "maxItems":
            _length(schema, node, name, title, notes)
        case "minimum" | "exclusiveMinimum":
            notes.form(
                node.place,
                "range",
                f"{name} is at least {schema.get('minimum', 0)}, and this is {_as_text(node)}",
            )
        case "maximum":
            notes.form(node.place, "range", f"{name} is at most {schema['maximum']}, and this is {_as_text(node)}")
        case "minLength":
            notes.form(node.place, "empty-text", f"{name} is empty", f"write {title}" if title else "")
        case _:
            # jsonschema's own sentence differs between its releases.
            notes.form(node.place, "schema", f"{name} is not {title or 'as the schema has it'}")


def _missing(schema: Mapping[str, Any], node: Node) -> list[str]:
    """The required keys that are missing, except those that an unknown key probably stands for."""
    unknown = [key for key, _ in node.entries() if key not in schema.get("properties", {})]
    missing = [str(key) for key in schema["required"] if key not in node]
    likely = {meant.meant(key, missing) for key in unknown}
    if missing == ["var"] and unknown:
        return []  # a scalar that is written as another mapping: the unknown key is the error
    return [key for key in missing if key not in likely]


def _unknown_keys(schema: Mapping[str, Any], node: Node, name: str, notes: Notes) -> None:
    known = list(schema.get("properties", {}))
    title, code = str(schema.get("title", "")), code_of(schema)
    for key, child in node.entries():
        if key in known:
            continue
        if code in NOTATED:
            sort = "operator" if code is ValueCode.MATCHER else "byte literal"
            what = f"there is no {sort} {key!r}"
            hint = meant.hint(key, known)
            if hint.startswith("known:"):
                hint = (
                    "a JSON object as a value is {equals: {...}}, and some of its keys {fields: {...}}"
                    if sort == "operator"
                    else hint
                )
            notes.form(
                child.key, "unknown-operator" if sort == "operator" else "unknown-notation", what, hint, of_key=True
            )
            continue
        if code in UNIONS:
            sort = _UNIONS.get(code, title.replace("an action of", "action in"))
            notes.form(
                child.key,
                "unknown-step" if code is ValueCode.STEP else "unknown-act",
                f"there is no {sort} {key!r}",
                meant.hint(key, known),
                of_key=True,
            )
            continue
        if set(known) == {"var", "plus"} and title:
            what = f"{name} is {title}, and `{key}` is no key of a variable"
            notes.form(child.key, "unknown-key", what, f"write {title}, or {{var: NAME}}", of_key=True)
            continue
        where = title if code in DOCUMENT_PARTS else name
        notes.form(child.key, "unknown-key", f"there is no key {key!r} in {where}", meant.hint(key, known), of_key=True)


_UNIONS: Mapping[ValueCode | None, str] = {ValueCode.STEP: "step type", ValueCode.ACT: "command"}


def _number_of_keys(schema: Mapping[str, Any], node: Node, name: str, notes: Notes) -> None:
    keys = list(node.entries())
    title = str(schema.get("title", "")) or name
    if not keys:
        what = (
            f"{title} is a mapping with one key, and this has none"
            if schema.get("maxProperties") == 1
            else f"{name} is empty"
        )
        notes.form(node.place, "empty-mapping", what, "fill it in, or delete it")
        return
    if len(keys) < int(schema.get("minProperties", 0)):
        notes.form(
            node.place,
            "missing-key",
            f"{name} needs at least {schema['minProperties']} keys",
            f"write {title}",
        )
        return
    known = schema.get("properties", {})
    first = next((key for key, _ in keys if key in known), keys[0][0])
    if (owner := node.get(first)) is not None and owner.value is None and notes.is_taken(owner.key):
        return  # nothing stands inside it, and that has been said
    extra, child = next((key, child) for key, child in keys if key != first)
    keys_text = ", ".join(f"`{key}`" for key, _ in keys)
    words = title.partition(":")[0]
    what = f"{words} is a mapping with one key, and this has {len(keys)}: {keys_text}"
    hint = f"the keys of `{first}` belong inside it: indent `{extra}`, or start a new item with `- `"
    if code_of(schema) in (ValueCode.BYTES, ValueCode.HEADER):
        what, hint = (
            f"{words} in one form, and these are {len(keys)}: {keys_text}",
            "several parts are a list of mappings",
        )
    notes.form(child.key, "one-key", what, hint, of_key=True)


def _wrong_type(schema: Mapping[str, Any], node: Node, name: str, notes: Notes) -> None:
    title, code = str(schema.get("title", "")), code_of(schema)
    allowed = title or _types(schema["type"])
    number = isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    if code in (ValueCode.TIME, ValueCode.SIZE) and number:
        notes.form(node.place, "unit", f"{name} is {allowed}", _with_unit(code, _as_text(node)))
        return
    if code is ValueCode.HEADER or (code is ValueCode.BYTES and isinstance(node.value, (int, float))):
        sort = "a header's value is text or bytes" if code is ValueCode.HEADER else "bytes are text, or a byte literal"
        mistake = "header-value" if code is ValueCode.HEADER else "type"
        notes.form(node.place, mistake, f"{sort}, never {_kind(node)}", f'quote it: "{_as_text(node)}"')
        return
    hint = ""
    if isinstance(node.value, (int, float, bool)) and _takes(schema, "string") and code not in WITH_UNIT:
        hint = f'quote it if it is text: "{_as_text(node)}"'
    elif _takes(schema, "array") and not isinstance(node.value, dict):
        hint = f"write it as a list: [{_as_text(node)}]"
    elif _takes(schema, "array") and isinstance(node.value, dict):
        hint = "start each item with `- `"
    elif code in UNIONS:
        hint = f"write {{{node.value}: ...}}" if isinstance(node.value, str) else ""
        allowed += ", a mapping with one key"
    notes.form(node.place, "type", f"{name} is {allowed}, and this is {_kind(node)}", hint)


def _takes(schema: Mapping[str, Any], word: str) -> bool:
    types = schema["type"]
    return word == types or (isinstance(types, list) and word in types)


def _enum(schema: Mapping[str, Any], node: Node, name: str, notes: Notes) -> None:
    words = [str(word) for word in schema["enum"]]
    listed = ", ".join(words)
    if not isinstance(node.value, str):
        hint = f'quote it: "{_as_text(node)}"' if _as_text(node) in words else ""
        notes.form(node.place, "type", f"{name} is one of {listed}, and this is {_kind(node)}", hint)
        return
    hint = nearest(node.value, words)
    if word := named(schema):
        notes.form(node.place, f"unknown-{word}", f"there is no {word} called {node.value!r}", hint)
        return
    notes.form(
        node.place,
        "unknown-word",
        f"{name} is one of {listed}, and not {node.value!r}",
        "" if hint.startswith("known") else hint,
    )


def _pattern(schema: Mapping[str, Any], node: Node, name: str, notes: Notes) -> None:
    title, code, keys_text = str(schema.get("title", "")), code_of(schema), _as_text(node)
    if code in WITH_UNIT:
        bare = _NUMBER.fullmatch(keys_text) is not None or keys_text.startswith("-")
        hint = _with_unit(code, keys_text) if bare else _UNITS.get(code, "; ".join(_UNITS.values()))
        notes.form(node.place, "unit", f"{name} is {title}, and not {keys_text!r}", hint)
        return
    mistake = "id" if code is ValueCode.ID else "form"
    long = code is ValueCode.HEX and len(str(node.value)) > MAX_HEX
    hint = f"write {{base64: ...}}, or the parts in a list: {MAX_HEX} characters are the most" if long else ""
    notes.form(node.place, mistake, f"{name} is {title or 'written otherwise'}, and not {keys_text!r}", hint)


_UNITS: Mapping[ValueCode | None, str] = {
    ValueCode.TIME: "units of time: ms, s, min",
    ValueCode.SIZE: "units of size: B, KiB, MiB, GiB, TiB",
}


def _with_unit(code: ValueCode | None, text: str) -> str:
    """The hint for a number without its unit, or below 0."""
    unit = "s" if code is ValueCode.TIME else "B"
    if text.startswith("-"):
        return f"the least is 0{unit}"
    return f"write {text}{unit} if that is meant"


def _length(schema: Mapping[str, Any], node: Node, name: str, title: str, notes: Notes) -> None:
    if not node.items():
        notes.form(
            node.place,
            "empty-list",
            f"{name} is empty",
            f"write {title}, or delete the key" if title else "delete the key",
        )
        return
    notes.form(
        node.place, "length", f"this is {title or 'a list of another length'}, and it has {len(node.items())} items"
    )


def _types(types: str | Sequence[str]) -> str:
    words = {
        "string": "text",
        "object": "a mapping",
        "array": "a list",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "null": "null",
    }
    names = [words[one] for one in ([types] if isinstance(types, str) else types)]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _kind(node: Node) -> str:
    value = node.value
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None:
        return "null"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "a mapping"


def _as_text(node: Node) -> str:
    value = node.value
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, (list, dict)):
        return "..."
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
