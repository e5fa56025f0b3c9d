from __future__ import annotations

from engine.model.expectation import ABSENT
from engine.steps.shared.implicit_failures import ImplicitFailure
from engine.steps.stream.facts import ReadFacts


def test_it_is_wrong_whatever_is_named() -> None:
    one = ImplicitFailure("read", "to read 3 B", b"ab", "received 2 B", ReadFacts(b"ab", b"sent"))
    (mismatch,) = one.implicit_failures(frozenset({"bytes"}))
    assert (mismatch.where, mismatch.expected, mismatch.actual, mismatch.why) == (
        "read", "to read 3 B", b"ab", "received 2 B",
    )  # fmt: skip
    assert (one.fact("bytes"), one.fact("other"), one.sent) == (b"ab", ABSENT, b"sent")
