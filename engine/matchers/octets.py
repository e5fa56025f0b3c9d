"""Operators for bytes."""

from __future__ import annotations

import hashlib

from engine.matchers.base import STRINGS, Argument, Operator, Question
from engine.matchers.matching import render, same
from engine.model.expectation import Mismatch
from engine.model.showing import shown
from engine.model.wire_bytes import TruncatedBytes, WireBytes

BYTES = frozenset({"bytes"})


def _compare(question: Question, wanted: bytes, phrase: str) -> Mismatch | None:
    observed = question.observed
    if same(observed, wanted):
        return None
    if not isinstance(observed, (bytes, TruncatedBytes)):
        return question.differs(phrase, "it is not bytes")
    size = observed.size if isinstance(observed, TruncatedBytes) else len(observed)
    if size != len(wanted):
        return question.differs(phrase, f"{size} B against {len(wanted)} B expected")
    if isinstance(observed, bytes):
        at = next(i for i, (one, other) in enumerate(zip(observed, wanted, strict=True)) if one != other)
        return question.differs(phrase, f"the first difference is at byte {at}")
    return question.differs(phrase, "the digests differ")


def _bytes(question: Question) -> Mismatch | None:
    wanted = render(question.argument, question.situation)
    if not isinstance(wanted, bytes):
        wanted = str(wanted).encode()
    return _compare(question, wanted, f"is {shown(WireBytes(wanted))}")


def _sent(question: Question) -> Mismatch | None:
    sent = question.situation.sent
    if sent is None:
        return question.differs("is what this step sent", "this step sent nothing that can be compared")
    observed = question.observed
    if isinstance(observed, str):
        observed = WireBytes(observed.encode())
    mismatch = _compare(
        Question(observed, None, question.situation, question.match, question.place), sent, "is what this step sent"
    )
    if question.argument:
        return mismatch
    return question.differs("is not what this step sent") if mismatch is None else None


def _size(question: Question) -> Mismatch | None:
    wanted = render(question.argument, question.situation)
    observed = question.observed
    if isinstance(observed, TruncatedBytes):
        size = observed.size
    elif isinstance(observed, (bytes, str)):
        size = len(observed if isinstance(observed, bytes) else observed.encode())
    else:
        return question.differs(f"has a size of {wanted} B", "it is neither bytes nor text")
    return None if size == wanted else question.differs(f"has a size of {wanted} B", f"it has {size} B")


def _sha256(question: Question) -> Mismatch | None:
    wanted = str(render(question.argument, question.situation)).lower()
    observed = question.observed
    if isinstance(observed, TruncatedBytes):
        digest = observed.sha256
    elif isinstance(observed, bytes):
        digest = hashlib.sha256(observed).hexdigest()
    else:
        return question.differs(f"has the SHA-256 {wanted}", "it is not bytes")
    return None if digest == wanted else question.differs(f"has the SHA-256 {wanted}", f"its SHA-256 is {digest}")


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
