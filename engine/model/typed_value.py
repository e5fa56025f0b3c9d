"""Values of expectations in a record: limited tagged JSON, and the text for readers.

A mismatch holds Python's own values while a job runs. When it leaves the process (in a record, a report, or a message
to pytest), each becomes a TypedValue. The tags are those of ``engine.observer.inside.tagged`` (``$b`` bytes, ``$t``
tuple, ``$d`` pairs, ``$blob`` long bytes, ``$o`` another class), and two more::

    a text longer than TEXT        {"$text": [<characters>, "<the first TEXT>"]}
    a fact that is not there       {"$absent": "<why it cannot be told, or empty>"}

A value has at most NODES nodes, TOTAL characters in all, and DEPTH containers inside each other; a container has at
most ITEMS items. Everything left out is named in ``cut``, so that no part is mistaken for the complete value.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.model.boundary import OpaqueValue
from engine.model.expectation import Absent, Unclear
from engine.model.showing import as_text
from engine.model.wire_bytes import TruncatedBytes

TEXT = 2048  # characters kept of a text
TOTAL = 8192  # characters and bytes kept of all texts and bytes of a value
BYTES = 1024  # bytes of which all are kept
HEAD = 256  # bytes kept of longer ones
ITEMS = 100
DEPTH = 12
NODES = 1000
CUTS = 8  # notes on what was cut
REPR = 200  # characters kept of a repr
NAME = 64  # characters of a key that stands as it is; longer ones are values of pairs
WHOLE = 2**63  # whole numbers below it, either way, are JSON's


@dataclass(frozen=True, slots=True, repr=False)
class TypedValue:
    """A value that has been recorded. ``text`` is the value in a phrase, as ``shown`` writes it; ``data`` is tagged
    JSON (JSON's types), or NOTHING if an older record has only the text; ``cut`` lists the parts that ``data`` lacks,
    each as ``<path>: <what>``."""

    text: str
    data: object
    cut: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return self.text


class _Nothing:
    """No data: ``None`` is a value."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING = _Nothing()


def typed(value: object) -> TypedValue:
    """The typed value of anything that an expectation can hold; one that is typed already as it is. Never raises for
    a value of the language."""
    if isinstance(value, TypedValue):
        return value
    tagger = _Tagger()
    data = tagger.of(value, "", 0)
    return TypedValue(as_text(value), data, tuple(tagger.cuts))


@dataclass(slots=True)
class _Tagger:
    """Tags one value, and notes what it leaves out."""

    cuts: list[str] = field(default_factory=list)
    nodes: int = 0
    left: int = TOTAL

    def cut(self, where: str, what: str) -> None:
        if len(self.cuts) < CUTS:
            self.cuts.append(f"{where or 'value'}: {what}")
        elif len(self.cuts) == CUTS:
            self.cuts.append("and more")

    def of(self, value: object, where: str, depth: int) -> object:
        self.nodes += 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(str(value), where)
        if isinstance(value, (bytes, bytearray)):
            return self._bytes(bytes(value), where)
        if isinstance(value, int) and -WHOLE <= value < WHOLE:
            return int(value)
        if isinstance(value, float) and math.isfinite(value):
            return float(value)
        if isinstance(value, Absent):
            return {"$absent": value.why if isinstance(value, Unclear) else ""}
        if isinstance(value, TruncatedBytes):
            self.cut(where, f"{len(value.head)} of {value.size} bytes")
            return {"$blob": [value.size, value.sha256, value.head.decode("latin-1")]}
        if isinstance(value, OpaqueValue):
            plain = {} if value.value is None else {"value": self.of(value.value, where, depth + 1)}
            return {"$o": value.cls, "repr": value.text[:REPR], **plain}
        if isinstance(value, (Mapping, list, tuple)):
            return self._container(value, where, depth)
        return {"$o": type(value).__name__, "repr": _repr(value)}

    def _text(self, text: str, where: str) -> object:
        allowed = min(TEXT, self.left)
        self.left -= min(len(text), allowed)
        if len(text) <= allowed:
            return text
        self.cut(where, f"{allowed} of {len(text)} characters")
        return {"$text": [len(text), text[:allowed]]}

    def _bytes(self, data: bytes, where: str) -> object:
        if len(data) <= min(BYTES, self.left):
            self.left -= len(data)
            return {"$b": data.decode("latin-1")}
        head = data[: min(HEAD, self.left)]
        self.left -= len(head)
        self.cut(where, f"{len(head)} of {len(data)} bytes")
        return {"$blob": [len(data), hashlib.sha256(data).hexdigest(), head.decode("latin-1")]}

    def _container(self, value: Mapping[object, object] | Sequence[object], where: str, depth: int) -> object:
        if depth >= DEPTH:
            self.cut(where, f"0 of {len(value)} items, {DEPTH} containers deep")
            return {"$o": type(value).__name__, "repr": ""}
        allowed = max(min(ITEMS, NODES - self.nodes), 0)
        if len(value) > allowed:
            self.cut(where, f"{allowed} of {len(value)} items")
        if isinstance(value, Mapping):
            return self._mapping(value, where, depth, allowed)
        items = [self.of(item, f"{where}[{number}]", depth + 1) for number, item in enumerate(value[:allowed])]
        return {"$t": items} if isinstance(value, tuple) else items

    def _mapping(self, value: Mapping[object, object], where: str, depth: int, allowed: int) -> object:
        kept = list(value.items())[:allowed]
        if all(isinstance(key, str) and not key.startswith("$") and len(key) <= NAME for key, _ in kept):
            return {str(key): self.of(item, f"{where}.{key}", depth + 1) for key, item in kept}
        pairs = [
            [self.of(key, where, depth + 1), self.of(item, f"{where}[{_repr(key)[:NAME]}]", depth + 1)]
            for key, item in kept
        ]
        return {"$d": pairs, "class": "dict"}


def _repr(value: object) -> str:
    try:
        return repr(value)[:REPR]
    except ValueError:  # a whole number with more digits than Python writes
        return f"a {type(value).__name__} that is too long to write"
