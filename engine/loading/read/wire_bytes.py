"""Byte literals, from nodes to ``engine.model.wire_bytes.ByteString``."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Protocol

from engine.model.nodes import Node
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString, ByteStringPart, plain


class ValueReader(Protocol):
    """The part of a case's reader that byte literals need."""

    def value(self, node: Node) -> Any: ...

    def size(self, node: Node) -> int | Variable: ...

    def wrong(self, node: Node, code: str, what: str, hint: str = "") -> None: ...


def read_bytes(node: Node, reader: ValueReader) -> ByteString:
    """Text, a list of parts, or a mapping with one form. An error gives the empty byte string."""
    if isinstance(node.value, str):
        return plain(node.value)
    if isinstance(node.value, list):
        return ByteString(tuple(part for item in node.value for part in read_bytes(item, reader).parts))
    if isinstance(node.value, dict) and len(node.value) == 1:
        word, argument = node.only
        return ByteString((ByteStringPart(word, _argument(word, argument, reader)),))
    reader.wrong(node, "type", "bytes are text, a list of parts, or a mapping with one form")
    return ByteString(())


def _argument(word: str, node: Node, reader: ValueReader) -> object:
    match word:
        case "json" | "form":
            return reader.value(node)
        case "var":
            return Variable(str(node.value), None, node.place)
        case "chunked":
            return {"pieces": tuple(read_bytes(item, reader) for item in node.items())}
        case "deflated":
            return _deflated(node, reader)
        case "fill":
            pattern = _child(node, "of", reader)
            if ((of := node.get("of")) is not None and not pattern.parts) or pattern == plain(""):
                reader.wrong(of or node, "empty-text", "`of` is empty", "write at least one byte")
                pattern = plain("x")
            return {"of": pattern if of is not None else plain("x"), "size": _size(node, reader)}
        case "random":
            seed = node.get("seed")
            return {"size": _size(node, reader), "seed": reader.value(seed) if seed is not None else 0}
        case "times":
            count = node.get("count")
            return {"of": _child(node, "of", reader), "count": reader.value(count) if count is not None else 0}
    text = str(node.value)
    if "$(" not in text:
        _check(word, text, node, reader)
    return text


def _deflated(node: Node, reader: ValueReader) -> dict[str, object]:
    """The content, the messages before it, and the options of the compressor that are given."""
    after = node.get("after")
    found: dict[str, object] = {"of": _child(node, "of", reader)}
    found |= {"after": tuple(read_bytes(item, reader) for item in after.items())} if after is not None else {}
    given = ((key, node.get(key)) for key in ("window_bits", "level", "final"))
    return found | {key: reader.value(value) for key, value in given if value is not None}


def _check(word: str, text: str, node: Node, reader: ValueReader) -> None:
    """Reject bytes that would always fail at run time."""
    if word == "base64":
        try:
            base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            reader.wrong(node, "form", "this is not base64", "its length is a multiple of 4, padded with =")
    elif word == "latin1" and (high := next((c for c in text if ord(c) > 255), "")):
        reader.wrong(
            node, "form", f"{high!r} is beyond U+00FF, and has no byte in latin-1", "write {text: ...} for UTF-8"
        )


def _child(node: Node, key: str, reader: ValueReader) -> ByteString:
    child = node.get(key)
    return read_bytes(child, reader) if child is not None else ByteString(())


def _size(node: Node, reader: ValueReader) -> int | Variable:
    size = node.get("size")
    return reader.size(size) if size is not None else 0
