"""The client's state: what came is where it belongs, windows are kept, and broken rules are noted with the frame."""

from __future__ import annotations

import pytest

from engine.protocols.http2.connection import Http2Client, named_settings
from engine.protocols.http2.fields import INCREMENTAL, PLAIN, Field, FieldEncoder
from engine.protocols.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    encode,
    goaway_payload,
    settings_payload,
)
from engine.protocols.http2.words import in_words
from engine.steps.http2.session import frames_of

FIRST = encode(SETTINGS, 0, 0, settings_payload([(3, 100)]))


def section(*fields: tuple[bytes, bytes]) -> bytes:
    return FieldEncoder().section([Field(*one, PLAIN) for one in fields])


OK = section((b":status", b"200"))


def client(*streams: int, **settings: int) -> Http2Client:
    found = Http2Client()
    for stream in streams:
        found.opened(stream)
    found.feed(FIRST, 1.0)
    found.replies()
    return found


def faults(one: Http2Client, data: bytes) -> list[str]:
    return [fault for arrival in one.feed(data, 2.0) for fault in arrival.faults]


def test_a_section_is_complete_with_its_last_frame() -> None:
    one = client(1)
    data = encode(HEADERS, END_STREAM, 1, OK[:1]) + encode(CONTINUATION, END_HEADERS, 1, OK[1:])
    first, second = one.feed(data, 2.0)
    assert first.fields is None
    assert (second.fields, second.frames, second.faults) == (((b":status", b"200"),), 2, ())
    assert one.streams[1].ended
    assert [arrival.frame.name for arrival in one.streams[1].inbox] == ["headers", "continuation"]


def test_manners_answer_and_can_be_left_out() -> None:
    asking = FIRST + encode(PING, 0, 0, b"12345678") + encode(HEADERS, END_HEADERS, 1, OK) + encode(DATA, 0, 1, b"abc")
    one = Http2Client()
    one.opened(1)
    one.feed(asking, 1.0)
    assert in_words(frames_of(one.replies())) == (
        "SETTINGS (ACK); PING (ACK, 3132333435363738); WINDOW_UPDATE 1 (increment 3); WINDOW_UPDATE (increment 3)"
    )
    assert (one.receive_window, one.streams[1].receive) == (65_535, 65_535)
    silent = Http2Client(manners=())
    silent.opened(1)
    silent.feed(asking, 1.0)
    assert silent.replies() == b""
    assert (silent.receive_window, silent.streams[1].receive) == (65_532, 65_532)


def test_a_little_content_of_ended_streams_is_given_back_with_other_replies() -> None:
    one = client(1, 3, 5)
    one.feed(encode(HEADERS, END_HEADERS, 1, OK) + encode(DATA, END_STREAM, 1, b"abc"), 1.0)
    assert (one.replies(), one.receive_window) == (b"", 65_532)
    one.feed(encode(PING, 0, 0, b"12345678"), 1.0)
    assert in_words(frames_of(one.replies())) == "PING (ACK, 3132333435363738); WINDOW_UPDATE (increment 3)"
    one.feed(encode(HEADERS, END_HEADERS, 3, OK) + encode(DATA, END_STREAM, 3, bytes(10_000)), 1.0)
    assert one.replies() == b""
    one.feed(encode(HEADERS, END_HEADERS, 5, OK) + encode(DATA, END_STREAM, 5, bytes(10_000)), 1.0)
    assert in_words(frames_of(one.replies())) == "WINDOW_UPDATE (increment 20000)"
    assert one.receive_window == 65_535


