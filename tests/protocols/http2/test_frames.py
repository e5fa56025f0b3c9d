"""HTTP/2 frames: what they say, the rules that they break, and bytes in pieces of any size."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.variables import WrongValue
from engine.protocols.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    WITH_PRIORITY,
    Frame,
    FrameReader,
    encode,
    goaway_payload,
    padded,
    priority_fields,
    settings_payload,
)


def read(*pieces: bytes) -> tuple[list[Frame], bytes]:
    reader, found = FrameReader(), []
    for piece in pieces:
        reader.feed(piece)
        while (one := reader.next()) is not None:
            found.append(one[0])
    return found, reader.rest


ROW = (
    encode(SETTINGS, 0, 0, settings_payload([(3, 100), (4, 70_000)]))
    + encode(HEADERS, END_HEADERS, 1, b"\x88")
    + encode(DATA, END_STREAM, 1, b"body", reserved=True)
    + encode(0xFA, 0xFF, 2**31 - 1, b"?")
)


def test_frames_come_in_order_and_the_rest_stays() -> None:
    frames, rest = read(ROW + b"\x00\x00")
    assert [(one.name, one.stream, one.payload[:4], one.reserved) for one in frames[1:]] == [
        ("headers", 1, b"\x88", False),
        ("data", 1, b"body", True),
        (0xFA, 2**31 - 1, b"?", False),
    ]
    assert frames[0].settings == [(3, 100), (4, 70_000)]
    assert rest == b"\x00\x00"


def test_byte_by_byte_is_the_same() -> None:
    assert read(*(ROW[at : at + 1] for at in range(len(ROW)))) == read(ROW)


@settings(max_examples=50)
@given(st.binary(max_size=200), st.lists(st.integers(1, 40), max_size=8))
def test_any_bytes_in_any_pieces_are_the_same(data: bytes, sizes: list[int]) -> None:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    whole, pieced = read(data), read(*pieces, data[at:])
    assert pieced == whole
    for frame in whole[0]:
        assert frame.padding <= 255
        assert frame.content is None or len(frame.content) <= len(frame.payload)
        assert isinstance(frame.faults, tuple)


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (Frame(PING, 0, 1, bytes(8)), "on stream 1, and belongs to the connection"),
        (Frame(GOAWAY, 0, 0, bytes(7)), "less than 8"),
        (Frame(PING, 0, 0, bytes(7)), "PING has 7 B, not 8"),
        (Frame(RST_STREAM, 0, 1, bytes(5)), "RST_STREAM has 5 B, not 4"),
        (Frame(SETTINGS, 0, 0, bytes(5)), "no multiple of 6"),
        (Frame(SETTINGS, ACK, 0, bytes(6)), "an acknowledgement of SETTINGS has 6 B"),
        (Frame(SETTINGS, 0, 0, settings_payload([(2, 1)])), "SETTINGS_ENABLE_PUSH of 1"),
        (Frame(SETTINGS, 0, 0, settings_payload([(4, 2**31)])), "SETTINGS_INITIAL_WINDOW_SIZE"),
        (Frame(SETTINGS, 0, 0, settings_payload([(5, 100)])), "SETTINGS_MAX_FRAME_SIZE"),
        (Frame(SETTINGS, 0, 0, settings_payload([(8, 2)])), "SETTINGS_ENABLE_CONNECT_PROTOCOL"),
        (Frame(DATA, 0, 0, b"x"), "DATA is on stream 0"),
        (Frame(DATA, PADDED, 1, b"\x05abc"), "the padding of DATA is longer than the frame"),
        (Frame(HEADERS, PADDED, 1, b""), "the padding of HEADERS is longer"),
        (Frame(DATA, END_HEADERS, 1, b"x"), "flags that are not defined for it: 0x04"),
        (Frame(WINDOW_UPDATE, 0, 1, bytes(4)), "an increment of 0"),
        (Frame(DATA, 0, 1, b"x", reserved=True), "the reserved bit of DATA"),
        (Frame(CONTINUATION, 0, 0), "CONTINUATION is on stream 0"),
    ],
)
def test_the_rules_that_a_frame_breaks(frame: Frame, rule: str) -> None:
    (fault,) = frame.faults
    assert rule in fault
    assert "RFC" in fault


@pytest.mark.parametrize(
    "frame",
    [
        Frame(0x50, 0xFF, 7, b"unknown"),
        Frame(SETTINGS, ACK),
        Frame(SETTINGS, 0, 0, settings_payload([(0x99, 2**32 - 1), (2, 0)])),
        Frame(HEADERS, END_STREAM | END_HEADERS | PADDED | WITH_PRIORITY, 1, b"\x01" + bytes(5) + b"\x88\x00"),
        Frame(WINDOW_UPDATE, 0, 0, b"\x00\x00\x00\x01"),
        Frame(GOAWAY, 0, 0, goaway_payload(3, 99, b"text")),
    ],
)
def test_legal_frames_break_none(frame: Frame) -> None:
    assert frame.faults == ()


def test_the_content_is_without_padding_and_priority() -> None:
    payload, flag = padded(priority_fields(3, 256, exclusive=True) + b"\x88", 2)
    frame = Frame(HEADERS, flag | WITH_PRIORITY, 1, payload)
    assert (frame.content, frame.padding) == (b"\x88", 2)
    assert Frame(PUSH_PROMISE, 0, 1, bytes(4) + b"\x82").content == b"\x82"
    assert Frame(DATA, 0, 1, b"plain").content == b"plain"


def test_a_goaway_and_a_reset_have_a_code() -> None:
    goaway = Frame(GOAWAY, 0, 0, goaway_payload(5, 11, b"calm"))
    assert (goaway.last_stream, goaway.error) == (5, "ENHANCE_YOUR_CALM")
    assert Frame(RST_STREAM, 0, 1, (200).to_bytes(4, "big")).error == 200
    assert Frame(PING, 0, 0, bytes(8)).error is None


def test_flags_by_name() -> None:
    assert Frame(HEADERS, END_STREAM | END_HEADERS, 1).flag_names == ["end_stream", "end_headers"]
    assert Frame(PING, ACK).flag_names == ["ack"]
    assert Frame(DATA, 0xFF, 1).flag_names == ["end_stream", "padded"]


def test_lies_are_written_as_they_are_told() -> None:
    assert encode(PING, 0, 0, b"12", claim_length=8)[:3] == b"\x00\x00\x08"
    assert padded(b"abc", None, 200) == (b"\xc8abc", PADDED)
    assert padded(b"abc", 1) == (b"\x01abc\x00", PADDED)
    assert padded(b"abc", None) == (b"abc", 0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: encode(256),
        lambda: encode(DATA, 0, 2**31),
        lambda: encode(DATA, 0, 1, b"", claim_length=2**24),
        lambda: padded(b"", 256),
        lambda: priority_fields(0, 0),
        lambda: settings_payload([(1, 2**32)]),
    ],
)
def test_numbers_that_do_not_fit(make: object) -> None:
    assert callable(make)
    with pytest.raises(WrongValue):
        make()


def test_a_priority_has_five_bytes() -> None:
    assert Frame(PRIORITY, 0, 3, priority_fields(1, 16)).faults == ()
