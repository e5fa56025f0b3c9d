"""Failed expectations in words: "expected status 400, got 404". Pure."""

from __future__ import annotations

from engine.model.expectation import ABSENT, Absent, Mismatch, Unclear
from engine.model.quantities import show_size, show_time
from engine.model.showing import as_text
from engine.model.typed_value import TypedValue

_VERBS = {
    "is": "be",
    "has": "have",
    "contains": "contain",
    "starts": "start",
    "ends": "end",
    "matches": "match",
    "equals": "equal",
}
_BOUNDS = ("at least ", "at most ", "above ", "below ")


class Worded(str):
    """A word of the language that is shown in other words: ``Worded("a timeout after 10 s", "timeout")`` equals
    "timeout". Without a word it is the text itself, shown without quotes."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str, word: str | None = None) -> Worded:
        made = super().__new__(cls, text if word is None else word)
        made.text = text
        return made

    def __repr__(self) -> str:
        return self.text


class Seconds(float):
    """A time, shown with its unit."""

    __slots__ = ()

    def __repr__(self) -> str:
        return show_time(float(self))


class Size(int):
    """A number of bytes, shown with its unit."""

    __slots__ = ()

    def __repr__(self) -> str:
        return show_size(int(self))


def infinitive(phrase: str) -> str:
    """A phrase that follows "expected NAME", from one that follows only NAME: "is absent" -> "to be absent", "is at
    least 3" -> "at least 3". Any other phrase is returned unchanged."""
    verb, _, rest = phrase.partition(" ")
    if verb == "is" and rest.startswith("not "):
        return f"not to be {rest[4:]}"
    if verb == "does" and rest.startswith("not "):
        return f"not to {rest[4:]}"
    if verb == "is" and rest.startswith(_BOUNDS):
        return rest
    return f"to {_VERBS[verb]} {rest}" if verb in _VERBS and rest else phrase


def negation(phrase: str) -> str:
    """The opposite of an infinitive phrase: "to contain 3" -> "not to contain 3", "400" -> "other than 400"."""
    if phrase.startswith(("to ", *_BOUNDS)):
        return f"not {phrase}"
    return phrase.removeprefix("not ") if phrase.startswith("not ") else f"other than {phrase}"


def denial(phrase: str) -> str:
    """The opposite of a phrase behind a name: "is 3" -> "is not 3", "contains 3" -> "does not contain 3"."""
    verb, _, rest = phrase.partition(" ")
    if verb == "is":
        return f"is {rest[4:]}" if rest.startswith("not ") else f"is not {rest}"
    return f"does not {_VERBS[verb]} {rest}" if verb in _VERBS else f"not: {phrase}"


def literal(value: object, text: str = "") -> str:
    """The phrase of a value that is expected as it is: "400", but "to be true". ``text`` is the value as it is shown,
    where that differs."""
    named = value is None or isinstance(value, (bool, list, tuple, dict))
    return f"to be {text or as_text(value)}" if named else text or as_text(value)


def requirement(mismatch: Mismatch) -> str:
    """The expectation behind the word "expected": "status 400", "a response"."""
    if mismatch.implicit or not mismatch.where:
        return mismatch.expected
    return f"{mismatch.where} {mismatch.expected}"


def got(mismatch: Mismatch) -> str:
    """The observed value behind the word "got": "404", "none"."""
    actual = mismatch.actual
    if isinstance(actual, TypedValue) and isinstance(actual.data, dict) and actual.data.keys() == {"$absent"}:
        actual = Unclear(str(why)) if (why := actual.data["$absent"]) else ABSENT
    if isinstance(actual, Unclear):
        return actual.why
    return "none" if isinstance(actual, Absent) else as_text(actual)


def sentence(mismatch: Mismatch) -> str:
    """One line: "expected status 400, got 404". An implicit failure ends with its remark."""
    text = f"expected {requirement(mismatch)}, got {got(mismatch)}"
    return f"{text}; {mismatch.why}" if mismatch.implicit and mismatch.why else text


def headline(mismatch: Mismatch) -> str:
    """The same line with the name first, for a narrow place: "status: expected 400, got 404"."""
    if mismatch.implicit or not mismatch.where:
        return sentence(mismatch)
    return f"{mismatch.where}: expected {mismatch.expected}, got {got(mismatch)}"
