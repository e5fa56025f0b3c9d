from __future__ import annotations

import hashlib
import json
from collections import namedtuple
from enum import IntEnum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.boundary import OpaqueValue
from engine.model.wire_bytes import TruncatedBytes
from engine.observer.decode import decode
from engine.observer.inside import tagged


def there_and_back(value: object) -> Any:
    return decode(json.loads(tagged.encode(value)))


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.text(st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF) | st.characters(categories=["Cc"]))
    | st.binary()
)
keys = st.text() | st.sampled_from(["$b", "$t", "$d", "$o", "$blob", "$"]) | st.integers(0, 9) | st.binary()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(keys, inner),
    max_leaves=20,
)


def exact(one: Any, two: Any) -> bool:
    """Equal, and of the same classes at every depth."""
    if type(one) is not type(two) or one != two:
        return False
    if isinstance(one, dict):
        return list(one) == list(two) and all(exact(one[key], two[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return all(exact(a, b) for a, b in zip(one, two, strict=True))
    return True


@given(values)
def test_what_asgi_allows_comes_back_as_it_was(value: object) -> None:
    assert exact(there_and_back(value), value)


@given(values)
def test_the_players_own_decoder_agrees(value: object) -> None:
    assert exact(tagged.decode(json.loads(tagged.encode(value))), value)


@given(values)
def test_the_text_is_one_line_of_ascii(value: object) -> None:
    text = tagged.encode(value)
    assert text.isascii()
    assert "\n" not in text


@pytest.mark.parametrize("size", [tagged.LONG, tagged.LONG + 1, 100_000])
def test_long_bytes_are_kept_as_size_digest_and_head(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"\xff" * (size % 256)
    seen = there_and_back({"body": data})["body"]
    if size > tagged.LONG:
        assert seen == TruncatedBytes(size, hashlib.sha256(data).hexdigest(), data[: tagged.HEAD])
        assert seen.same_as(data)
    else:
        assert seen == data


class Headers(list[Any]):
    pass


class Lower(str):
    def __str__(self) -> str:
        return "somebody else's text"


class Code(IntEnum):
    NORMAL = 1000


class Broken:
    def __repr__(self) -> str:
        raise LookupError("no")


class Pretender:
    """Says that it is text, as proxies do."""

    def __getattribute__(self, name: str) -> Any:
        return str if name == "__class__" else super().__getattribute__(name)

    def __repr__(self) -> str:
        return "pretender"


Pair = namedtuple("Pair", "name value")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Headers([(b"a", b"b")]), OpaqueValue("Headers", "[(b'a', b'b')]", [(b"a", b"b")])),
        (Lower("x"), OpaqueValue("Lower", "'x'", "x")),
        (Code.NORMAL, OpaqueValue("Code", "<Code.NORMAL: 1000>", 1000)),
        (Pair(b"a", 1), OpaqueValue("Pair", "Pair(name=b'a', value=1)", (b"a", 1))),
        (bytearray(b"xy"), OpaqueValue("bytearray", "bytearray(b'xy')", b"xy")),
        (MappingProxyType({"a": 1}), OpaqueValue("mappingproxy", "mappingproxy({'a': 1})", {"a": 1})),
        (2**63, OpaqueValue("int", "9223372036854775808")),
        (float("nan"), OpaqueValue("float", "nan")),
        (float("-inf"), OpaqueValue("float", "-inf")),
        ({1}, OpaqueValue("set", "{1}")),
        (Broken(), OpaqueValue("Broken", "<Broken, whose repr raises LookupError>")),
        (Pretender(), OpaqueValue("Pretender", "pretender")),
        (10**5000, OpaqueValue("int", "<int, whose repr raises ValueError>")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_classes_are_named(value: object, expected: OpaqueValue) -> None:
    assert there_and_back(value) == expected


def test_memoryview_has_its_bytes() -> None:
    seen = there_and_back(memoryview(b"xy"))
    assert (seen.cls, seen.value) == ("memoryview", b"xy")


def test_a_repr_is_cut() -> None:
    class Long:
        def __repr__(self) -> str:
            return "x" * 1000

    assert there_and_back(Long()).text == "x" * tagged.SHOWN


def test_a_value_that_contains_itself_ends() -> None:
    value: dict[str, Any] = {"a": 1}
    value["self"] = value
    seen = there_and_back(value)
    for _ in range(tagged.DEPTH - 1):
        seen = seen["self"]
    assert seen["a"] == 1
    assert isinstance(seen["self"], OpaqueValue)


def test_a_huge_container_is_not_kept() -> None:
    seen = there_and_back({"few": [1], "many": list(range(tagged.ITEMS + 1))})
    assert seen["few"] == [1]
    assert seen["many"].text == f"<list of {tagged.ITEMS + 1} items, not kept>"


def test_encoding_never_raises() -> None:
    class Hostile(dict[str, Any]):
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError("no")

    hostile = Hostile(a=1)
    assert there_and_back(hostile).value == {"a": 1}
    released = memoryview(b"x")
    released.release()
    assert there_and_back(released).cls == "memoryview"


def test_caches_stay_bounded() -> None:
    for number in range(5000):
        assert there_and_back({f"key-{number}": str(number).encode()}) == {f"key-{number}": str(number).encode()}
    assert len(tagged._texts) <= 2048
    assert len(tagged._keys) <= 2048


def test_a_script_with_an_unknown_tag_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\$x"):
        tagged.decode({"$x": 1})


def test_a_mapping_is_encoded_with_more_members() -> None:
    class Environ(dict[str, str]):
        pass

    assert there_and_back_of(tagged.encode_with({"a": b"x"}, {"type": "wsgi"})) == {"type": "wsgi", "a": b"x"}
    found = there_and_back_of(tagged.encode_with(Environ(a="x"), {"type": "wsgi"}))
    assert (found.cls, found.value) == ("Environ", {"type": "wsgi", "a": "x"})
    assert there_and_back_of(tagged.encode_with(None, {"type": "wsgi"})) is None


def there_and_back_of(text: str) -> Any:
    return decode(json.loads(text))
