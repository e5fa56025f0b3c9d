from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.protocols.fastcgi import (
    ABORT_REQUEST,
    BEGIN_REQUEST,
    END_REQUEST,
    GET_VALUES,
    GET_VALUES_RESULT,
    KEEP_CONN,
    LONGEST,
    MANAGEMENT,
    PARAMS,
    ROLES,
    STDERR,
    STDIN,
    STDOUT,
    STREAMS,
    TYPES,
    UNKNOWN_TYPE,
    FastcgiRecord,
    MalformedRecord,
    RecordReader,
    begin_body,
    decode,
    decode_end,
    decode_pairs,
    encode,
    encode_length,
    encode_pairs,
    end_body,
    in_words,
    role_and_flags,
    stream,
)


def records(reader: RecordReader) -> list[FastcgiRecord]:
    found = []
    while (one := reader.next()) is not None:
        found.append(one[0])
    return found


def one(data: bytes) -> FastcgiRecord:
    found = decode(data)
    assert isinstance(found, FastcgiRecord)
    return found


def test_a_record_is_laid_out_as_section_3_3_says() -> None:
    assert encode(STDIN, 258, b"abc", padding=5) == b"\x01\x05\x01\x02\x00\x03\x05\x00abc\x00\x00\x00\x00\x00"
    assert encode(BEGIN_REQUEST, 1, begin_body(ROLES["responder"], KEEP_CONN)) == (
        b"\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00"
    )
    assert encode(END_REQUEST, 1, end_body(938, 0))[8:] == b"\x00\x00\x03\xaa\x00\x00\x00\x00"


def test_the_specification_s_first_example() -> None:
    pairs = [(b"SERVER_PORT", b"80"), (b"SERVER_ADDR", b"199.170.183.42")]
    data = b"\013\002SERVER_PORT80\013\016SERVER_ADDR199.170.183.42"
    assert encode_pairs(pairs) == data
    assert decode_pairs(data) == (pairs, b"")


def test_records_come_out_whole_byte_by_byte_and_with_trailing_data() -> None:
    data = encode(STDOUT, 1, b"hello", padding=3) + encode(STDOUT, 1) + encode(END_REQUEST, 1, end_body(0, 0))
    whole = RecordReader()
    whole.feed(data + b"\x01\x06")
    found = records(whole)
    assert [(record.name, record.content, record.padding) for record in found] == [
        ("stdout", b"hello", 3),
        ("stdout", b"", 0),
        ("end_request", end_body(0, 0), 0),
    ]
    assert [record.ends for record in found] == [False, True, False]
    assert whole.rest == b"\x01\x06"

    slow, slowly = RecordReader(), []
    for at in range(len(data)):
        slow.feed(data[at : at + 1])
        slowly += records(slow)
    assert slowly == found
    assert slow.rest == b""


def test_the_bytes_of_a_record_come_with_it() -> None:
    first, second = encode(STDERR, 2, b"oops", padding=4), encode(STDERR, 2)
    reader = RecordReader()
    reader.feed(first + second)
    found = reader.next()
    assert found is not None
    assert found[1] == first
    assert found[0].size == len(first)
    assert reader.rest == second


@given(
    type=st.integers(0, 255),
    id=st.integers(0, 65535),
    content=st.binary(max_size=LONGEST),
    padding=st.integers(0, 255),
    reserved=st.integers(0, 255),
)
def test_what_was_encoded_is_decoded(*, type: int, id: int, content: bytes, padding: int, reserved: int) -> None:
    data = encode(type, id, content, padding=padding, reserved=reserved)
    assert one(data + b"\x01after") == FastcgiRecord(type, id, content, padding, reserved)
    assert one(data).size == len(data)
    for end in (0, 1, 7, len(data) - 1):
        assert decode(data[:end]) in (8, len(data))


@given(st.binary(max_size=300))
def test_any_bytes_are_records_or_wait_for_more_or_are_none(data: bytes) -> None:
    reader = RecordReader()
    reader.feed(data)
    try:
        found = records(reader)
    except MalformedRecord:
        assert reader.rest[0] != 1
        return
    assert sum(record.size for record in found) + len(reader.rest) == len(data)


