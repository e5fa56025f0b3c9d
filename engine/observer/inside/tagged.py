"""Tagged JSON: Python's values as JSON that distinguishes bytes from text and a tuple from a list.

    bytes                      {"$b": "<latin-1>"}
    bytes longer than LONG     {"$blob": [size, "<sha256>", "<latin-1 of the first HEAD>"]}
    tuple                      {"$t": [...]}
    iterator, only in scripts  {"$i": [...]}
    dict with other keys       {"$d": [[key, value], ...], "class": "dict"}
    any other class            {"$o": "<class>", "repr": "<cut>"}, with "value" where a plain value is near

A dict becomes a plain object if every key is text that does not begin with ``$``. Text, lists, whole numbers of 64
bits, finite floats, true, false and None are themselves. Encoding never raises, since the observer runs it inside the
server under test. It writes JSON's text directly, since a tree of tagged dicts for ``json.dumps`` costs twice as much.
"""

from __future__ import annotations

import hashlib
import math
from json.encoder import encode_basestring_ascii
from types import MappingProxyType
from typing import Any

LONG = 4096  # bytes; longer ones are kept as size, digest and head
HEAD = 256  # bytes kept of a long one
SHOWN = 200  # characters kept of a repr
DEPTH = 40  # containers inside each other; a value that contains itself must end somewhere
ITEMS = 10_000  # items of one container; an app may keep a whole database in scope["state"]

# Text as a JSON string in ASCII. Lone surrogates survive it; a high one before a low one comes back as the character
# that the two would mean, since JSON knows no difference.
quote = encode_basestring_ascii

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_CACHED = 64  # bytes; header names and most values are shorter, and come again with each request
_ROOM = 2048  # entries in each cache
_texts: dict[bytes, str] = {}
_headers: dict[tuple[bytes, bytes], str] = {}
_keys: dict[str, str] = {}


def encode(value: object) -> str:
    """The JSON text of a value, in ASCII. Never raises for any value."""
    try:
        return _value(value, 0)
    except Exception as error:  # a dict that another thread changes, a stack that is full already
        return _unreadable(value, error)


def encode_message(message: dict[str, Any], body: str) -> str:
    """As ``encode``, for an event whose ``body`` is encoded already, so that long bytes are digested only once."""
    try:
        return _dict(message, 0, body)
    except Exception as error:
        return _unreadable(message, error)


def encode_with(value: Any, more: dict[str, object]) -> str:
    """As ``encode``, for a mapping with some members before its own; any other value is encoded unchanged."""
    try:
        if not issubclass(type(value), dict):
            return _value(value, 0)
        members = _dict({**more, **dict(dict.items(value))}, 0)
        if type(value) is dict:
            return members
        return f'{{"$o":{quote(_name(value))},"repr":{quote(_as_text(value))},"value":{members}}}'
    except Exception as error:
        return _unreadable(value, error)


def blob(data: bytes, digest: str) -> str:
    """The JSON text of long bytes whose SHA-256 (hex) is known."""
    return f'{{"$blob":[{len(data)},"{digest}",{quote(data[:HEAD].decode("latin-1"))}]}}'


def decode(value: Any) -> Any:
    """Python's value of tagged JSON (already parsed), new at each call.

    For scripts, where ``$blob`` and ``$o`` do not occur. Raises ValueError for an unknown tag.
    """
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag = next(iter(value), "")
    if tag == "$b":
        return value["$b"].encode("latin-1")
    if tag == "$t":
        return tuple([decode(item) for item in value["$t"]])
    if tag == "$i":
        return iter([decode(item) for item in value["$i"]])
    if tag == "$d":
        return {decode(key): decode(item) for key, item in value["$d"]}
    if tag.startswith("$"):
        raise ValueError(f"no such tag in a script: {tag}")
    return {key: decode(item) for key, item in value.items()}


def _value(value: Any, depth: int) -> str:
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind is bytes:
        return _bytes(value)
    if kind is dict:
        return _dict(value, depth)
    if kind is list:
        return _list(value, depth)
    if kind is tuple:
        return _tuple(value, depth)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int and _SMALLEST <= value <= _LARGEST:
        return int.__repr__(value)
    if kind is float and math.isfinite(value):
        return float.__repr__(value)
    return _foreign(value, depth)


def _bytes(value: bytes) -> str:
    if len(value) > _CACHED:
        if len(value) > LONG:
            return blob(value, hashlib.sha256(value).hexdigest())
        return f'{{"$b":{quote(value.decode("latin-1"))}}}'
    text = _texts.get(value)
    if text is None:
        if len(_texts) >= _ROOM:
            _texts.clear()
        text = _texts[value] = f'{{"$b":{quote(value.decode("latin-1"))}}}'
    return text


