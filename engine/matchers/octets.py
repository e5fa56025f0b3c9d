"""Operators for bytes."""

from __future__ import annotations

import hashlib

from engine.matchers.base import NUMBERS, STRINGS, Argument, Operator, Question
from engine.matchers.matching import render, same
from engine.model.expectation import Mismatch
from engine.model.phrasing import Size, Worded
from engine.model.showing import as_text
from engine.model.wire_bytes import TruncatedBytes, WireBytes

BYTES = frozenset({"bytes"})


def _compare(question: Question, observed: object, wanted: bytes) -> Mismatch | None:
    if same(observed, wanted):
        return None
    if not isinstance(observed, (bytes, TruncatedBytes)):
        return question.differs(why="the value is not bytes")
    size = observed.size if isinstance(observed, TruncatedBytes) else len(observed)
    if size != len(wanted):
        return question.differs(why=f"{size} B, expected {len(wanted)} B", actual=observed)
    if isinstance(observed, bytes):
        at = next(i for i, (one, other) in enumerate(zip(observed, wanted, strict=True)) if one != other)
        return question.differs(why=f"the first difference is at byte {at}", actual=observed)
    return question.differs(why="the digests differ", actual=observed)


def _bytes(question: Question) -> Mismatch | None:
    wanted = render(question.argument, question.situation)
    if not isinstance(wanted, bytes):
        wanted = str(wanted).encode()
    return _compare(question, question.observed, wanted)


def _sent(question: Question) -> Mismatch | None:
    sent = question.situation.sent
    if sent is None:
        return question.differs(why="this step sent nothing to compare with")
    observed = question.observed
    if isinstance(observed, str):
        observed = WireBytes(observed.encode())
    mismatch = _compare(question, observed, sent)
    if question.argument:
        return mismatch
    return question.differs() if mismatch is None else None


def _size(question: Question) -> Mismatch | None:
    wanted = render(question.argument, question.situation)
    observed = question.observed
    if isinstance(observed, TruncatedBytes):
        size = observed.size
    elif isinstance(observed, (bytes, str)):
        size = len(observed if isinstance(observed, bytes) else observed.encode())
    else:
        return question.differs(why="the value is neither bytes nor text")
    return None if size == wanted else question.differs(why=_beginning(observed), actual=Size(size))


def _beginning(observed: object) -> str:
    return f"the value is {as_text(observed)}"


def _sha256(question: Question) -> Mismatch | None:
    wanted = str(render(question.argument, question.situation)).lower()
    observed = question.observed
    if isinstance(observed, TruncatedBytes):
        digest = observed.sha256
    elif isinstance(observed, bytes):
        digest = hashlib.sha256(observed).hexdigest()
    else:
        return question.differs(why="the value is not bytes")
    if digest == wanted:
        return None
    return question.differs(why=_beginning(observed), actual=Worded(f"the SHA-256 {digest}", digest))


def _size_of(question: Question) -> Mismatch | None:
    given = render(question.argument, question.situation)
    size = len(given) if isinstance(given, bytes) else len(str(given).encode())
    observed = question.observed
    if isinstance(observed, bytes):
        observed = observed.decode("latin-1")
    if isinstance(observed, str) and not (observed.isascii() and observed.isdigit()):
        return question.differs(f"is {size}, the size of the given bytes", why="the value is not a number")
    if isinstance(observed, bool) or not isinstance(observed, (int, float, str)):
        return question.differs(f"is {size}, the size of the given bytes", why="the value is not a number")
    return None if float(observed) == size else question.differs(f"is {size}, the size of the given bytes")


OPERATORS = (
    Operator("bytes", "Is exactly these bytes.", Argument.BYTES, _bytes, phrase=("is {}",), takes=BYTES),
    Operator(
        "sent",
        "Is what this step sent (true), or is not (false).",
        Argument.FLAG,
        _sent,
        phrase=("is what this step sent", "is not what this step sent"),
        takes=STRINGS,
    ),
    Operator(
        "size_of",
        "Is the size of these bytes, as a number or in digits.",
        Argument.BYTES,
        _size_of,
        phrase=("is the size of {}",),
        takes=NUMBERS | STRINGS,
    ),
    Operator("size", "Has this size.", Argument.SIZE, _size, phrase=("has a size of {}",), takes=STRINGS),
    Operator(
        "sha256",
        "Has this SHA-256, in hexadecimal.",
        Argument.NAME,
        _sha256,
        phrase=("has the SHA-256 {}",),
        takes=BYTES,
    ),
)
