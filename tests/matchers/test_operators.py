"""Every operator once where it holds, and once where it does not."""

from __future__ import annotations

from typing import Any

import pytest

from engine.model.boundary import OpaqueValue
from engine.model.wire_bytes import TruncatedBytes, WireBytes
from tests.matchers.helpers import OPERATORS, check

HELLO = TruncatedBytes(5, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", b"hel")

HOLDS: list[tuple[object, Any]] = [
    (1, {"equals": 1}),
    ({"a": [1, {"b": None}]}, {"equals": {"a": [1, {"b": None}]}}),
    (1, {"not": 2}),
    (1, {"any_of": [2, 1]}),
    ([1, 2], {"all_of": [{"some": 1}, {"some": 2}]}),
    (None, {"present": True}),
    ("a", {"type": "text"}),
    (b"a", {"type": "bytes"}),
    (HELLO, {"type": "bytes"}),
    (1, {"type": "integer"}),
    (1, {"type": "number"}),
    (1.5, {"type": "number"}),
    (True, {"type": "boolean"}),
    (None, {"type": "null"}),
    ((1,), {"type": "list"}),
    ({}, {"type": "object"}),
    ({}, {"python": "dict"}),
    (OpaqueValue("Headers", "Headers()"), {"python": "Headers"}),
    (5, {"at_least": 5}),
    (5, {"at_most": 5}),
    (5, {"more_than": 4.5}),
    (5, {"less_than": 6}),
    ("abc", {"contains": "b"}),
    (WireBytes(b"a\xc3\xbcc"), {"contains": "ü"}),
    (HELLO, {"starts_with": "he"}),
    ("abc", {"starts_with": "ab"}),
    ("abc", {"ends_with": "bc"}),
    ("Keep-Alive", {"same_text": "keep-alive"}),
    ("a1", {"matches": "[a-z][0-9]"}),
    (b"a1", {"matches": "[a-z][0-9]"}),
    ("abc", {"length": 3}),
    (HELLO, {"length": 5}),
    ([], {"length": {"at_most": 0}}),
    ("Sun, 06 Nov 1994 08:49:37 GMT", {"is": "http-date"}),
    ("::1", {"is": "ip-address"}),
    ("[1]", {"is": "json"}),
    (b"x-a", {"is": "lower-case"}),
    ("-12", {"is": "integer"}),
    ("x-a!", {"is": "token"}),
    (b"a", {"bytes": "a"}),
    (HELLO, {"bytes": "hello"}),
    (WireBytes(b"abc"), {"size": 3}),
    (3, {"size_of": "abc"}),
    ("3", {"size_of": "abc"}),
    (b"2", {"size_of": "\u00e9"}),
    (1000, {"near": {"to": 1001, "within": 1}}),
    ("Sun, 06 Nov 1994 08:49:37 GMT", {"later_than": "Sun, 06 Nov 1994 08:49:36 GMT"}),
    ("1994-11-06T08:49:37Z", {"earlier_than": "Sun, 06 Nov 1994 08:49:38 GMT"}),
    (WireBytes(b"hello"), {"sha256": HELLO.sha256}),
    ([1, 2], {"some": 2}),
    ([1, 1], {"each": 1}),
    ([], {"none": 1}),
    ([1, 2], {"first": 1}),
    ([1, 2], {"last": 2}),
    ([1, 2], {"items": [1, 2]}),
    ([1, 9, 2], {"in_order": [1, 2]}),
    ([2, 1], {"any_order": [1, 2]}),
    ([1, 2], {"any_order": [{"at_least": 1}, 1]}),
    ([1, 2], {"unique": True}),
    ([1, 1], {"unique": False}),
    ([1, 2], {"ordered": True}),
    ([2, 1], {"ordered": False}),
    ({"a": 1, "b": 2}, {"fields": {"a": 1, "c": {"present": False}}}),
    ({"a": 1}, {"keys": ["a"]}),
    ({"a": 1}, {"keys": {"none": "b"}}),
]

FAILS: list[tuple[object, Any]] = [
    (1, {"equals": 2}),
    ({"a": 1, "b": 2}, {"equals": {"a": 1}}),
    (1, {"not": 1}),
    (1, {"any_of": [2, 3]}),
    ([1], {"all_of": [{"some": 1}, {"some": 2}]}),
    (None, {"present": False}),
    (b"a", {"type": "text"}),
    (True, {"type": "integer"}),
    (True, {"type": "number"}),
    (1.5, {"type": "integer"}),
    (OpaqueValue("Text", "'a'", "a"), {"type": "text"}),
    (OpaqueValue("Headers", "Headers()"), {"python": "dict"}),
    (True, {"python": "int"}),
    (4, {"at_least": 5}),
    ("5", {"at_least": 5}),
    (True, {"at_least": 0}),
    (6, {"at_most": 5}),
    (5, {"more_than": 5}),
    (5, {"less_than": 5}),
    ("abc", {"contains": "x"}),
    (1, {"contains": "1"}),
    (HELLO, {"contains": "ll"}),
    ("abc", {"starts_with": "b"}),
    ("abc", {"ends_with": "b"}),
    ("close", {"same_text": "keep-alive"}),
    ("a12", {"matches": "[a-z][0-9]"}),
    ("abc", {"length": 4}),
    (5, {"length": 1}),
    ("Mon, 06 Nov 1994 08:49:37 GMT", {"is": "http-date"}),
    ("Sunday, 06-Nov-94 08:49:37 GMT", {"is": "http-date"}),
    ("localhost", {"is": "ip-address"}),
    ("{", {"is": "json"}),
    ("X-a", {"is": "lower-case"}),
    ("1.0", {"is": "integer"}),
    ("a b", {"is": "token"}),
    ("", {"is": "token"}),
    ("a", {"bytes": "a"}),
    (b"ab", {"bytes": "aa"}),
    (HELLO, {"bytes": "hell0"}),
    (WireBytes(b"abc"), {"size": 4}),
    (4, {"size_of": "abc"}),
    ("+3", {"size_of": "abc"}),
    (1000, {"near": {"to": 1002, "within": 1}}),
    ("Sun, 06 Nov 1994 08:49:37 GMT", {"later_than": "Sun, 06 Nov 1994 08:49:37 GMT"}),
    ("Sun, 06 Nov 1994 08:49:37 GMT", {"earlier_than": "Sun, 06 Nov 1994 08:49:37 GMT"}),
    (WireBytes(b"hellO"), {"sha256": HELLO.sha256}),
    ([1, 2], {"some": 3}),
    ([], {"some": 3}),
    ([1, 2], {"each": 1}),
    ([], {"each": 1}),
    ([1], {"none": 1}),
    ([], {"first": 1}),
    ([1, 2], {"last": 1}),
    ([1, 2, 3], {"items": [1, 2]}),
    ([1], {"items": [1, 2]}),
    ([2, 1], {"in_order": [1, 2]}),
    ([1, 1], {"any_order": [1, 2]}),
    ([1, 2, 3], {"any_order": [1, 2]}),
    ([1, 1], {"unique": True}),
    ([2, 1], {"ordered": True}),
    ("ab", {"some": "a"}),
    ({"a": 1}, {"fields": {"a": 2}}),
    ([], {"fields": {}}),
    ({"a": 1, "b": 1}, {"keys": ["a"]}),
]


@pytest.mark.parametrize(("observed", "expected"), HOLDS)
def test_holds(observed: object, expected: Any) -> None:
    assert check(observed, expected) is None


@pytest.mark.parametrize(("observed", "expected"), FAILS)
def test_fails(observed: object, expected: Any) -> None:
    mismatch = check(observed, expected)
    assert mismatch is not None
    assert mismatch.where.startswith("it")
    assert mismatch.expected


def test_sent_compares_with_what_the_step_sent() -> None:
    assert check(WireBytes(b"abc"), {"sent": True}, sent=b"abc") is None
    assert check("abc", {"sent": True}, sent=b"abc") is None
    assert check(WireBytes(b"abd"), {"sent": True}, sent=b"abc") is not None
    assert check(WireBytes(b"abc"), {"sent": False}, sent=b"abc") is not None
    assert check(WireBytes(b"abc"), {"sent": True}) is not None


def test_every_operator_is_tried_both_ways() -> None:
    elsewhere = {"var", "sent"}
    for table in (HOLDS, FAILS):
        tried = {name for _, expected in table for name in expected}
        assert set(OPERATORS) - tried == elsewhere
