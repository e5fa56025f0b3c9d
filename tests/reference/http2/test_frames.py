"""Frames of the reference server, against the engine's own codec, which shares nothing with them."""

from __future__ import annotations

import pytest

from engine.protocols.http2.frames import FrameReader, encode
from engine.reference.http2.faults import ConnectionFault, ErrorCode
from engine.reference.http2.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PADDED,
    PING,
    WITH_PRIORITY,
    WireFrame,
    content,
    section,
    take,
    written,
)

FRAMES = [WireFrame(PING, 1, 0, b"12345678"), WireFrame(DATA, 9, 7, b"\x01ab"), WireFrame(77, 255, 2**31 - 1, b"")]


def read(data: bytes, size: int) -> list[WireFrame]:
    buffer, found = bytearray(), []
    for at in range(0, len(data), size):
        buffer += data[at : at + size]
        while (frame := take(buffer)) is not None:
            found.append(frame)
    assert not buffer
    return found


@pytest.mark.parametrize("size", [1, 2, 9, 10, 1000])
def test_frames_come_whole_and_in_pieces(size: int) -> None:
    data = b"".join(written(one.type, one.flags, one.stream, one.payload) for one in FRAMES)
    assert data == b"".join(encode(one.type, one.flags, one.stream, one.payload) for one in FRAMES)
    assert read(data, size) == FRAMES


def test_an_incomplete_frame_stays() -> None:
    data = written(PING, 0, 0, b"12345678")
    for end in range(len(data)):
        buffer = bytearray(data[:end])
        assert take(buffer) is None
        assert buffer == data[:end]
    buffer = bytearray(data + b"\0")
    assert take(buffer) == WireFrame(PING, 0, 0, b"12345678")
    assert buffer == b"\0"


def test_the_reserved_bit_is_ignored() -> None:
    assert read(encode(PING, 0, 5, b"12345678", reserved=True), 100) == [WireFrame(PING, 0, 5, b"12345678")]


def test_a_long_frame_is_an_error_as_soon_as_its_head_is_there() -> None:
    with pytest.raises(ConnectionFault) as raised:
        take(bytearray(encode(DATA, 0, 1, b"", claim_length=16385)))
    assert (raised.value.code, raised.value.clause) == (ErrorCode.FRAME_SIZE_ERROR, "H2-10")
    assert take(bytearray(encode(DATA, 0, 1, b"x" * 16384))) is not None


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 250])
@pytest.mark.parametrize("ends", [True, False])
def test_a_section_is_cut_into_frames(size: int, *, ends: bool) -> None:
    reader = FrameReader()
    reader.feed(section(3, b"x" * size, 100, ends=ends))
    found = []
    while (one := reader.next()) is not None:
        found.append(one[0])
    assert b"".join(one.payload for one in found) == b"x" * size
    assert [one.type for one in found] == [HEADERS, *[CONTINUATION] * (len(found) - 1)]
    assert [bool(one.flags & END_HEADERS) for one in found] == [*[False] * (len(found) - 1), True]
    assert [bool(one.flags & END_STREAM) for one in found] == [ends, *[False] * (len(found) - 1)]


@pytest.mark.parametrize(
    ("type", "flags", "payload", "inner"),
    [
        (DATA, 0, b"abc", b"abc"),
        (DATA, PADDED, b"\x02abc\0\0", b"abc"),
        (DATA, PADDED, b"\x00abc", b"abc"),
        (DATA, PADDED, b"\x03\0\0\0", b""),
        (HEADERS, WITH_PRIORITY, b"12345abc", b"abc"),
        (HEADERS, WITH_PRIORITY | PADDED, b"\x0112345abc\0", b"abc"),
        (DATA, WITH_PRIORITY, b"12345abc", b"12345abc"),
    ],
)
def test_padding_and_priority_fields_are_no_content(type: int, flags: int, payload: bytes, inner: bytes) -> None:
    assert content(WireFrame(type, flags, 1, payload)) == inner


@pytest.mark.parametrize(
    ("type", "flags", "payload", "clause"),
    [
        (DATA, PADDED, b"", "H2-34"),
        (DATA, PADDED, b"\x03ab", "H2-34"),
        (HEADERS, PADDED, b"\xff", "H2-34"),
        (HEADERS, WITH_PRIORITY, b"1234", "H2-12"),
        (HEADERS, PADDED | WITH_PRIORITY, b"\x0312345ab", "H2-34"),
    ],
)
def test_padding_that_lies_is_an_error(type: int, flags: int, payload: bytes, clause: str) -> None:
    with pytest.raises(ConnectionFault) as raised:
        content(WireFrame(type, flags, 1, payload))
    assert raised.value.clause == clause
