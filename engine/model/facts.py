"""The types of facts: which values a fact can have, and so which expectations can hold at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class FactType:
    """The values that a fact can have.

    ``phrase`` names the type in messages. ``sorts`` are words of the operator ``type`` (text, bytes, integer, number,
    boolean, null, list, object); an empty set allows any value. ``dimension`` is ``time`` (seconds) or ``size``
    (bytes) where an expectation carries a unit. ``words`` are the only texts. ``items`` is the type of a list's items.
    ``wire`` says of bytes that they crossed the wire, where text stands for its UTF-8.
    ``promised`` says that a standard promises the type: a server that breaks it shows another value, and a case may
    look for that.
    """

    phrase: str
    sorts: frozenset[str] = frozenset()
    dimension: Literal["", "time", "size"] = ""
    words: tuple[str, ...] = ()
    items: FactType | None = None
    wire: bool = False
    promised: bool = False


def _type(phrase: str, *sorts: str) -> FactType:
    return FactType(phrase, frozenset(sorts))


ANY = FactType("any value")
INTEGER = _type("a whole number", "integer")
FLAG = _type("true or false", "boolean")
TEXT = _type("text", "text")
NAME_OR_NUMBER = _type("a name, or a number that has none", "text", "integer")
OBJECT = _type("an object", "object")
WIRE_BYTES = FactType("bytes", frozenset({"bytes"}), wire=True)
BYTES = FactType("bytes, which text never equals", frozenset({"bytes"}))
TIME = FactType("a time", frozenset({"integer", "number"}), "time")
SIZE = FactType("a size", frozenset({"integer"}), "size")


def list_of(items: FactType) -> FactType:
    """A list with items of a type."""
    return FactType("a list", frozenset({"list"}), items=items)


def one_of(*words: str) -> FactType:
    """One of a few words."""
    return FactType(f"one of {', '.join(words)}", frozenset({"text"}), words=words)


def promised(fact_type: FactType) -> FactType:
    """The same type, as a standard promises it."""
    return FactType(
        fact_type.phrase, fact_type.sorts, fact_type.dimension, fact_type.words, fact_type.items, fact_type.wire, True
    )


TEXTS = list_of(TEXT)
