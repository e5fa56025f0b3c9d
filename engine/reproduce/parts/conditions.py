"""Conditions on values: one function for each operator of the language."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from engine.reproduce.parts.checks import ABSENT, That, fits, same

BUILT_IN = (str, int, float, bytes, bool, list, tuple, dict)


def number_that(words: str, holds: Callable[[float], bool]) -> That:
    """A condition on a number; true and false are none."""
    return That(words, lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and holds(v))


def at_least(bound: float) -> That:
    return number_that(f"at least {bound}", lambda v: v >= bound)


def at_most(bound: float) -> That:
    return number_that(f"at most {bound}", lambda v: v <= bound)


def more_than(bound: float) -> That:
    return number_that(f"more than {bound}", lambda v: v > bound)


def less_than(bound: float) -> That:
    return number_that(f"less than {bound}", lambda v: v < bound)


def differs_from(wanted: object) -> That:
    return That(f"not {wanted!r}", lambda v: not fits(v, wanted))


def any_of(*choices: object) -> That:
    return That(f"one of {choices!r}", lambda v: any(fits(v, one) for one in choices), absent=True)


def all_of(*conditions: object) -> That:
    return That(" and ".join(map(repr, conditions)), lambda v: all(fits(v, one) for one in conditions), absent=True)


def present() -> That:
    return That("present", lambda v: v is not ABSENT)


def absent() -> That:
    return That("absent", lambda v: v is ABSENT, absent=True)


def of_type(name: str) -> That:
    """A condition on the type of a JSON value or of a value in Python."""
    return That(f"of type {name}", lambda v: type_name(v) == name or (name == "number" and type_name(v) == "integer"))


def type_name(value: object) -> str:
    """The name of the type of a value."""
    if value is None:
        return "null"
    names = {bool: "boolean", str: "text", int: "integer", float: "number", bytes: "bytes", list: "list", tuple: "list"}
    return names.get(type(value), "object" if isinstance(value, Mapping) else type(value).__name__)


def python(name: str) -> That:
    """A condition on the class that a value had in the application."""
    return That(f"a Python {name}", lambda v: class_name(v) == name)


def class_name(value: object) -> str:
    """The name of the class that a recorded value had in the application."""
    return str(value["$class"]) if isinstance(value, Mapping) and "$class" in value else type(value).__name__


def alike(value: object, other: str | bytes) -> str | bytes:
    """A text or bytes as the type of a value: for bytes, a text stands for its UTF-8."""
    return other.encode() if isinstance(value, bytes) and isinstance(other, str) else other


def string_that(words: str, other: str | bytes, holds: Callable[[str | bytes, str | bytes], bool]) -> That:
    """A condition on text or bytes."""

    def found(value: object) -> bool:
        wanted = alike(value, other)
        return isinstance(value, (str, bytes)) and type(value) is type(wanted) and holds(value, wanted)

    return That(f"{words} {other!r}", found)


def contains(part: str | bytes) -> That:
    return string_that("containing", part, lambda v, p: p in v)  # type: ignore[operator]


def starts_with(part: str | bytes) -> That:
    return string_that("starting with", part, lambda v, p: v[: len(p)] == p)


def ends_with(part: str | bytes) -> That:
    return string_that("ending with", part, lambda v, p: not p or v[-len(p) :] == p)


def same_text(text: str | bytes) -> That:
    return string_that("in any letter case", text, lambda v, p: v.lower() == p.lower())


def matches(pattern: str) -> That:
    def found(value: str | bytes, wanted: str | bytes) -> bool:
        text, regular = (one.decode("latin-1") if isinstance(one, bytes) else one for one in (value, wanted))
        return re.fullmatch(regular, text, re.DOTALL) is not None

    return string_that("matching", pattern, found)


def length(wanted: object) -> That:
    sized = (str, bytes, list, tuple, Mapping)
    return That(f"of length {wanted!r}", lambda v: isinstance(v, sized) and fits(len(v), wanted))


def size(wanted: int) -> That:
    return That(
        f"of {wanted} bytes",
        lambda v: isinstance(v, (str, bytes)) and len(v.encode() if isinstance(v, str) else v) == wanted,
    )


def sha256(digest: str) -> That:
    return That(f"with SHA-256 {digest}", lambda v: isinstance(v, bytes) and hashlib.sha256(v).hexdigest() == digest)


def moment(value: object) -> float | None:
    """The seconds since 1970 of a number, a date of HTTP or one of ISO 8601; None for anything else."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(str(value))
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def near(to: object, within: float = 5.0) -> That:
    """A condition that a date or an amount is near another; ``now`` is the time of the comparison."""

    def holds(value: object) -> bool:
        wanted, found = time.time() if to == "now" else moment(to), moment(value)
        # A date has no fractions, and is older than the comparison.
        return (
            wanted is not None and found is not None and abs(found - wanted) <= within + (1.0 if to == "now" else 0.0)
        )

    return That(f"within {within} of {to}", holds)


def later_than(other: object) -> That:
    """A condition that a date is after another."""
    return That(f"later than {other}", lambda v: compared(v, other, 1))


def earlier_than(other: object) -> That:
    """A condition that a date is before another."""
    return That(f"earlier than {other}", lambda v: compared(v, other, -1))


def compared(value: object, other: object, sign: int) -> bool:
    """True if a date is after another, or before it for a negative sign."""
    one, two = moment(value), time.time() if other == "now" else moment(other)
    return one is not None and two is not None and (one - two) * sign > 0


