"""The value of a plain scalar, and the scalars that YAML parsers interpret differently.

YAML 1.1 and 1.2 read ``no``, ``010``, ``1:30`` and others in different ways (YAML 1.1's type repository; YAML 1.2.2,
section 10.3). The language accepts the forms on which both agree, and rejects the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.model.nodes import Scalar


@dataclass(frozen=True, slots=True)
class Surprise:
    """The reason for rejecting a plain scalar, and the form that expresses the intended value."""

    what: str
    hint: str


_WORDS = {"true": True, "false": False, "null": None}
_integer = re.compile(r"-?(?:0|[1-9][0-9]*)")
_decimal = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")

_SURPRISES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[+-]?0[0-9_]+"), "a number with a leading zero, which YAML 1.1 reads as octal"),
    (re.compile(r"[+-]?0x[0-9a-fA-F_]+"), "a hexadecimal number to some YAML parsers, and text to others"),
    (re.compile(r"[+-]?0o[0-7_]+"), "an octal number to some YAML parsers, and text to others"),
    (re.compile(r"[+-]?0b[01_]+"), "a binary number to some YAML parsers, and text to others"),
    (re.compile(r"[+-]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"), "a number to base 60 in YAML 1.1"),
    (re.compile(r"[+-]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)[eE][+-]?[0-9]+"), "a number with an exponent"),
    (re.compile(r"[+-]?(?:[0-9][0-9_]*)?\.[0-9_]*"), "an incomplete decimal"),
    (re.compile(r"[+-]?[0-9][0-9_]*"), "a number to some YAML parsers, and text to others"),
    (re.compile(r"[+-]?\.(?:inf|Inf|INF|nan|NaN|NAN)"), "a number that JSON does not have"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?"), "a date in YAML 1.1, and text in YAML 1.2"),
)


def scalar(text: str) -> Scalar | Surprise:
    """The value of a plain scalar: text, an integer, a decimal, true, false or null; or the reason why it has none.

    The caller rejects an empty text, since it knows where the value is missing.
    """
    if text in _WORDS:
        return _WORDS[text]
    first = text[:1]
    if first.isdigit() or first in "+-." or not first:
        return _number(text)
    lower = text.lower()
    if lower in ("yes", "no", "on", "off", "y", "n"):
        return Surprise(f"{text} is true or false in YAML 1.1, and text in YAML 1.2", _quote(text))
    if text == "~" or lower in _WORDS:
        meant = "null" if text == "~" else lower
        return Surprise(f"{text} is read as {meant} by some YAML parsers", f'write {meant}, or quote it: "{text}"')
    return text


def _number(text: str) -> Scalar | Surprise:
    if _integer.fullmatch(text):
        # Python refuses to convert thousands of digits, which takes quadratic time.
        return int(text) if len(text) <= 40 else Surprise("a number of more than 40 digits", _quote(text))
    if _decimal.fullmatch(text):
        return float(text) if len(text) <= 40 else Surprise("a number of more than 40 digits", _quote(text))
    if text not in (".", "-", "+", ""):
        for pattern, meaning in _SURPRISES:
            if pattern.fullmatch(text):
                return Surprise(f"{text} is {meaning}", _quote(text))
    return text


def _quote(text: str) -> str:
    beginning = text if len(text) <= 40 else text[:37] + "..."
    return f'quote it if it is text: "{beginning}"'


def surprising_key(text: str) -> str:
    """The type that a YAML parser may give a plain key instead of text, or "". ``y`` and ``n`` are accepted: all
    parsers in use read them as text, and they are common names of parameters."""
    if text in ("y", "n", "Y", "N"):
        return ""
    value = scalar(text)
    if isinstance(value, Surprise):
        return value.what
    if isinstance(value, str):
        return ""
    return f"{text} is {'a number' if isinstance(value, (int, float)) and not isinstance(value, bool) else text}"
