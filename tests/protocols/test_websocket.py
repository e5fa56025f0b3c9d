from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.protocols.websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    FrameReader,
    close_payload,
    decode,
    encode,
    mask_with,
)

HELLO = b"\x81\x05Hello"  # RFC 6455, section 5.7
MASKED_HELLO = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"


def all_frames(reader: FrameReader) -> list[Frame]:
    found = []
    while (one := reader.next()) is not None:
        found.append(one[0])
    return found


def one(data: bytes) -> Frame:
    frame = decode(data)
    assert isinstance(frame, Frame)
    return frame


def test_the_examples_of_the_rfc() -> None:
    assert encode(TEXT, b"Hello", mask=False) == HELLO
    assert encode(TEXT, b"Hello", key=b"\x37\xfa\x21\x3d") == MASKED_HELLO
    assert one(HELLO).payload == one(MASKED_HELLO).payload == b"Hello"
    assert encode(BINARY, bytes(256), mask=False)[:4] == b"\x82\x7e\x01\x00"
    assert encode(BINARY, bytes(65536), mask=False)[:10] == b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"


def test_frames_come_out_whole_byte_by_byte_and_with_trailing_data() -> None:
    data = HELLO + encode(BINARY, bytes(200), mask=False) + encode(CLOSE, close_payload(1000, b"bye"), mask=False)
    whole = FrameReader()
    whole.feed(data + b"\x81")
    frames = all_frames(whole)
    assert [frame.name for frame in frames] == ["text", "binary", "close"]
    assert (frames[2].code, frames[2].reason, frames[2].content) == (1000, "bye", b"bye")
    assert whole.rest == b"\x81"

    slow, found = FrameReader(), []
    for at in range(len(data)):
        slow.feed(data[at : at + 1])
        found += all_frames(slow)
    assert found == frames
    assert slow.rest == b""


def test_the_bytes_of_a_frame_come_with_it() -> None:
    reader = FrameReader()
    reader.feed(HELLO * 2)
    first = reader.next()
    assert first is not None
    assert first[1] == HELLO
    assert first[0].size == len(HELLO)
    assert reader.rest == HELLO


@given(
    opcode=st.integers(0, 15),
    payload=st.binary(max_size=70_000),
    fin=st.booleans(),
    rsv=st.tuples(*[st.booleans()] * 3),
    mask=st.booleans(),
    wide=st.booleans(),
)
def test_what_was_encoded_is_decoded(
    *, opcode: int, payload: bytes, fin: bool, rsv: tuple[bool, bool, bool], mask: bool, wide: bool
) -> None:
    data = encode(
        opcode, payload, fin=fin, rsv1=rsv[0], rsv2=rsv[1], rsv3=rsv[2], mask=mask, length_as=64 if wide else None
    )
    frame = one(data + b"after")
    assert (frame.opcode, frame.payload, frame.fin, frame.masked) == (opcode, payload, fin, mask)
    assert (frame.rsv1, frame.rsv2, frame.rsv3) == rsv
    assert frame.size == len(data)
    assert frame.length_as == (64 if wide else 7 if len(payload) < 126 else 16 if len(payload) < 65536 else 64)


@given(data=st.binary(max_size=300), key=st.binary(min_size=4, max_size=4))
def test_masking_twice_is_nothing(data: bytes, key: bytes) -> None:
    assert mask_with(mask_with(data, key), key) == data
    assert mask_with(data, key) == bytes(byte ^ key[at % 4] for at, byte in enumerate(data))


@given(st.binary(max_size=200))
def test_any_bytes_are_frames_or_wait_for_more(data: bytes) -> None:
    reader = FrameReader(limit=1000)
    reader.feed(data)
    frames = all_frames(reader)
    assert sum(frame.size for frame in frames) + len(reader.rest) == len(data)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (encode(TEXT, b"a", key=b"key!"), "is masked"),
        (encode(TEXT, b"a", rsv2=True, mask=False), "RSV2 or RSV3"),
        (encode(TEXT, b"a", rsv3=True, mask=False), "RSV2 or RSV3"),
        (encode(3, b"a", mask=False), "opcode 3 is reserved"),
        (encode(11, b"a", mask=False), "opcode 11 is reserved"),
        (encode(PING, b"a", fin=False, mask=False), "fragmented"),
        (encode(PONG, bytes(126), mask=False), "more than 125"),
        (encode(TEXT, b"a", length_as=16, mask=False), "not the fewest"),
        (encode(TEXT, b"a", length_as=64, mask=False), "not the fewest"),
        (encode(CLOSE, b"\x03", mask=False), "half a code"),
        (encode(CLOSE, close_payload(1005), mask=False), "1005 may not be sent"),
        (encode(CLOSE, close_payload(2999), mask=False), "2999 may not be sent"),
        (encode(CLOSE, close_payload(1000, b"\xff"), mask=False), "not UTF-8"),
    ],
)
def test_a_fault_is_said(data: bytes, fault: str) -> None:
    found = one(data).faults
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    "data",
    [
        HELLO,
        encode(CONTINUATION, bytes(126), mask=False),
        encode(CLOSE, b"", mask=False),
        encode(CLOSE, close_payload(4999, "ü".encode()), mask=False),
        encode(PING, bytes(125), mask=False),
    ],
)
def test_what_is_legal_has_no_fault(data: bytes) -> None:
    assert one(data).faults == ()


def test_a_length_that_is_only_claimed() -> None:
    data = encode(BINARY, b"x", length_as=64, claim_length=2**40, mask=False)
    assert data[2:10] == (2**40).to_bytes(8, "big")
    reader = FrameReader()
    reader.feed(data)
    found = reader.next()
    assert found is not None
    assert (found[0].claimed, found[0].payload) == (2**40, b"")
    assert "claimed" in found[0].faults[0]
    assert reader.stopped
    assert reader.next() is None
    assert reader.rest == b"x"


def test_a_length_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit into 7 bits"):
        encode(TEXT, bytes(126), length_as=7)
    with pytest.raises(ValueError, match="does not fit into 16 bits"):
        encode(TEXT, b"", length_as=16, claim_length=65536)
    with pytest.raises(ValueError, match="7, 16 or 64"):
        encode(TEXT, b"", length_as=8)


def test_a_close_frame_may_be_empty() -> None:
    frame = one(encode(CLOSE, close_payload(None), mask=False))
    assert (frame.code, frame.reason, frame.content) == (None, "", b"")
    assert frame.control
