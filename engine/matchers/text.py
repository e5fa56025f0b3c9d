"""Operators for text, which bytes have as well: for them a text argument stands for its UTF-8."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TypeVar

from engine.matchers.base import LISTS, OBJECTS, STRINGS, Argument, InnerMatchers, Operator, Question
from engine.matchers.matching import render
from engine.model.expectation import Mismatch
from engine.model.wire_bytes import TruncatedBytes

# RFC 9110 §5.6.7, IMF-fixdate: the only form that a server may generate.
_IMF_FIXDATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4}"
    r" [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT"
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_INTEGER = re.compile(r"-?[0-9]+")


S = TypeVar("S", str, bytes)


def _contains(haystack: S, needle: S) -> bool:
    return needle in haystack


def _starts(haystack: S, needle: S) -> bool:
    return haystack.startswith(needle)


def _ends(haystack: S, needle: S) -> bool:
    return haystack.endswith(needle)


def _same_text(haystack: S, needle: S) -> bool:
    return haystack.lower() == needle.lower()


Holds = Callable[[bytes, bytes], bool]


def _text(for_text: Callable[[str, str], bool], for_bytes: Holds) -> Callable[[Question], Mismatch | None]:
    def answer(question: Question) -> Mismatch | None:
        wanted = render(question.argument, question.situation)
        if not isinstance(wanted, (str, bytes)):
            wanted = str(wanted)
        observed = question.observed
        if isinstance(observed, TruncatedBytes):
            needle = wanted.encode() if isinstance(wanted, str) else wanted
            if for_bytes is _starts and len(needle) <= len(observed.head):
                return None if observed.head.startswith(needle) else question.differs()
            return question.differs(why=f"only its size, digest and first {len(observed.head)} B were kept")
        if isinstance(observed, bytes):
            needle = wanted.encode() if isinstance(wanted, str) else wanted
            return None if for_bytes(observed, needle) else question.differs()
        if isinstance(observed, str):
            if isinstance(wanted, bytes):
                return question.differs(why="the value is text, and the expected one bytes")
            return None if for_text(observed, wanted) else question.differs()
        return question.differs(why="the value is neither text nor bytes")

    return answer


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> tuple[re.Pattern[str], re.Pattern[bytes]]:
    return re.compile(pattern, re.DOTALL), re.compile(pattern.encode(), re.DOTALL)


def _matches(question: Question) -> Mismatch | None:
    pattern = str(render(question.argument, question.situation))
    try:
        for_text, for_bytes = _pattern(pattern)
    except re.error as error:
        return question.differs(why=f"the pattern is not a regular expression: {error}")
    observed = question.observed
    if isinstance(observed, str):
        return None if for_text.fullmatch(observed) else question.differs(why=_part(for_text.search(observed)))
    if isinstance(observed, bytes):
        return None if for_bytes.fullmatch(observed) else question.differs(why=_part(for_bytes.search(observed)))
    return question.differs(why="the value is neither text nor bytes")


def _part(found: object) -> str:
    return "the pattern matches only a part of it" if found else ""


def _length(question: Question) -> Mismatch | None:
    observed = question.observed
    if isinstance(observed, TruncatedBytes):
        size = observed.size
    elif isinstance(observed, (str, bytes, list, tuple, Mapping)):
        size = len(observed)
    else:
        return question.differs(why="the value is not text, bytes, a list or an object")
    mismatch = question.match(size, question.argument, "")
    if mismatch is None:
        return None
    return mismatch.inside(".length")


def _http_date(text: str) -> bool:
    if not _IMF_FIXDATE.fullmatch(text):
        return False
    try:
        return parsedate_to_datetime(text).strftime("%a") == text[:3]
    except ValueError:
        return False


def _ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


FORMS: dict[str, Callable[[str], bool]] = {
    "http-date": _http_date,
    "ip-address": _ip_address,
    "json": _json,
    "lower-case": lambda text: text == text.lower(),
    "integer": lambda text: bool(_INTEGER.fullmatch(text)),
    "token": lambda text: bool(_TOKEN.fullmatch(text)),
}


def _is(question: Question) -> Mismatch | None:
    observed = question.observed
    if isinstance(observed, bytes):
        text = observed.decode("utf-8" if question.argument == "json" else "latin-1", "replace")
    elif isinstance(observed, str):
        text = observed
    else:
        return question.differs(why="the value is neither text nor bytes")
    return None if FORMS[question.argument](text) else question.differs()


OPERATORS = (
    Operator(
        "contains",
        "Has this somewhere in it.",
        Argument.TEXT,
        _text(_contains, _contains),
        takes=STRINGS,
    ),
    Operator(
        "starts_with",
        "Begins with this.",
        Argument.TEXT,
        _text(_starts, _starts),
        takes=STRINGS,
    ),
    Operator("ends_with", "Ends with this.", Argument.TEXT, _text(_ends, _ends), takes=STRINGS),
    Operator(
        "same_text",
        "Is this, letter case aside.",
        Argument.TEXT,
        _text(_same_text, _same_text),
        phrase=("equals {} in any letter case",),
        takes=STRINGS,
    ),
    Operator(
        "matches",
        "Matches this regular expression as a whole.",
        Argument.PATTERN,
        _matches,
        phrase=("matches {}",),
        takes=STRINGS,
    ),
    Operator(
        "length",
        "Has so many characters, bytes, items or keys.",
        Argument.MATCHER,
        _length,
        phrase=("has a length that {}",),
        takes=STRINGS | LISTS | OBJECTS,
        part=InnerMatchers.LENGTH,
    ),
    Operator(
        "is",
        "Is text of this form.",
        Argument.WORD,
        _is,
        words=tuple(FORMS),
        nouns=("an HTTP date", "an IP address", "JSON", "in lower case", "an integer", "a token"),
        phrase=("is {}",),
        takes=STRINGS,
    ),
)