def test_the_windows_of_the_server() -> None:
    one = client(1)
    assert one.credit(1) == 65_535
    one.sent(1, 60_000)
    one.feed(encode(WINDOW_UPDATE, 0, 1, (1000).to_bytes(4, "big")), 2.0)
    assert one.credit(1) == 5_535
    one.feed(encode(SETTINGS, 0, 0, settings_payload([(4, 10)])), 2.0)
    assert one.streams[1].send == 65_535 - 60_000 + 1000 - 65_525
    assert one.credit(1) < 0
    assert faults(one, encode(WINDOW_UPDATE, 0, 0, (2**31 - 1).to_bytes(4, "big"))) == [
        f"the window grows to {2**31 - 1 + 5_535} B, above 2^31-1 (RFC 9113, 6.9.1)"
    ]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (encode(DATA, 0, 3, b"x"), "stream 3, which is idle"),
        (encode(DATA, 0, 1, b"x"), "DATA comes before the response of stream 1"),
        (encode(CONTINUATION, END_HEADERS, 1, OK), "CONTINUATION comes without a field section"),
        (encode(HEADERS, 0, 1, OK) + encode(PING, 0, 0, bytes(8)), "ping comes inside the field section of stream 1"),
        (
            encode(HEADERS, END_HEADERS | END_STREAM, 1, OK) + encode(DATA, 0, 1, b"x"),
            "data comes after the end of stream 1",
        ),
        (
            encode(HEADERS, END_HEADERS, 1, OK) + encode(HEADERS, END_HEADERS, 1, section((b"a", b"1"))),
            "trailers come without END_STREAM",
        ),
        (
            encode(HEADERS, END_HEADERS | END_STREAM, 1, section((b":status", b"103"))),
            "an interim response ends its stream",
        ),
        (encode(RST_STREAM, 0, 5, bytes(4)), "rst_stream is on stream 5, which is idle"),
        (encode(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff"), "a field section cannot be decoded"),
        (encode(HEADERS, END_HEADERS, 1, OK) + encode(DATA, 0, 1, bytes(16_385)), "more than SETTINGS_MAX_FRAME_SIZE"),
    ],
)
def test_the_rules_that_a_connection_breaks(data: bytes, rule: str) -> None:
    (fault,) = faults(client(1), data)
    assert rule in fault


def test_data_beyond_a_window() -> None:
    one = Http2Client({4: 10}, manners=())
    one.opened(1)
    one.feed(FIRST + encode(HEADERS, END_HEADERS, 1, OK), 1.0)
    assert faults(one, encode(DATA, 0, 1, bytes(11))) == ["DATA exceeds the window of stream 1 by 1 B (RFC 9113, 6.9)"]


def test_the_first_frame_is_settings() -> None:
    assert "the first frame of the server is not SETTINGS" in faults(Http2Client(), encode(PING, 0, 0, bytes(8)))[0]
    assert faults(Http2Client(), FIRST) == []


def test_push_must_be_allowed() -> None:
    one = Http2Client({2: 0})
    one.opened(1)
    one.feed(FIRST, 1.0)
    promised = encode(PUSH_PROMISE, END_HEADERS, 1, bytes(3) + b"\x02" + OK)
    assert any("SETTINGS_ENABLE_PUSH is 0" in fault for fault in faults(one, promised))


def test_an_unknown_frame_is_nothing_wrong() -> None:
    assert faults(client(1), encode(0xBB, 0xFF, 1, b"?")) == []


def test_a_smaller_table_of_the_server_is_told_before_the_next_section() -> None:
    one = client()
    one.feed(encode(SETTINGS, 0, 0, settings_payload([(1, 100)])), 1.0)
    assert one.table_sizes == [100]


def test_byte_by_byte_is_the_same() -> None:
    encoder = FieldEncoder()
    data = FIRST + encode(SETTINGS, ACK)
    data += encode(
        HEADERS, END_HEADERS, 1, encoder.section([Field(b":status", b"200"), Field(b"a", b"1", INCREMENTAL)])
    )
    data += encode(DATA, END_STREAM, 1, b"x") + encode(GOAWAY, 0, 0, goaway_payload(1, 0))
    whole, pieced = Http2Client(), Http2Client()
    for one in (whole, pieced):
        one.opened(1)
    found = whole.feed(data, 1.0)
    pieces = [arrival for at in range(len(data)) for arrival in pieced.feed(data[at : at + 1], 1.0)]
    assert pieces == found
    assert pieced.replies() == whole.replies()
    assert whole.acknowledged == 1
    assert named_settings(whole.theirs) == {"max_concurrent_streams": 100}
