from __future__ import annotations

import pytest

from engine.reference.head import Request, take
from engine.reference.limits import LIMITS
from engine.reference.refused import RequestRefused

PLAIN = b"POST /a%20b?q=1 HTTP/1.1\r\nHost: a\r\nX-One: \t v \t w \t\r\nX-Empty:\r\nContent-Length: 5\r\n\r\n"


def taken(data: bytes) -> Request:
    buffer = bytearray(data)
    request = take(buffer)
    assert request is not None
    assert not buffer
    return request


def refusal(head: bytes) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        take(bytearray(head))
    return caught.value


def with_fields(*lines: bytes, line: bytes = b"POST / HTTP/1.1") -> bytes:
    return b"\r\n".join([line, b"Host: a", *lines, b"", b""])


def test_a_whole_head() -> None:
    request = taken(PLAIN)
    assert (request.method, request.version, request.length) == ("POST", "1.1", 5)
    assert request.target.path == "/a b"
    assert request.fields == ((b"host", b"a"), (b"x-one", b"v \t w"), (b"x-empty", b""), (b"content-length", b"5"))


def test_byte_by_byte_it_is_the_same_and_what_follows_stays() -> None:
    buffer = bytearray()
    found: list[Request] = []
    for byte in PLAIN + b"hello":
        buffer.append(byte)
        if not found and (request := take(buffer)) is not None:
            found.append(request)
    assert bytes(buffer) == b"hello"
    assert found[0].fields == taken(PLAIN).fields


def test_empty_lines_before_a_head_are_dropped() -> None:
    assert taken(b"\r\n\r\n" + PLAIN).method == "POST"
    assert take(bytearray(b"\r")) is None


def test_a_minor_version_beyond_is_the_highest_there_is() -> None:
    assert taken(b"GET / HTTP/1.2\r\nHost: a\r\n\r\n").version == "1.1"
    assert taken(b"GET / HTTP/1.0\r\n\r\n").version == "1.0"


@pytest.mark.parametrize(
    ("head", "status", "clause"),
    [
        (b"\x16\x03\x01", 400, "H1-05"),
        (b"GET  / HTTP/1.1\r\n", 400, "H1-13"),
        (b"GET /a b HTTP/1.1\r\n", 400, "H1-13"),
        (b"GET\t/ HTTP/1.1\r\n", 400, "H1-13"),
        (b"GET /\r\n", 400, "H1-13"),
        (b"G=() / HTTP/1.1\r\n", 400, "H1-13"),
        (b"GET / http/1.1\r\n", 400, "H1-13"),
        (b"GET / HTTP/1.10\r\n", 400, "H1-13"),
        (b"GET /\xc3\xa9 HTTP/1.1\r\n", 400, "H1-13"),
        (b"GET / HTTP/9.9\r\n", 505, "H1-07"),
        (b"PRI * HTTP/2.0\r\n", 505, "H1-07"),
        (b"GET / HTTP/1.1\nHost: a\n", 400, "H1-02"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\rX: 1", 400, "H1-02"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "H1-17"),
        (with_fields(b"Host: b"), 400, "H1-18"),
        (b"GET / HTTP/1.1\r\nHost: a b/c\r\n\r\n", 400, "H1-19"),
        (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "H1-28"),
        (with_fields(b"X: 1", b" 2"), 400, "H1-28"),
        (with_fields(b"X : 1"), 400, "H1-29"),
        (with_fields(b": 1"), 400, "H1-29"),
        (with_fields(b"Xabc"), 400, "H1-29"),
        (with_fields(b"X[]: 1"), 400, "H1-29"),
        (with_fields(b"X: a\0b"), 400, "H1-32"),
        (with_fields(b"Transfer-", b"Encoding: chunked"), 400, "H1-29"),
        (with_fields(b"Content-Length: +5"), 400, "FRAME-01"),
        (with_fields(b"Content-Length:"), 400, "FRAME-01"),
        (with_fields(b"Content-Length: 5", b"Content-Length: 6"), 400, "FRAME-01"),
        (with_fields(b"Content-Length: 1" + b"0" * 23), 400, "FRAME-01"),
        (with_fields(b"Content-Length: 5", b"Transfer-Encoding: chunked"), 400, "FRAME-05"),
        (with_fields(b"Transfer-Encoding: gzip"), 400, "FRAME-06"),
        (with_fields(b"Transfer-Encoding: chunked, gzip"), 400, "FRAME-06"),
        (with_fields(b"Transfer-Encoding: gzip, chunked"), 501, "FRAME-07"),
        (with_fields(b"Transfer-Encoding: blegh"), 501, "FRAME-07"),
        (with_fields(b"Transfer-Encoding: ,chunked"), 400, "FRAME-08"),
        (with_fields(b"Transfer-Encoding: chunked;q=1"), 400, "FRAME-08"),
        (with_fields(b"Transfer-Encoding: \xa0chunked"), 400, "FRAME-08"),
        (with_fields(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), 400, "FRAME-09"),
        (with_fields(b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.0"), 400, "FRAME-11"),
        (with_fields(b"Expect: wonders"), 417, "SEM-20"),
        (b"M" * 129, 501, "H1-16"),
        (b"GET /" + b"a" * LIMITS.request_line, 414, "H1-11"),
        (with_fields(b"X: " + b"a" * LIMITS.head), 431, "H1-33"),
        (with_fields(*[b"X: 1"] * LIMITS.fields), 431, "H1-33"),
    ],
)  # fmt: skip
def test_what_is_refused(head: bytes, status: int, clause: str) -> None:
    error = refusal(head)
    assert (error.status, error.clause) == (status, clause)


@pytest.mark.parametrize("head", [b"GET  / HTTP/1.1\r\n", b"GET / HTTP/1.1\n", b"GET / HTTP/1.1\r\nX: a\rb"])
def test_what_is_wrong_is_refused_before_the_head_is_whole(head: bytes) -> None:
    with pytest.raises(RequestRefused):
        dripped(head)


def dripped(head: bytes) -> None:
    """Feed a head byte by byte."""
    buffer = bytearray()
    for byte in head:
        buffer.append(byte)
        assert take(buffer) is None


def test_framing() -> None:
    assert taken(with_fields(b"Transfer-Encoding: ChUnKeD")).length is None
    assert taken(with_fields()).length == 0
    assert taken(with_fields(b"Content-Length: 0")).length == 0


def test_the_target_counts_rather_than_host() -> None:
    request = taken(with_fields(b"X: 1", line=b"GET http://other:99/p?q HTTP/1.1"))
    assert request.fields == ((b"host", b"other:99"), (b"x", b"1"))


def test_odd_bytes_of_a_value_are_kept() -> None:
    assert taken(with_fields(b"X: \xa0v\xe9\xa0")).values(b"x") == [b"\xa0v\xe9\xa0"]


def test_only_1_1_expects() -> None:
    assert taken(with_fields(b"Expect: 100-Continue")).expects
    assert not taken(with_fields(b"Expect: 100-continue", line=b"POST / HTTP/1.0")).expects
    assert not taken(with_fields(b"Expect: wonders", line=b"POST / HTTP/1.0")).expects


def test_words() -> None:
    assert taken(with_fields(b"Connection: Keep-Alive, ", b"Connection: Upgrade")).words(b"connection") == [
        "keep-alive",
        "upgrade",
    ]