def test_what_is_no_record_is_said_at_its_first_byte() -> None:
    reader = RecordReader()
    reader.feed(encode(STDOUT, 1) + b"H")
    assert reader.next() is not None
    with pytest.raises(MalformedRecord, match="begins with b'H'"):
        reader.next()
    reader.feed(b"TTP/1.1 400 Bad Request\r\n")
    with pytest.raises(MalformedRecord, match="begins with b'HTTP"):
        reader.next()
    with pytest.raises(MalformedRecord):
        decode(encode(STDOUT, 1, version=2))


def test_lengths_that_are_only_claimed() -> None:
    short = encode(STDIN, 1, b"abc", claim_length=2)
    assert one(short).content == b"ab"
    assert decode(encode(STDIN, 1, b"abc", claim_length=100)) == 108
    assert decode(encode(STDIN, 1, b"abc", claim_padding=9)) == 20
    assert one(encode(STDIN, 1, b"abc", padding=4, claim_padding=0) + b"x").padding == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": 256}, "type is 256, and should be at most 255"),
        ({"id": 65536}, "id is 65536, and should be at most 65535"),
        ({"content": bytes(65536)}, "length is 65536"),
        ({"padding": 256}, "padding is 256"),
        ({"padding": 300, "claim_padding": 3}, "padding is 300"),
        ({"claim_length": -1}, "length is -1"),
        ({"version": 256}, "version is 256"),
        ({"reserved": 256}, "reserved is 256"),
    ],
)
def test_a_number_that_does_not_fit_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        encode(**{"type": 5, "id": 1, "content": b"", **changes})


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (encode(99, 1), "no record type 99"),
        (encode(BEGIN_REQUEST, 1, begin_body(1, 0)), "never by one"),
        (encode(PARAMS, 1), "never by one"),
        (encode(STDOUT, 0, b"x"), "the null request id"),
        (encode(END_REQUEST, 0, end_body(0, 0)), "the null request id"),
        (encode(GET_VALUES_RESULT, 1), "a management record, and has the request id 1"),
        (encode(UNKNOWN_TYPE, 3, bytes(8)), "a management record, and has the request id 3"),
        (encode(END_REQUEST, 1, bytes(5)), "a body of 5 B, not 8"),
        (encode(END_REQUEST, 1, end_body(0, 4)), "no protocol status 4"),
        (encode(UNKNOWN_TYPE, 0, b"\x63"), "a body of 1 B, not 8"),
        (encode(GET_VALUES_RESULT, 0, b"\x0f\x01FCGI_MPXS"), "in the middle of a name-value pair"),
    ],
)
def test_a_fault_is_said(data: bytes, fault: str) -> None:
    found = one(data).faults
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    "data",
    [
        encode(STDOUT, 1, b"x", padding=7),
        encode(STDERR, 65535),
        encode(END_REQUEST, 1, end_body(2**32 - 1, 3)),
        encode(UNKNOWN_TYPE, 0, b"\x63" + bytes(7)),
        encode(GET_VALUES_RESULT, 0, encode_pairs([(b"FCGI_MPXS_CONNS", b"1")])),
        encode(GET_VALUES_RESULT, 0),
    ],
)
def test_what_is_legal_has_no_fault(data: bytes) -> None:
    assert one(data).faults == ()


# Name-value pairs

PAIRS = st.lists(st.tuples(st.binary(max_size=300), st.binary(max_size=300)), max_size=6)


@given(pairs=PAIRS, long=st.booleans())
def test_pairs_come_back_and_are_nothing_before_their_end(pairs: list[tuple[bytes, bytes]], *, long: bool) -> None:
    data = encode_pairs(pairs, long=long)
    assert decode_pairs(data) == (pairs, b"")
    for end in range(0, len(data), 7):
        found, rest = decode_pairs(data[:end])
        assert found == pairs[: len(found)]
        assert encode_pairs(found, long=long) + rest == data[:end]


@given(st.binary(max_size=200))
def test_any_bytes_are_pairs_and_a_rest(data: bytes) -> None:
    pairs, rest = decode_pairs(data)
    read = len(data) - len(rest)
    assert decode_pairs(data[:read]) == (pairs, b"")