def _dict(value: dict[Any, Any], depth: int, body: str = "") -> str:
    """``body`` is the JSON text for the key of that name, if it is encoded already."""
    if depth >= DEPTH or len(value) > ITEMS:
        return _outline(value)
    depth += 1
    parts = []
    for key, item in value.items():
        if type(key) is not str:
            return _pairs(value, depth)
        start = _keys.get(key)
        if start is None:
            if key[:1] == "$":
                return _pairs(value, depth)
            start = f"{quote(key)}:"
            if len(key) <= _CACHED:
                if len(_keys) >= _ROOM:
                    _keys.clear()
                _keys[key] = start
        kind = type(item)
        if kind is str:
            parts.append(start + quote(item))
        elif kind is bytes:
            parts.append(start + (body if body and key == "body" else _bytes(item)))
        else:
            parts.append(start + _value(item, depth))
    return f"{{{','.join(parts)}}}"


def _pairs(value: dict[Any, Any], depth: int) -> str:
    pairs = [f"[{_value(key, depth)},{_value(item, depth)}]" for key, item in value.items()]
    return f'{{"$d":[{",".join(pairs)}],"class":"dict"}}'


def _list(value: list[Any], depth: int) -> str:
    if depth >= DEPTH or len(value) > ITEMS:
        return _outline(value)
    depth += 1
    return f"[{','.join([_tuple(item, depth) if type(item) is tuple else _value(item, depth) for item in value])}]"


def _tuple(value: tuple[Any, ...], depth: int) -> str:
    if len(value) == 2 and type(value[0]) is bytes and type(value[1]) is bytes:
        return _header(value)
    if depth >= DEPTH or len(value) > ITEMS:
        return _outline(value)
    depth += 1
    return f'{{"$t":[{",".join([_value(item, depth) for item in value])}]}}'


def _header(pair: tuple[bytes, bytes]) -> str:
    """The JSON text of a header, from a cache of pairs: most of them come again with the next request."""
    text = _headers.get(pair)
    if text is None:
        text = f'{{"$t":[{_bytes(pair[0])},{_bytes(pair[1])}]}}'
        if len(text) <= 2 * _CACHED:
            if len(_headers) >= _ROOM:
                _headers.clear()
            _headers[pair] = text
    return text


def _foreign(value: Any, depth: int) -> str:
    try:
        near = _near(value, depth)
    except Exception:
        near = ""
    plain = f',"value":{near}' if near else ""
    return f'{{"$o":{quote(_name(value))},"repr":{quote(_as_text(value))}{plain}}}'


def _near(value: Any, depth: int) -> str:
    """The text of the nearest plain value, "" if none is near.

    The class decides and not ``isinstance``, which a proxy object can override; and the methods of the base class are
    used, which a subclass cannot override.
    """
    kind = type(value)
    if issubclass(kind, str):
        return quote(str.__str__(value))
    if issubclass(kind, (bytes, bytearray)):
        return _bytes(memoryview(value).tobytes())
    if kind is memoryview:
        return _bytes(value.tobytes())
    if issubclass(kind, int):
        return int.__repr__(value) if _SMALLEST <= int.__index__(value) <= _LARGEST else ""
    if issubclass(kind, float):
        return float.__repr__(value) if math.isfinite(value) else ""
    if issubclass(kind, dict):
        return _dict(dict(dict.items(value)), depth)
    if issubclass(kind, list):
        return _list(list(list.__iter__(value)), depth)
    if issubclass(kind, tuple):
        return _tuple(tuple(tuple.__iter__(value)), depth)
    if kind is MappingProxyType:
        return _dict(dict(value), depth)
    return ""


def _outline(value: Any) -> str:
    """A container that is too large or too deep to be kept."""
    name = _name(value)
    return f'{{"$o":{quote(name)},"repr":{quote(f"<{name} of {len(value)} items, not kept>")}}}'


def _unreadable(value: object, error: Exception) -> str:
    name = _name(value)
    return f'{{"$o":{quote(name)},"repr":{quote(f"<{name}, not kept: {type(error).__name__}>")}}}'


def _name(value: object) -> str:
    return str(type(value).__name__)


def _as_text(value: Any) -> str:
    """The repr, cut. A large container gets none, and the exception of a repr is named in its place."""
    kind = type(value)
    try:
        if issubclass(kind, (dict, list, tuple, set, frozenset)) and len(value) > ITEMS:
            return f"<{kind.__name__} of {len(value)} items>"
        return repr(value)[:SHOWN]
    except Exception as error:
        return f"<{kind.__name__}, whose repr raises {type(error).__name__}>"
