"""The connection between the steps: the order of its first frames and of replies."""

from __future__ import annotations

from collections.abc import Callable

from engine.protocols.http2.frames import ACK, SETTINGS, encode, settings_payload
from engine.steps.http2.session import Http2Session


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
