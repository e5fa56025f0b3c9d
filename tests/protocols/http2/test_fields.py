"""Field sections: each representation decodes to the same field, and an independent decoder agrees."""

from __future__ import annotations

import pytest
from hpack import Decoder
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.variables import WrongValue
from engine.protocols.http2.fields import (
    INCREMENTAL,
    INDEXED,
    NEVER,
    PLAIN,
    Field,
    FieldDecoder,
    FieldEncoder,
    faults,
)

NAMES = st.sampled_from([b":method", b":path", b"x-a", b"cookie", b"accept-encoding"]) | st.binary(min_size=1)
FIELDS = st.builds(
    Field, NAMES, st.binary(), st.sampled_from([PLAIN, INCREMENTAL, NEVER]), st.booleans(), st.booleans()
)


@settings(max_examples=30)
@given(st.lists(st.lists(FIELDS, max_size=6), max_size=5))
def test_what_is_encoded_is_decoded(sections: list[list[Field]]) -> None:
    encoder, ours, theirs = FieldEncoder(), FieldDecoder(), Decoder()
    for fields in sections:
        data = encoder.section(fields)
        expected = [(one.name, one.value) for one in fields]
        assert ours.decode(data) == expected
        assert [(bytes(name), bytes(value)) for name, value in theirs.decode(data, raw=True)] == expected


@pytest.mark.parametrize(
    ("field", "data"),
    [
        # RFC 7541, appendix C.2
        (Field(b"custom-key", b"custom-header", INCREMENTAL), "400a637573746f6d2d6b65790d637573746f6d2d686561646572"),
        (Field(b":path", b"/sample/path", PLAIN), "040c2f73616d706c652f70617468"),
        (Field(b"password", b"secret", NEVER), "100870617373776f726406736563726574"),
        (Field(b":method", b"GET", INDEXED), "82"),
        # Appendix C.4.1
        (Field(b":authority", b"www.example.com", INCREMENTAL, huffman=True), "418cf1e3c2e5f23a6ba0ab90f4ff"),
    ],
)
def test_the_examples_of_the_standard(field: Field, data: str) -> None:
    assert FieldEncoder().section([field]).hex() == data


def test_a_field_in_the_table_can_be_indexed() -> None:
    encoder, decoder = FieldEncoder(), FieldDecoder()
    decoder.decode(encoder.section([Field(b"x-a", b"1", INCREMENTAL)]))
    data = encoder.section([Field(b"x-a", b"1", INDEXED)])
    assert data.hex() == "be"
    assert decoder.decode(data) == [(b"x-a", b"1")]
    with pytest.raises(WrongValue, match="no table has the field 'x-a: 2'"):
        encoder.section([Field(b"x-a", b"2", INDEXED)])


def test_a_first_section_that_was_seen_before_fills_the_table_as_well() -> None:
    for _ in range(3):
        encoder, decoder = FieldEncoder(), FieldDecoder()
        first = encoder.section([Field(b"x-a", b"1", INCREMENTAL)])
        assert decoder.decode(first) == [(b"x-a", b"1")]
        assert decoder.decode(encoder.section([Field(b"x-a", b"1", INDEXED)])) == [(b"x-a", b"1")]


def test_a_table_that_grows_behind_the_first_section_keeps_its_fields() -> None:
    encoder, decoder = FieldEncoder(), FieldDecoder()
    decoder.decode(encoder.section([Field(b"x-a", b"1", INCREMENTAL)]))
    decoder.allow(8192)
    assert decoder.decode(encoder.section([Field(b"x-a", b"1", INDEXED)], [8192])) == [(b"x-a", b"1")]


@given(st.lists(st.tuples(NAMES, st.binary(max_size=200)), max_size=8), st.booleans())
def test_plain_fields_are_the_same_with_and_without_the_cache(pairs: list[tuple[bytes, bytes]], filled: bool) -> None:
    ours, theirs = FieldEncoder(), FieldEncoder()
    for one in (ours, theirs) if filled else ():
        one.section([Field(b"x-a", b"1", INCREMENTAL)])
    fields = [Field(name, value, NEVER if name == b"cookie" else PLAIN) for name, value in pairs]
    plain = ours.plain(pairs, b"cookie")
    assert FieldDecoder().decode(plain) == pairs if not filled else plain == theirs.section(fields)


def test_a_table_of_size_0_forgets_its_fields() -> None:
    encoder, decoder = FieldEncoder(), FieldDecoder()
    decoder.decode(encoder.section([Field(b"x-a", b"1", INCREMENTAL)]))
    data = encoder.section([Field(b":method", b"GET", INDEXED)], [0, 4096])
    assert data.hex() == "203fe11f82"
    assert decoder.decode(data) == [(b":method", b"GET")]
    with pytest.raises(WrongValue):
        encoder.section([Field(b"x-a", b"1", INDEXED)])


@settings(max_examples=50)
@given(st.binary(max_size=60))
def test_malformed_sections_are_noted_and_the_table_is_lost(data: bytes) -> None:
    decoder = FieldDecoder()
    fields = decoder.decode(data)
    if decoder.broken:
        assert fields == []
        assert "RFC 7541" in decoder.broken
        assert decoder.decode(b"\x82") == []


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ([], "no :status"),
        ([(b":status", b"200"), (b":status", b"204")], "2 :status"),
        ([(b":status", b"20")], ":status is b'20'"),
        ([(b"a", b"1"), (b":status", b"200")], ":status comes after a regular field"),
        ([(b":status", b"200"), (b":path", b"/")], "a response has the pseudo-header field :path"),
        ([(b":status", b"200"), (b"X-A", b"1")], "upper-case"),
        ([(b":status", b"200"), (b"x a", b"1")], "invalid byte"),
        ([(b":status", b"200"), (b"x-a", b" 1")], "the value of x-a is invalid"),
        ([(b":status", b"200"), (b"x-a", b"1\n2")], "the value of x-a is invalid"),
        ([(b":status", b"200"), (b"connection", b"close")], "connection is a field of a connection"),
    ],
)
def test_the_rules_that_a_response_breaks(fields: list[tuple[bytes, bytes]], rule: str) -> None:
    (fault,) = faults(fields, trailers=False)
    assert rule in fault


def test_trailers_have_no_pseudo_fields() -> None:
    assert faults([(b"x-a", b"1")], trailers=True) == []
    assert "trailers have the pseudo-header field :status" in faults([(b":status", b"200")], trailers=True)[0]
