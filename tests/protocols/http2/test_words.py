"""HTTP/2 frames on one line."""

from __future__ import annotations

from engine.protocols.http2.frames import DATA, GOAWAY, HEADERS, SETTINGS, Frame, goaway_payload, settings_payload
from engine.protocols.http2.words import fields_in_words, in_words


def test_neighbours_of_one_stream_are_together() -> None:
    frames = [
        Frame(SETTINGS, 0, 0, settings_payload([(3, 100), (0x99, 1)])),
        Frame(HEADERS, 4, 1, b"\x88"),
        Frame(DATA, 0, 1, bytes(10)),
        Frame(DATA, 0, 1, bytes(20)),
        Frame(DATA, 1, 1, b""),
        Frame(GOAWAY, 0, 0, goaway_payload(1, 2, b"why")),
        Frame(0x77, 0, 3, b"?"),
    ]
    assert in_words(frames) == (
        "SETTINGS (max_concurrent_streams 100, 153 1); HEADERS 1 (END_HEADERS, 1 B); DATA 1 (2 frames, 30 B); "
        "DATA 1 (END_STREAM, 0 B); GOAWAY (last stream 1, INTERNAL_ERROR, 'why'); type 119 3 (1 B)"
    )


def test_fields() -> None:
    assert fields_in_words([(b":status", b"200"), (b"a", b"\xe9")]) == ":status: 200, a: é"
