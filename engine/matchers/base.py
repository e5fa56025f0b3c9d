"""The definition of an operator, and the application of a matcher to a value. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from engine.model.expectation import Matcher, Mismatch, Situation
from engine.model.phrasing import infinitive
from engine.model.source_span import SourceSpan


class Argument(StrEnum):
    """The form of an operator's argument in a document, which decides how the loader parses it."""

    MATCHER = "matcher"  # a literal or operators -> Matcher
    MATCHERS = "matchers"  # a list of them -> tuple[Matcher, ...]
    FIELDS = "fields"  # a mapping of them -> dict[str, Matcher]
    LITERAL = "literal"  # any JSON, taken literally; {var: x} stays a Variable -> JSON's types
    BYTES = "bytes"  # a byte literal -> ByteString
    TEXT = "text"  # text, or a byte literal as a list or mapping -> str | ByteString
    AMOUNT = "amount"  # a number, a time or a size -> int | float | Variable (seconds, bytes)
    SIZE = "size"  # a size with its unit, or a count -> int | Variable
    FLAG = "flag"  # true or false -> bool
    WORD = "word"  # one of a fixed set -> str
    NAME = "name"  # a plain word of any kind -> str
    PATTERN = "pattern"  # a regular expression -> str
    MOMENT = "moment"  # `now`, a date, a number or a variable -> str | int | float | Variable
    NEAR = "near"  # a moment or an amount, or {to, within} -> a mapping with `to`, and `within` if it is set
    VARIABLE = "variable"  # a variable's name, possibly with `plus` -> Variable


class InnerMatchers(StrEnum):
    """The value that an operator's inner matchers are applied to: itself, or a part of it."""

    ITSELF = "itself"  # the observed value
    ITEMS = "items"  # the items of a list
    LENGTH = "length"  # a whole number
    KEYS = "keys"  # a list of texts
    FIELDS = "fields"  # the values of an object


NUMBERS = frozenset({"integer", "number"})
STRINGS = frozenset({"text", "bytes"})
LISTS = frozenset({"list"})
OBJECTS = frozenset({"object"})


class MatchPart(Protocol):
    """A function that applies a matcher to a part of the observed value; ``where`` is the path to that part (``[2]``,
    ``.name``)."""

    def __call__(self, observed: object, matcher: Matcher, where: str) -> Mismatch | None: ...


@dataclass(frozen=True, slots=True)
class Question:
    """One application of an operator: the observed value, the parsed argument, the context, the span of the operator,
    and ``requires``, which puts an inner matcher in words ("400", "to contain 'a'")."""

    observed: object
    argument: Any
    situation: Situation
    match: MatchPart
    place: SourceSpan
    requires: Callable[[Matcher], str]

    def differs(self, expected: str = "", why: str = "", actual: object = ...) -> Mismatch:
        """The mismatch at this span. ``expected`` is a phrase such as "is at least 3", "" for the operator's own;
        ``why`` a remark, "" for none; ``actual`` the value at fault, where that is only a part of the observed one."""
        return Mismatch("", infinitive(expected), self.observed if actual is ... else actual, self.place, why)


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: its name, a sentence about it, the form of its argument, and the function that answers.

    ``words`` are the values of a WORD, and ``nouns`` what a phrase says for each, where that differs.
    ``takes_absent`` is true for operators that may be applied to an absent value. ``phrase`` states the requirement
    behind a fact's name, with ``{}`` for the argument: "is at least {}". It has two texts for a FLAG (true, then
    false), and may have two for MATCHERS (any, then plain values only); without one, the name is the phrase. ``takes``
    are the types of values that it can hold for, in the words of ``type``; an empty set for any. ``part`` selects the
    value that inner matchers apply to.
    """

    name: str
    summary: str
    argument: Argument
    answer: Callable[[Question], Mismatch | None]
    words: tuple[str, ...] = ()
    takes_absent: bool = False
    phrase: tuple[str, ...] = ()
    takes: frozenset[str] = frozenset()
    part: InnerMatchers = InnerMatchers.ITSELF
    nouns: tuple[str, ...] = ()


Operators = Mapping[str, Operator]
