"""Byte literals, rendered."""

from __future__ import annotations

import zlib

import pytest

from engine.model.variables import Unknown, Variable
from engine.model.wire_bytes import ByteString, ByteStringPart, plain


def render(word: str, argument: object, **known: object) -> bytes:
    return ByteString((ByteStringPart(word, argument),)).render(known)


@pytest.mark.parametrize(
    ("word", "argument", "expected"),
    [
        ("text", "ü$(a)", b"\xc3\xbc1"),
        ("text", "$$(a)", b"$(a)"),
        ("latin1", "\u00e9", b"\xe9"),
        ("hex", "00 ff", b"\x00\xff"),
        ("base64", "AP8=", b"\x00\xff"),
        ("json", {"a": ["ü", None, True]}, '{"a": ["ü", null, true]}'.encode()),
        ("form", {"a": "1 2", "b": "ü"}, b"a=1+2&b=%C3%BC"),
        ("head", "GET / HTTP/1.1\nHost: a\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("lines", "a\nb", b"a\r\nb\r\n"),
        ("fill", {"of": plain("ab"), "size": 5}, b"ababa"),
        ("times", {"of": plain("ab"), "count": 3}, b"ababab"),
        ("chunked", {"pieces": (plain("hello"), plain("w"))}, b"5\r\nhello\r\n1\r\nw\r\n0\r\n\r\n"),
        ("var", Variable("a"), b"1"),
    ],
)
def test_notation(word: str, argument: object, expected: bytes) -> None:
    assert render(word, argument, a=1) == expected


def test_parts_stand_in_a_row() -> None:
    assert ByteString((ByteStringPart("text", "a"), ByteStringPart("hex", "00"))).render({}) == b"a\x00"


def test_random_is_the_same_each_time() -> None:
    one = render("random", {"size": 1000, "seed": 1})
    assert one == render("random", {"size": 1000, "seed": 1})
    assert one != render("random", {"size": 1000, "seed": 2})
    assert len(one) == 1000


def test_deflated_is_what_rfc_7692_puts_into_a_frame() -> None:
    data = render("deflated", {"of": plain("hello")})
    assert zlib.decompressobj(wbits=-15).decompress(data + b"\x00\x00\xff\xff") == b"hello"


def test_deflated_refers_to_the_messages_before_it() -> None:
    text = b"a text that is long enough to be referred to"
    later = render("deflated", {"of": plain(text.decode()), "after": (plain("x"), plain(text.decode()))})
    assert len(later) < 10
    stream = zlib.decompressobj(wbits=-15)
    for earlier in (b"x", text):
        packer = zlib.compressobj(wbits=-15)
        stream.decompress(packer.compress(earlier) + packer.flush(zlib.Z_SYNC_FLUSH))
    assert stream.decompress(later + b"\x00\x00\xff\xff") == text


def test_deflated_keeps_to_its_window() -> None:
    far = ByteString((ByteStringPart("random", {"size": 600, "seed": 1}),) * 2)
    narrow = render("deflated", {"of": far, "window_bits": 9})
    assert len(render("deflated", {"of": far})) < 700 < len(narrow)
    assert len(zlib.decompressobj(wbits=-9).decompress(narrow + b"\x00\x00\xff\xff")) == 1200


def test_deflated_may_store_and_may_end() -> None:
    assert render("deflated", {"of": plain("hello"), "level": 0}) == b"\x00\x05\x00\xfa\xffhello\x00"
    stream = zlib.decompressobj(wbits=-15)
    assert stream.decompress(render("deflated", {"of": plain("hello"), "final": True})) == b"hello"
    assert (stream.eof, stream.unused_data) == (True, b"\0")


@pytest.mark.parametrize(
    ("option", "what"),
    [({"window_bits": 8}, "window_bits is 8"), ({"window_bits": 16}, "9 to 15"), ({"level": 10}, "level is 10")],
)
def test_options_of_deflated_have_bounds(option: dict[str, object], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        render("deflated", {"of": plain("x"), **option})


def test_an_unknown_variable_is_said() -> None:
    with pytest.raises(Unknown, match="nowhere"):
        render("text", "$(nowhere)")


def test_a_size_from_a_variable_must_be_a_number() -> None:
    with pytest.raises(ValueError, match="whole number"):
        render("fill", {"of": plain("a"), "size": Variable("a")}, a="5")
