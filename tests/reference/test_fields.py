from __future__ import annotations

from typing import Any

import pytest

from engine.reference.fields import Fields, checked, fields_of, has, without
from engine.reference.violations import Violation


def fields(given: Any, remarks: list[str] | None = None) -> Fields:
    return fields_of(
        {"type": "http.response.start", "headers": given}, lambda clause, what: (remarks or []).append(clause)
    )


def test_any_iterable_of_pairs() -> None:
    pairs = [(b"a", b"1"), (b"b", b""), (b"a", b"\xe9 \t2")]
    assert fields(pairs) == fields(tuple(map(list, pairs))) == fields(pair for pair in pairs) == pairs
    assert fields_of({"type": "http.response.start"}, lambda clause, what: None) == []


def test_capitals_are_remarked_on() -> None:
    remarks: list[str] = ["before"]
    assert fields([(b"X-A", b"1")], remarks) == [(b"X-A", b"1")]
    assert remarks == ["before", "FW-04"]


@pytest.mark.parametrize(
    ("given", "clause"),
    [
        ("x: 1", "CORE-15"),
        (b"x: 1", "CORE-15"),
        ({b"x": b"1"}, "CORE-15"),
        (None, "CORE-15"),
        (5, "CORE-15"),
        ([b"ab"], "CORE-15"),
        ([5], "CORE-15"),
        ([("x", b"1")], "CORE-15"),
        ([(b"x", "1")], "CORE-15"),
        ([(b"x", b"1", b"2")], "CORE-15"),
        ([(b"x",)], "CORE-15"),
        ([(b"", b"1")], "RESP-22"),
        ([(b":status", b"200")], "RESP-22"),
        ([(b"x: 1\r\ny", b"1")], "RESP-22"),
        ([(b"x y", b"1")], "RESP-22"),
        ([(b"x", b"v\r\nx-injected: 1")], "RESP-21"),
        ([(b"x", b"a\nb")], "RESP-21"),
        ([(b"x", b"a\0b")], "RESP-21"),
        ([(b"x", b" 1")], "RESP-06"),
        ([(b"x", b"1\t")], "RESP-06"),
    ],
)
def test_what_is_no_field(given: Any, clause: str) -> None:
    with pytest.raises(Violation) as caught:
        fields(given)
    assert caught.value.clause == clause


def test_names_are_compared_without_their_case() -> None:
    found = [checked((b"Date", b"x")), checked((b"x-a", b"1"))]
    assert has(found, b"date")
    assert without(found, b"date") == [(b"x-a", b"1")]