@pytest.mark.parametrize(
    ("length", "long", "data"),
    [
        (0, False, b"\x00"),
        (127, False, b"\x7f"),
        (128, False, b"\x80\x00\x00\x80"),
        (3, True, b"\x80\x00\x00\x03"),
        (2**31 - 1, False, b"\xff\xff\xff\xff"),
    ],
)
def test_a_length_takes_one_byte_or_four(length: int, long: bool, data: bytes) -> None:
    assert encode_length(length, long=long) == data


def test_a_length_of_more_than_31_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="31 bits"):
        encode_length(2**31)
    with pytest.raises(ValueError, match="31 bits"):
        encode_length(-1)


def test_pairs_cut_at_every_place() -> None:
    data = encode_pairs([(b"A", b"1")]) + encode_pairs([(b"B" * 130, b"2")])
    assert [len(decode_pairs(data[:end])[0]) for end in range(len(data) + 1)] == [0] * 4 + [1] * (len(data) - 4) + [2]
    assert decode_pairs(data[:-1]) == ([(b"A", b"1")], data[4:-1])


# Bodies, streams, words


def test_bodies() -> None:
    assert role_and_flags(begin_body(3, 255)) == (3, 255)
    assert role_and_flags(b"\x00\x01") is None
    assert decode_end(end_body(7, 1)) == (7, "cant_mpx_conn")
    assert decode_end(end_body(7, 9)) == (7, 9)
    assert decode_end(bytes(4)) is None
    with pytest.raises(ValueError, match="at most 65535 and 255"):
        begin_body(65536, 0)


def test_a_stream_is_cut_where_a_record_can_hold_no_more_and_ended() -> None:
    data = bytes(LONGEST) + b"x"
    found = [one(data) for data in stream(STDIN, 3, [b"a", b"", data], padding=1)]
    assert [(len(record.content), record.padding) for record in found] == [(1, 1), (LONGEST, 1), (1, 1), (0, 0)]
    assert {record.id for record in found} == {3}
    assert stream(STDIN, 3, [b""], end=False) == []


@given(st.lists(st.binary(max_size=50), max_size=5), st.booleans())
def test_a_stream_is_its_pieces_in_a_row(pieces: list[bytes], end: bool) -> None:
    reader = RecordReader()
    reader.feed(b"".join(stream(PARAMS, 1, pieces, end=end)))
    found = records(reader)
    assert b"".join(record.content for record in found) == b"".join(pieces)
    assert [record.ends for record in found].count(True) == end


def test_records_in_words() -> None:
    data = [
        encode(BEGIN_REQUEST, 1, begin_body(1, 1)), encode(PARAMS, 1, b"abc"), encode(PARAMS, 1, b"de"),
        encode(PARAMS, 1), encode(ABORT_REQUEST, 1), encode(GET_VALUES, 0, encode_pairs([(b"FCGI_MAX_REQS", b"")])),
        encode(GET_VALUES_RESULT, 0, encode_pairs([(b"FCGI_MAX_REQS", b"5")])), encode(UNKNOWN_TYPE, 0, b"c"),
        encode(99, 0, b"xy"), encode(END_REQUEST, 1, end_body(3, 0)), encode(BEGIN_REQUEST, 2, begin_body(9, 6)),
        encode(END_REQUEST, 1, b"x"),
    ]  # fmt: skip
    assert in_words([one(each) for each in data]).split("; ") == [
        "begin_request 1 (responder, keep_conn)",
        "params 1, 2 records, 5 B",
        "params 1, end",
        "abort_request 1",
        "get_values (FCGI_MAX_REQS)",
        "get_values_result (FCGI_MAX_REQS=5)",
        "unknown_type (type 99)",
        "type 99 0 (2 B)",
        "end_request 1 (request_complete, app_status 3)",
        "begin_request 2 (role 9, flags 6)",
        "end_request 1 (1 B)",
    ]
    assert in_words([]) == ""


def test_each_type_is_one_of_management_or_of_a_request() -> None:
    assert len(set(TYPES.values())) == len(TYPES) == 11
    assert not MANAGEMENT & STREAMS
