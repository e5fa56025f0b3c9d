"""The sentence of a mismatch, for every form of operator."""

from __future__ import annotations

from typing import Any

import pytest

from engine.model.expectation import ABSENT
from engine.model.phrasing import Seconds, Size, sentence
from engine.model.wire_bytes import WireBytes
from tests.matchers.helpers import OPERATORS, check
from tests.matchers.test_operators import FAILS

SENTENCES: list[tuple[object, Any, str]] = [
    (404, 400, "expected it 400, got 404"),
    (True, False, "expected it to be false, got true"),
    (ABSENT, "a", "expected it 'a', got none"),
    (400, {"not": 400}, "expected it other than 400, got 400"),
    ("abc", {"not": {"contains": "b"}}, "expected it not to contain 'b', got 'abc'"),
    ("abc", {"not": {"matches": "a.*"}}, "expected it not to match 'a.*', got 'abc'"),
    (500, {"any_of": [200, 204, 206]}, "expected it 200, 204 or 206, got 500"),
    (1, {"any_of": [{"contains": "a"}, 2]}, "expected it to contain 'a' or to be 2, got 1"),
    ("x", {"present": False}, "expected it to be absent, got 'x'"),
    (ABSENT, {"present": True}, "expected it to be present, got none"),
    ("x", {"type": "integer"}, "expected it to be of type integer, got 'x'"),
    (2.314, {"less_than": Seconds(2.0)}, "expected it below 2 s, got 2.31 s"),
    (20 << 20, {"at_most": Size(16 << 20)}, "expected it at most 16 MiB, got 20 MiB"),
    (0.3, Seconds(0.2), "expected it 200 ms, got 300 ms"),
    ("abc", {"contains": "x"}, "expected it to contain 'x', got 'abc'"),
    ("a12", {"matches": "[a-z][0-9]"}, "expected it to match '[a-z][0-9]', got 'a12'"),
    ("abc", {"length": {"at_least": 4}}, "expected it.length at least 4, got 3"),
    (WireBytes(b"abc"), {"size": 65536}, "expected it to have a size of 64 KiB, got 3 B"),
    (ABSENT, {"is": "http-date"}, "expected it to be an HTTP date, got none"),
    (b"a", {"bytes": "b"}, "expected it bytes 'b', got bytes 'a'"),
    (7, {"size_of": "hello"}, "expected it to be 5, the size of the given bytes, got 7"),
    (7, {"near": {"to": 9, "within": 1}}, "expected it to be within 1 of 9, got 7"),
    (7, {"later_than": 9}, "expected it to be later than 9, got 7"),
    (7, {"earlier_than": "now"}, "expected it to be earlier than now, got 7"),
    ([1, 2], {"some": {"at_least": 3}}, "expected it to have an item that is at least 3, got [1, 2]"),
    ([1, 2], {"none": 2}, "expected it[1] other than 2, got 2"),
    ([1], {"items": [1, 2]}, "expected it to have 2 items, got [1]"),
    ({"a": 1}, {"fields": {"a": 2}}, "expected it.a 2, got 1"),
]  # fmt: skip


@pytest.mark.parametrize(("observed", "expected", "text"), SENTENCES)
def test_sentences(observed: object, expected: Any, text: str) -> None:
    mismatch = check(observed, expected)
    assert mismatch is not None
    assert sentence(mismatch) == text


@pytest.mark.parametrize(("observed", "expected"), [one for one in FAILS if "present" not in one[1]])
def test_every_operator_says_what_it_requires_of_an_absent_value(observed: object, expected: Any) -> None:
    mismatch = check(ABSENT, expected)
    assert mismatch is not None
    text = sentence(mismatch)
    assert text.startswith("expected it ")
    assert text.endswith(", got none")
    assert "{}" not in text


def test_an_amount_that_is_rounded_to_its_bound_is_given_exactly() -> None:
    mismatch = check(2.0004, {"at_most": Seconds(2.0)})
    assert mismatch is not None
    assert (sentence(mismatch), mismatch.why) == ("expected it at most 2 s, got 2 s", "exactly 2.0004")


def test_the_sentences_cover_every_form_of_argument() -> None:
    used = {name for _, expected, _ in SENTENCES if isinstance(expected, dict) for name in expected}
    missing = {operator.argument for operator in OPERATORS.values()} - {OPERATORS[name].argument for name in used}
    assert {one.value for one in missing} <= {"literal", "name", "variable"}, "write a sentence of this form above"
