"""Colour by role: a caller names the meaning of a text, and only this module knows which colour stands for it.

Usage::

    paint = paint_for(sys.stdout, parsed.color)
    print(paint(Role.FAILING, visible(text)))

Text is escaped first (``terminal.escape.visible``) and painted afterwards: ``visible`` would show the sequences of
colour as it shows any other control character. ``escape.width`` counts the columns of painted text, and ``wrap`` breaks
it into lines; ``len`` and ``textwrap`` count the sequences too. A function that makes lines takes a ``Paint`` whose
default is ``PLAIN``, so that it stays pure and its tests compare plain text.

Only colours that are readable on dark and on light backgrounds are used: none of the bright ones, no blue (dark on
black), no white.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import IO

from engine.model.verdict import Verdict
from engine.terminal.escape import SEQUENCE, width

CHOICES = ("auto", "always", "never")
"""The values of ``--color``."""

RESET = "\x1b[0m"
_WORD = re.compile(r"(\s*)(\S+)")


class Role(Enum):
    """The meaning of a text."""

    FAILING = auto()
    PASSING = auto()
    KNOWN = auto()
    WARNING = auto()
    UNSUPPORTED = auto()
    CARET = auto()
    EXPECTED = auto()
    ACTUAL = auto()
    HEADING = auto()
    NAME = auto()
    HINT = auto()
    DIM = auto()
    LINK = auto()
    WIRE = auto()
    APP = auto()


# Parameters of the sequence ``ESC [ ... m`` (SGR, ECMA-48 8.3.117).
_CODES = {
    Role.FAILING: "31",
    Role.PASSING: "32",
    Role.KNOWN: "33",
    Role.WARNING: "35",
    Role.UNSUPPORTED: "2",
    Role.CARET: "1;31",
    Role.EXPECTED: "32",
    Role.ACTUAL: "31",
    Role.HEADING: "1",
    Role.NAME: "36",
    Role.HINT: "36",
    Role.DIM: "2",
    Role.LINK: "4",
    Role.WIRE: "36",
    Role.APP: "35",
}
_OF_VERDICT = {
    Verdict.PASS: Role.PASSING,
    Verdict.WARN: Role.WARNING,
    Verdict.INFO: Role.DIM,
    Verdict.UNSUPPORTED: Role.UNSUPPORTED,
    Verdict.BLOCKED: Role.UNSUPPORTED,
    Verdict.KNOWN: Role.KNOWN,
    Verdict.FLAKY: Role.WARNING,
}


def role_of(verdict: Verdict) -> Role:
    """The role of a verdict's name and of its reason. All that breaks the build is failing."""
    return _OF_VERDICT.get(verdict, Role.FAILING)


@dataclass(frozen=True, slots=True)
class Paint:
    """Paints text, or leaves it as it is. Called with a role and an escaped text, returns the painted text."""

    enabled: bool = False

    def __call__(self, role: Role, text: str) -> str:
        """The text in the role's colour. Each line is painted by itself, so that lines can be taken apart. A painted
        text inside keeps its own colour, and the role's colour continues behind it."""
        if not self.enabled or not text:
            return text
        start = f"\x1b[{_CODES[role]}m"
        return "\n".join(
            f"{start}{line.replace(RESET, RESET + start)}{RESET}" if line else line for line in text.split("\n")
        )


PLAIN = Paint()


def paint_for(stream: IO[str], choice: str = "auto", environ: Mapping[str, str] | None = None) -> Paint:
    """The paint for a stream. ``choice`` is the value of ``--color``; ``environ`` is ``os.environ`` by default.

    With ``auto``, colour is on where the stream is a terminal, except where NO_COLOR is set (https://no-color.org) or
    TERM is ``dumb``. FORCE_COLOR turns it on for any stream; NO_COLOR outranks it.
    """
    return Paint(_wanted(stream, choice, os.environ if environ is None else environ))


def _wanted(stream: IO[str], choice: str, environ: Mapping[str, str]) -> bool:
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return environ.get("TERM") != "dumb" and stream.isatty()


def bare(text: str) -> str:
    """Text without its sequences of colour."""
    return SEQUENCE.sub("", text) if "\x1b" in text else text


def wrap(text: str, columns: int, *, first: str = "", further: str = "") -> list[str]:
    """Lines of a painted text, broken between words so that each fits ``columns``.

    ``first`` stands before the first line and ``further`` before each of the others; both count. A word that is longer
    than a line is not broken. Line feeds of the text are kept. A colour ends with its line and begins again on the
    next.
    """
    out: list[str] = []
    for number, line in enumerate(text.split("\n")):
        out += _wrapped(line, columns, further if number else first, further)
    return out


def _wrapped(line: str, columns: int, first: str, further: str) -> Iterator[str]:
    inside, current, taken, used = "", first, width(first), False
    for gap, word in _WORD.findall(line):
        if used and taken + len(gap) + width(word) > columns:
            yield current + (RESET if inside else "")
            current, taken = further + inside, width(further)
        else:
            current += gap
            taken += len(gap)
        current += word
        taken += width(word)
        used = True
        for sequence in SEQUENCE.findall(word):
            inside = "" if sequence == RESET else inside + sequence
    yield current
