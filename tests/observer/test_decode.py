from __future__ import annotations

from typing import Any

import pytest

from engine.model.boundary import OpaqueValue
from engine.model.wire_bytes import TruncatedBytes
from engine.observer.decode import decode


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ({}, {}),
        ({"a": [1, True, "b", 1.5, None]}, {"a": [1, True, "b", 1.5, None]}),
        ({"$b": "a\u00ff"}, b"a\xff"),
        ({"$t": [{"$b": ""}, [{"$t": []}]]}, (b"", [()])),
        ({"$blob": [5000, "ab", "\u00fe"]}, TruncatedBytes(5000, "ab", b"\xfe")),
        ({"$o": "Code", "repr": "<Code>", "value": {"$b": "x"}}, OpaqueValue("Code", "<Code>", b"x")),
        ({"$o": "Code", "repr": "<Code>"}, OpaqueValue("Code", "<Code>", None)),
        ({"$d": [[{"$b": "k"}, 1], [{"$t": [1]}, 2], ["$b", 3]], "class": "dict"}, {b"k": 1, (1,): 2, "$b": 3}),
        ({"a": 1, "$b": "no tag, since it is not first"}, {"a": 1, "$b": "no tag, since it is not first"}),
    ],
)
def test_values(value: Any, expected: Any) -> None:
    assert decode(value) == expected


def test_a_key_that_cannot_be_hashed_becomes_text() -> None:
    odd = {"$o": "Key", "repr": "key", "value": [1]}
    assert decode({"$d": [[odd, 1]], "class": "dict"}) == {repr(OpaqueValue("Key", "key", [1])): 1}


@pytest.mark.parametrize(
    "value", [{"$x": 1}, {"$b": 7}, {"$b": "\u0100"}, {"$blob": [1]}, {"$t": None}, {"$o": "A"}, {"$d": [1]}]
)
def test_a_tag_that_is_none_of_ours(value: Any) -> None:
    with pytest.raises(ValueError, match=r"tag"):
        decode({"inside": [value]})
