"""The connection between the steps: the order of its first frames and of replies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.protocols.http2.frames import (
    ACK,
    CONTINUATION,
    END_HEADERS,
    HEADERS,
    SETTINGS,
    encode,
    settings_payload,
)
from engine.steps.http2.session import Http2Session, leaves_open


class Wire:
    """A channel that keeps what is written."""

    ended = ""

    def __init__(self) -> None:
        self.written = b""
        self.take: Callable[[bytes, float], None] = lambda data, at: None

    def listen(self, take: Callable[[bytes, float], None]) -> None:
        self.take = take

    def write(self, data: bytes) -> None:
        self.written += data


def test_settings_that_came_before_the_first_frames_are_acknowledged_before_content() -> None:
    wire = Wire()
    session = Http2Session(wire, lambda *words, **more: None, begins=True)  # type: ignore[arg-type]  # a fake
    session.client.opened(1)
    wire.take(encode(SETTINGS, 0, 0, settings_payload([(4, 1 << 20)])), 0.0)
    assert session.client.streams[1].send == 1 << 20
    assert wire.written == b""
    assert session.withheld() == [encode(SETTINGS, ACK)]
    assert session.withheld() == []
    with session.in_pieces():
        pass
    assert wire.written == b""


def test_replies_wait_for_the_end_of_an_open_field_section() -> None:
    wire = Wire()
    session = Http2Session(wire, lambda *words, **more: None)  # type: ignore[arg-type]  # a fake
    with session.in_pieces(open_section=leaves_open(encode(HEADERS, 0, 1, b"\x82"))):
        pass
    wire.take(encode(SETTINGS, 0, 0), 0.0)
    assert wire.written == b""
    with session.in_pieces(open_section=leaves_open(encode(CONTINUATION, END_HEADERS, 1, b"\x84"))):
        pass
    assert wire.written == encode(SETTINGS, ACK)


@pytest.mark.parametrize(
    ("frames", "is_open"),
    [
        (encode(HEADERS, 0, 1, b"\x82"), True),
        (encode(HEADERS, END_HEADERS, 1, b"\x82"), False),
        (encode(HEADERS, 0, 1, b"\x82") + encode(CONTINUATION, 0, 1), True),
        (encode(HEADERS, 0, 1, b"\x82") + encode(CONTINUATION, END_HEADERS, 1), False),
        (encode(SETTINGS, 0, 0), False),
        (b"", False),
        (b"\0\0", False),
    ],
)
def test_the_last_frame_tells_whether_a_section_is_open(frames: bytes, is_open: bool) -> None:
    assert leaves_open(frames) is is_open
