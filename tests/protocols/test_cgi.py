from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.protocols.cgi import LONGEST_HEAD, ResponseParser
from engine.protocols.fastcgi import MalformedRecord

PLAIN = b"Status: 201 Created\r\nContent-Type: text/plain\r\nX-A: 1\r\nX-A: 2\r\n\r\nhello\r\n\r\nmore"


def fed(*pieces: bytes) -> tuple[ResponseParser, bytes]:
    parser = ResponseParser()
    return parser, b"".join(parser.feed(piece) for piece in pieces)


def test_a_response() -> None:
    parser, body = fed(PLAIN)
    assert (parser.status, parser.reason) == (201, "Created")
    assert parser.headers == [("Status", "201 Created"), ("Content-Type", "text/plain"), ("X-A", "1"), ("X-A", "2")]
    assert body == b"hello\r\n\r\nmore"
    assert parser.faults == ()


@pytest.mark.parametrize("data", [PLAIN, PLAIN.replace(b"\r\n", b"\n")])
def test_byte_by_byte_is_as_whole(data: bytes) -> None:
    whole, body = fed(data)
    slow, slowly = fed(*(data[at : at + 1] for at in range(len(data))))
    assert (slow.headers, slow.status, slowly) == (whole.headers, whole.status, body)
    for cut in range(len(data)):
        assert fed(data[:cut], data[cut:])[1] == body


@pytest.mark.parametrize(
    ("head", "status", "reason"),
    [
        (b"Status: 204\r\n", 204, ""),
        (b"Status: 404 Not  Found \r\n", 404, "Not  Found"),
        (b"sTATUS:500 x\n", 500, "x"),
        (b"Content-Type: text/html\n", 200, ""),
        (b"Location: http://example.test/\n", 302, ""),
        (b"Location: /local\n", 200, ""),
        (b"Location: http://example.test/\nStatus: 301 Moved\n", 301, "Moved"),
    ],
)
def test_the_status(head: bytes, status: int, reason: str) -> None:
    parser, _ = fed(head + b"\n")
    assert (parser.status, parser.reason) == (status, reason)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\r\n", "no field"),
        (b"\nbody", "no field"),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "no field of a head: b'HTTP/1.1 200 OK"),
        (b"A : b\r\n\r\n", "no field of a head"),
        (b": b\r\n\r\n", "no field of a head"),
        (b"A: b\r\n folded\r\n\r\n", "no field of a head: b' folded"),
        (b"Status: OK\r\n\r\n", "'OK' is no Status"),
        (b"Status: 20\r\n\r\n", "no Status"),
        (b"Status: 2000\r\n\r\n", "no Status"),
        (b"Status: \r\n\r\n", "no Status"),
    ],
)
def test_a_head_that_cannot_be_read(data: bytes, said: str) -> None:
    with pytest.raises(MalformedRecord, match=said):
        fed(data)
    with pytest.raises(MalformedRecord, match=said):
        fed(*(data[at : at + 1] for at in range(len(data))))


def test_a_head_without_an_end() -> None:
    parser, body = fed(b"Content-Type: text/plain\r\n")
    assert (parser.headers, parser.status, parser.began, body) == (None, None, True, b"")
    assert not ResponseParser().began
    with pytest.raises(MalformedRecord, match="a head of more than"):
        fed(b"x" * (LONGEST_HEAD + 1))


def test_a_field_of_cgi_comes_once() -> None:
    parser, _ = fed(b"Status: 200 OK\nStatus: 201 x\nContent-Type: a/b\ncontent-type: c/d\nX: 1\nX: 2\n\n")
    assert [fault.split(" (")[0] for fault in parser.faults] == ["content-type comes 2 times", "status comes 2 times"]


def test_values_are_taken_as_latin_1() -> None:
    parser, _ = fed(b"X:\t caf\xe9 \t\r\n\r\n")
    assert parser.headers == [("X", "caf\xe9")]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_response_or_malformed_or_wait(data: bytes) -> None:
    def outcome(*pieces: bytes) -> object:
        try:
            parser, body = fed(*pieces)
        except MalformedRecord:
            return "malformed"
        return parser.headers, parser.status, body

    assert outcome(data) == outcome(*(data[at : at + 1] for at in range(len(data))))
