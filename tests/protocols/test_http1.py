from __future__ import annotations

import pytest

from engine.protocols.http1 import (
    Data,
    Event,
    Head,
    MalformedResponse,
    MessageEnd,
    ResponseCodec,
    head_end,
    header_pairs,
    status_of,
)

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nT: 1\r\n\r\n"


def events(*pieces: bytes, method: str = "GET") -> tuple[list[Event], bytes]:
    codec, found = ResponseCodec(method), []
    for piece in pieces:
        codec.feed(piece)
        while (event := codec.next()) is not None:
            found.append(event)
    return found, codec.trailing


def test_events_whole_and_byte_by_byte_and_with_trailing_data() -> None:
    whole = [Head(200, "OK", "1.1", False), Data(b"ab", True), Data(b"c", True), MessageEnd((("T", "1"),))]
    assert events(CHUNKED) == (whole, b"")
    assert events(CHUNKED + b"more") == (whole, b"more")
    slow, _ = events(*[CHUNKED[at : at + 1] for at in range(len(CHUNKED))])
    assert [event for event in slow if not isinstance(event, Data)] == [whole[0], whole[3]]
    assert [(event.data, event.ends) for event in slow if isinstance(event, Data)] == [
        (b"a", False), (b"b", True), (b"c", True),
    ]  # fmt: skip


def test_interim_and_switching() -> None:
    found, rest = events(b"HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\nrest")
    assert found == [Head(102, "Wait", "1.1", True), Head(101, "Switch", "1.1", False), MessageEnd()]
    assert rest == b"rest"


def test_connect_switches_too() -> None:
    assert events(b"HTTP/1.1 200 OK\r\n\r\nrest", method="CONNECT") == (
        [Head(200, "OK", "1.1", False), MessageEnd()],
        b"rest",
    )


def test_a_long_head_is_looked_at() -> None:
    found, _ = events(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + b"a" * 500_000 + b"\r\n\r\n")
    assert found[-1] == MessageEnd()


def test_malformed() -> None:
    with pytest.raises(MalformedResponse, match="illegal status line"):
        events(b"HTTP/2 200\r\n\r\n")


def test_the_head_as_it_was_on_the_wire() -> None:
    head = b"HTTP/1.1 200 OK\r\nX-A:  1 \r\n\tmore\nx-a:\xe9\r\nNo-Colon\r\n\r\nbody"
    end = head_end(head, 0)
    assert head[end:] == b"body"
    assert header_pairs(head[:end]) == [("X-A", "1 more"), ("x-a", "é"), ("No-Colon", "")]
    assert head_end(b"HTTP/1.1 200 OK\r\n", 0) == -1
    assert status_of(head) == Head(200, "OK", "1.1", False)
    assert status_of(b"HTTP/1.1 200\r\n\r\n") == Head(200, "", "1.1", False)
    assert status_of(b"ICY 200 OK\r\n\r\n") is None
