"""The types of facts: the values that a fact can have, and so the expectations that can hold at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class FactType:
    """The values that a fact can have.

    ``phrase`` names the type in messages. ``sorts`` are words of the operator ``type`` (text, bytes, integer, number,
    boolean, null, list, object); an empty set allows any value. ``dimension`` is ``time`` (seconds) or ``size`` (bytes)
    where an expectation carries a unit. ``words`` are the only texts allowed, if any. ``items`` is the type of a list's
    items. ``wire`` marks bytes that crossed the wire, where a text stands for its UTF-8. ``promised`` means that a
    standard requires the type, and a server may break it: then the value has another type, and a case may expect that.
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
    """The same type, marked as required by a standard."""
    return FactType(
        fact_type.phrase, fact_type.sorts, fact_type.dimension, fact_type.words, fact_type.items, fact_type.wire, True
    )


TEXTS = list_of(TEXT)
