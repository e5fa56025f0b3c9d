from __future__ import annotations

from engine.model.expectation import ABSENT
from engine.steps.shared.implicit_failures import ImplicitFailure


def test_it_is_wrong_whatever_is_named() -> None:
    one = ImplicitFailure("read", "comes to 3 B", b"ab", "2 B came", {"bytes": b"ab"}, b"sent")
    (mismatch,) = one.implicit_failures(frozenset({"bytes"}))
    assert (mismatch.where, mismatch.expected, mismatch.actual, mismatch.why) == (
        "read", "comes to 3 B", b"ab", "2 B came",
    )  # fmt: skip
    assert (one.fact("bytes"), one.fact("other"), one.sent) == (b"ab", ABSENT, b"sent")