def size_of(data: bytes) -> That:
    """A condition that a number, or digits, is the size of some bytes."""

    def holds(value: object) -> bool:
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        return text.isascii() and text.isdigit() and int(text) == len(data)

    return That(f"{len(data)}, the size of the given bytes", holds)


def exactly(data: bytes) -> That:
    """A condition that a value is these bytes, and no text."""
    return That(repr(data), lambda v: isinstance(v, bytes) and v == data)


def http_date(text: str) -> bool:
    """True for a date in the only form that a server may generate (RFC 9110, section 5.6.7)."""
    if not re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", text):
        return False
    try:
        return parsedate_to_datetime(text).strftime("%a") == text[:3]
    except ValueError:
        return False


def ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def form(name: str) -> That:
    """A condition on the form of a text."""
    forms: dict[str, Callable[[str], bool]] = {
        "http-date": http_date,
        "ip-address": ip_address,
        "json": is_json,
        "lower-case": lambda text: text == text.lower(),
        "integer": lambda text: re.fullmatch("-?[0-9]+", text) is not None,
        "token": lambda text: re.fullmatch("[!#$%&'*+.^_`|~0-9A-Za-z-]+", text) is not None,
    }

    def holds(value: object) -> bool:
        if isinstance(value, bytes):
            value = value.decode("utf-8" if name == "json" else "latin-1", "replace")
        return isinstance(value, str) and forms[name](value)

    return That(f"of the form {name}", holds)


def items_that(words: str, holds: Callable[[list[object]], bool]) -> That:
    """A condition on a list."""
    return That(words, lambda v: isinstance(v, (list, tuple)) and holds(list(v)))


def some(wanted: object) -> That:
    return items_that(f"with an item {wanted!r}", lambda items: any(fits(one, wanted) for one in items))


def each(wanted: object) -> That:
    return items_that(
        f"with items, each {wanted!r}", lambda items: bool(items) and all(fits(one, wanted) for one in items)
    )


def none(unwanted: object) -> That:
    return items_that(f"without an item {unwanted!r}", lambda items: not any(fits(one, unwanted) for one in items))


def first(wanted: object) -> That:
    return items_that(f"with a first item {wanted!r}", lambda items: bool(items) and fits(items[0], wanted))


def last(wanted: object) -> That:
    return items_that(f"with a last item {wanted!r}", lambda items: bool(items) and fits(items[-1], wanted))


def items(*wanted: object) -> That:
    return items_that(
        f"the items {wanted!r}", lambda found: len(found) == len(wanted) and all(map(fits, found, wanted))
    )


def in_order(*wanted: object) -> That:
    """A condition that a list has such items in this order; others may be between them."""

    def holds(found: list[object]) -> bool:
        rest = iter(found)
        return all(any(fits(item, one) for item in rest) for one in wanted)

    return items_that(f"with these items in this order: {wanted!r}", holds)


def any_order(*wanted: object) -> That:
    """A condition that a list has exactly such items, in any order."""

    def holds(found: list[object]) -> bool:
        if not found:
            return not wanted
        return any(
            fits(found[0], one) and any_order(*wanted[:at], *wanted[at + 1 :]).holds(found[1:])
            for at, one in enumerate(wanted)
        )

    return items_that(f"the items {wanted!r} in any order", holds)


def unique(wanted: bool) -> That:
    """A condition that a list has no duplicate, or that it has one."""

    def holds(found: list[object]) -> bool:
        twice = any(same(one, other) for at, one in enumerate(found) for other in found[:at])
        return twice is not wanted

    return items_that("without duplicates" if wanted else "with duplicates", holds)


def ordered(wanted: bool) -> That:
    """A condition that a list is in ascending order, or that it is not."""

    def holds(found: list[object]) -> bool:
        try:
            return (found == sorted(found)) is wanted  # type: ignore[type-var]
        except TypeError:
            return False

    return items_that("in ascending order" if wanted else "not in ascending order", holds)


def fields(**wanted: object) -> That:
    return fields_of(wanted)


def fields_of(wanted: Mapping[str, object]) -> That:
    """A condition on the values of some keys of an object."""
    return That(
        f"an object with {wanted!r}",
        lambda v: isinstance(v, Mapping) and all(fits(v.get(key, ABSENT), one) for key, one in wanted.items()),
    )


def keys(wanted: object) -> That:
    return That(f"an object whose keys are {wanted!r}", lambda v: isinstance(v, Mapping) and fits(list(v), wanted))


def at(value: object, path: str) -> object:
    """The part of a value at a path such as ``user.0.name``; ABSENT if there is none."""
    if not path:
        return value
    if isinstance(value, Mapping) and "$class" in value:
        value = value.get("value")
    if isinstance(value, Mapping):
        # A key may contain dots: the longest that exists is taken.
        words = path.split(".")
        for count in range(len(words), 0, -1):
            key = ".".join(words[:count])
            if key in value and (found := at(value[key], ".".join(words[count:]))) is not ABSENT:
                return found
        return ABSENT
    head, _, rest = path.partition(".")
    if isinstance(value, (list, tuple)):
        if head == "last" and value:
            return at(value[-1], rest)
        if head.isdigit() and int(head) < len(value):
            return at(value[int(head)], rest)
    return ABSENT
