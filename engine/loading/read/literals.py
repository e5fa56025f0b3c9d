"""The literals that step types share, as JSON schemas: bytes, times, sizes, headers and others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model.quantities import SIZE_UNITS, TIME_UNITS

NAMES = r"^[A-Za-z_][A-Za-z0-9_.-]*$"
"""A variable, optionally with a path into it."""

MOST = 1_000_000_000
"""The largest count."""

MAX_HEX = 200_000
"""The most characters of hexadecimal digits: matching their pairs takes 60 bytes for each."""

_NUMBER = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_LATE = r".*\$\([A-Za-z_].*"


def ref(name: str, description: str) -> dict[str, Any]:
    """A reference to a shared literal, with a description of its meaning here."""
    return {"$ref": f"#/$defs/{name}", "description": description}


def _with_unit(units: Mapping[str, object]) -> str:
    return f"^(?:{_NUMBER}(?:{'|'.join(units)})|{_LATE})$"


_VARIABLE: dict[str, Any] = {
    "properties": {
        "var": {"description": "The variable whose value this is.", "type": "string", "pattern": NAMES},
        "plus": {"description": "A number that is added to it.", "type": "number"},
    },
    "additionalProperties": False,
    "required": ["var"],
}

_AMOUNT = "a number, or a time or size with its unit"
_BYTES = "bytes: text, a list of parts, or a mapping with one form"


def _object(title: str, description: str, keys: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "title": title,
        "description": description,
        "type": "object",
        "properties": dict(keys),
        "additionalProperties": False,
        "required": required,
    }


def _text(description: str) -> dict[str, Any]:
    return {"title": "text", "description": description, "type": "string"}


_FORMS: dict[str, Any] = {
    "text": _text("This text in UTF-8."),
    "latin1": _text("One byte for each character, up to U+00FF."),
    "hex": {
        "title": "pairs of hexadecimal digits",
        "x-code": "hex",
        "description": f"Pairs of hexadecimal digits, {MAX_HEX:,} characters at most; spaces are ignored.",
        "type": "string",
        "pattern": rf"^(?=[\s\S]{{0,{MAX_HEX}}}$)\s*(?:[0-9a-fA-F]{{2}}\s*)*$|\$\(",
    },
    "base64": _text("The bytes encoded in this base64 text."),
    "json": ref("literal", "This value as JSON."),
    "form": {
        "title": "a mapping of names to values",
        "description": "Names and values, encoded as an HTML form.",
        "type": "object",
        "additionalProperties": {
            "description": "A value, or a list of several.",
            "type": ["array", "boolean", "integer", "null", "number", "object", "string"],
        },
    },
    "fill": _object(
        "a mapping with `size`, and optionally `of`",
        "A pattern, repeated and cut to a size.",
        {"of": ref("bytes", "The pattern; x by default."), "size": ref("size", "The size.")},
        ["size"],
    ),
    "random": _object(
        "a mapping with `size` and `seed`",
        "Pseudo-random bytes, the same each time.",
        {"size": ref("size", "The size."), "seed": ref("count", "The seed; 0 by default.")},
        ["size"],
    ),
    "times": _object(
        "a mapping with `of` and `count`",
        "The same bytes several times.",
        {"of": ref("bytes", "The repeated bytes."), "count": ref("count", "The number of repetitions.")},
        ["of", "count"],
    ),
    "head": _text("The head of a message: lines end in CRLF, and an empty line follows."),
    "lines": _text("Lines that end in CRLF."),
    "chunked": {
        "title": "a list of chunks",
        "description": "The chunked coding of these pieces, with its last chunk.",
        "type": "array",
        "items": ref("bytes", "One chunk."),
    },
    "deflated": _object(
        "a mapping with `of`",
        "Compressed as a message of permessage-deflate.",
        {
            "of": ref("bytes", "The bytes to compress."),
            "after": {
                "title": "a list of messages",
                "description": "The messages that the same compressor had before, whose data this one can refer to.",
                "type": "array",
                "items": ref("bytes", "One message."),
            },
            "window_bits": ref("count", "The size of the window as a power of two, 9 to 15; 15 by default."),
            "level": ref("count", "The level of compression, 0 (stored blocks) to 9; 6 by default."),
            "final": {"description": "End with a block that is the last one (BFINAL).", "type": "boolean"},
        },
        ["of"],
    ),
    "var": {
        "title": "a variable's name",
        "description": "The bytes or text of a variable.",
        "type": "string",
        "pattern": NAMES,
    },
}

_HEADER: dict[str, Any] = {
    "title": "a header's value: text or bytes, or a list of them",
    "x-code": "header-value",
    "type": ["array", "object", "string"],
    "items": ref("bytes", "The value of one line with this name."),
    "properties": _FORMS,
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}

LITERALS: dict[str, Any] = {
    "bytes": {
        "title": _BYTES,
        "x-code": "bytes",
        "type": ["array", "object", "string"],
        "items": ref("bytes", "One part; the parts are concatenated."),
        "properties": _FORMS,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    },
    "mask": {
        "title": "true, false, or the four bytes of a key",
        "type": ["array", "boolean", "object", "string"],
        "items": ref("bytes", "One part; the parts are concatenated."),
        "properties": _FORMS,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    },
    "header": _HEADER,
    "headers": {
        "title": "a mapping of names to values, or a list of [name, value] pairs",
        "type": ["array", "object"],
        "additionalProperties": ref("header", "The value of this header; a list for several lines."),
        "items": {
            "title": "a pair: [name, value]",
            "description": "A header's name and value, to fix their order.",
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": ref("header", "The name, then the value: text or bytes."),
        },
    },
    "query": {
        "title": "a mapping of names to values, or the exact text",
        "type": ["object", "string"],
        "additionalProperties": {
            "title": "text, a number, true or false, or a list of them",
            "description": "The value, which is encoded; a list for several values.",
            "type": ["array", "boolean", "integer", "number", "object", "string"],
        },
    },
    "time": {
        "title": "a time with its unit, such as 200ms, 1.5s or 2min",
        "x-code": "time",
        "type": ["object", "string"],
        "pattern": _with_unit(TIME_UNITS),
        **_VARIABLE,
    },
    "size": {
        "title": "a size with its unit, such as 5B, 64KiB or 10MiB",
        "x-code": "size",
        "type": ["object", "string"],
        "pattern": _with_unit(SIZE_UNITS),
        **_VARIABLE,
    },
    "amount": {
        "title": _AMOUNT,
        "x-code": "amount",
        "type": ["number", "object", "string"],
        "pattern": _with_unit({**TIME_UNITS, **SIZE_UNITS}),
        **_VARIABLE,
    },
    "moment": {
        "title": "now, a date as text, or seconds since 1970",
        "type": ["number", "object", "string"],
        **_VARIABLE,
    },
    "size-or-count": {
        "title": "a size with its unit, or a count",
        "x-code": "size",
        "type": ["integer", "object", "string"],
        "pattern": _with_unit(SIZE_UNITS),
        "minimum": 0,
        **_VARIABLE,
    },
    "count": {
        "title": "a whole number",
        "type": ["integer", "object"],
        "minimum": 0,
        "maximum": MOST,
        **_VARIABLE,
    },
    "flag": {"title": "true or false", "type": ["boolean", "object"], **_VARIABLE},
    "text": {"title": "text", "type": ["object", "string"], **_VARIABLE},
    "word": {"title": "a name: letters, digits, - and _", "type": "string", "pattern": r"^[A-Za-z0-9_.$()-]+$"},
    "literal": {"title": "any value", "type": ["array", "boolean", "integer", "null", "number", "object", "string"]},
    "steps": {"title": "a list of steps", "type": "array", "minItems": 1, "items": ref("step", "One step, in order.")},
    "commands": {"title": "a list of commands", "type": "array", "items": ref("command", "One command, in order.")},
    "record": {
        "title": "a mapping of names to facts",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {"title": "a fact's name", "description": "The fact.", "type": "string"},
    },
    "capture": {
        "title": "a mapping of variables to facts",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {"title": "a fact's name", "description": "The fact.", "type": "string"},
    },
}
