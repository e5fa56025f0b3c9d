from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from engine.channels.scripted import FIN, RESET, Arrival, ScriptedChannel
from engine.model.phrasing import sentence
from engine.steps.http1.facts import no_response
from engine.steps.http1.session import Response, framing_of, read_response, request_bytes, still_open
from tests.steps.context import run


def read(arrivals: Iterable[Arrival | bytes], method: str = "GET", within: float | None = None) -> Response:
    return read_on(ScriptedChannel(arrivals), method, within)


def read_on(channel: ScriptedChannel, method: str = "GET", within: float | None = None) -> Response:
    return run(read_response(channel, Response(method), within, 0.0))


def body(response: Response) -> bytes:
    return b"".join(data for data, _ in response.pieces)


LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a:  2 \r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 201 Made Up\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    b"3;x=y\r\nabc\r\n4\r\ndefg\r\n0\r\nX-Sum: 42\r\n\r\n"
)
UNTIL_CLOSE = b"HTTP/1.0 200 Fine\nServer: old\n\nall of it"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"


# Requests


def test_a_plain_request() -> None:
    assert request_bytes("GET", "/a?b", host="h:1") == b"GET /a?b HTTP/1.1\r\nHost: h:1\r\n\r\n"


def test_headers_keep_their_order_and_case() -> None:
    data = request_bytes(
        "POST", "/", host="h", headers=[(b"X-B", b"1"), (b"x-A", b"\xff"), (b"X-B", b"2")], added=[(b"e", b"j.1")],
        body=b"hello", version="1.0",
    )  # fmt: skip
    assert data == (
        b"POST / HTTP/1.0\r\nHost: h\r\ne: j.1\r\nX-B: 1\r\nx-A: \xff\r\nX-B: 2\r\nContent-Length: 5\r\n\r\nhello"
    )


@pytest.mark.parametrize(
    ("headers", "body", "framing", "end"),
    [
        ((), None, None, b"Host: h\r\n\r\n"),
        ((), b"", None, b"Content-Length: 0\r\n\r\n"),
        ((), None, "content-length", b"Content-Length: 0\r\n\r\n"),
        ((), b"abc", "none", b"Host: h\r\n\r\nabc"),
        ((), b"abc", "chunked", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
        ((), None, "chunked", b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (((b"content-length", b"9"),), b"abc", None, b"content-length: 9\r\n\r\nabc"),
        (((b"Transfer-Encoding", b"gzip, Chunked"),), b"abc", None, b"Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
        (((b"Transfer-Encoding", b"chunked"),), b"abc", "none", b"chunked\r\n\r\nabc"),
        (((b"HOST", b"x"),), None, None, b"GET / HTTP/1.1\r\nHOST: x\r\n\r\n"),
    ],
)
def test_framing(headers: tuple[tuple[bytes, bytes], ...], body: bytes | None, framing: str | None, end: bytes) -> None:
    assert request_bytes("GET", "/", host="h", headers=headers, body=body, framing=framing).endswith(end)


def test_a_method_with_content_says_that_there_is_none() -> None:
    assert request_bytes("POST", "/", host="h").endswith(b"Content-Length: 0\r\n\r\n")
    assert request_bytes("POST", "/", host="h", framing="none").endswith(b"Host: h\r\n\r\n")


def test_trailers_imply_chunks() -> None:
    data = request_bytes("POST", "/", host="h", body=b"abc", trailers=[(b"X-Sum", b"1")])
    assert data.endswith(b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")


# Responses


@pytest.mark.parametrize("message", [LENGTH, CHUNKED, INTERIM + LENGTH, INTERIM + CHUNKED])
def test_a_response_is_the_same_whole_and_byte_by_byte_and_with_trailing_data(message: bytes) -> None:
    whole = read([message])
    slow = read([Arrival(message[at : at + 1], at / 10) for at in range(len(message))])
    channel = ScriptedChannel([Arrival(message + b"HTTP/1.1 ", 2.0), b"204 "])
    trailing = read_on(channel)
    for one in (whole, slow, trailing):
        assert one.outcome == "response"
        assert one.complete
        assert b"".join(one.wire) == message
        assert body(one) == body(whole)
        assert (one.status, one.reason, one.headers, one.trailers) == (
            whole.status, whole.reason, whole.headers, whole.trailers,
        )  # fmt: skip
        assert one.interim == whole.interim
    assert run(channel.receive()) == (b"HTTP/1.1 ", 2.0)
    assert slow.first_at == 0.0
    assert slow.ended_at == pytest.approx((len(message) - 1) / 10)


def test_a_response_with_a_length() -> None:
    one = read([LENGTH])
    assert (one.status, one.reason, one.version, one.framing) == (200, "OK", "1.1", "content-length")
    assert one.headers == [("Content-Length", "5"), ("X-A", "1"), ("x-a", "2")]
    assert body(one) == b"hello"
    assert one.values("X-a") == ["1", "2"]
    assert not one.announces_close


def test_chunks_and_trailers() -> None:
    one = read([CHUNKED])
    assert (one.status, one.reason, one.framing, one.chunks) == (201, "Made Up", "chunked", 2)
    assert (body(one), one.trailers) == (b"abcdefg", (("X-Sum", "42"),))


def test_a_body_until_the_close() -> None:
    one = read([UNTIL_CLOSE, Arrival(b"!", 3.0), Arrival(end="fin", at=4.0)])
    assert (one.outcome, one.framing, one.version, body(one)) == ("response", "until-close", "1.0", b"all of it!")
    assert one.chunks == 2
    assert one.announces_close


def test_interim_responses_come_first() -> None:
    one = read([INTERIM + LENGTH])
    assert (one.interim, one.status) == ([100, 103], 200)
    assert one.headers[0] == ("Content-Length", "5")


@pytest.mark.parametrize(
    ("method", "head"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
        ("GET", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
        ("CONNECT", b"HTTP/1.1 200 OK\r\n\r\n"),
    ],
)
def test_some_responses_have_no_body(method: str, head: bytes) -> None:
    channel = ScriptedChannel([head + b"next"])
    one = read_on(channel, method)
    assert (one.outcome, one.framing, body(one)) == ("response", "none", b"")
    assert run(channel.receive())[0] == b"next"


def test_two_responses_in_one_piece() -> None:
    channel = ScriptedChannel([LENGTH + CHUNKED])
    assert [read_on(channel).status, read_on(channel).status] == [200, 201]


def test_headers_are_those_of_the_wire() -> None:
    doubled = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\nX-Fold: a\r\n  b\r\n\r\nok"
    one = read([doubled])
    assert one.headers == [("Content-Length", "2"), ("Content-Length", "2"), ("X-Fold", "a b")]
    assert body(one) == b"ok"


@pytest.mark.parametrize(
    ("arrivals", "outcome", "detail"),
    [
        ([FIN], "closed", "received 0 B of the response"),
        ([RESET], "reset", "received 0 B of the response"),
        ([b"HTTP/1.1 2", FIN], "closed", "received 10 B of the response"),
        (
            [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", FIN],
            "closed",
            "the head of the response (200) and 5 B of its body",
        ),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", RESET], "reset", "and 5 B of its body"),
        ([CHUNKED[:-2], FIN], "closed", "and 7 B of its body"),
        ([UNTIL_CLOSE, RESET], "reset", "and 9 B of its body"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", FIN], "closed", "received 25 B of the response"),
    ],
)
def test_a_response_that_breaks_off(arrivals: list[Arrival | bytes], outcome: str, detail: str) -> None:
    one = read(arrivals)
    assert (one.outcome, one.complete) == (outcome, False)
    assert detail in one.detail


@pytest.mark.parametrize(
    "message", [b"nonsense\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x00"]
)
def test_what_is_no_response_is_malformed(message: bytes) -> None:
    one = read([message, FIN])
    assert (one.outcome, one.status, one.complete) == ("malformed", None, False)
    assert one.detail


def test_a_malformed_response_still_shows_its_head() -> None:
    one = read([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nX: y\r\n\r\nok"])
    assert (one.outcome, one.status, one.reason) == ("malformed", 200, "OK")
    assert one.headers == [("Transfer-Encoding", "gzip"), ("X", "y")]


def test_a_malformed_chunk_keeps_what_came_before() -> None:
    one = read([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n"])
    assert (one.outcome, one.status, body(one)) == ("malformed", 200, b"ok")


def test_a_deadline() -> None:
    one = read([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"], within=0.01)
    assert (one.outcome, one.status, body(one)) == ("timeout", 200, b"hello")
    assert (one.waited, one.detail) == (0.01, "received the head of the response (200) and 5 B of its body")
    assert sentence(no_response(one)).startswith("expected a response, got a timeout after 10 ms; received the head")


def test_framing_of_a_response() -> None:
    assert framing_of("GET", 200, [("Transfer-Encoding", "chunked"), ("Content-Length", "1")]) == "chunked"
    assert framing_of("CONNECT", 404, [("content-length", "1")]) == "content-length"


@pytest.mark.parametrize(
    ("head", "announces"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", False),
    ],
)
def test_a_close_is_announced(head: bytes, announces: bool) -> None:
    assert read([head]).announces_close is announces


def test_whether_the_connection_is_still_open() -> None:
    async def look(*arrivals: Arrival | bytes) -> tuple[bool, bytes]:
        channel = ScriptedChannel([LENGTH, *arrivals])
        response = await read_response(channel, Response(), None, 0.0)
        is_open = await still_open(channel, response)
        try:
            async with asyncio.timeout(0.01):
                return is_open, (await channel.receive())[0]
        except Exception:
            return is_open, b"none"

    assert run(look()) == (True, b"none")
    assert run(look(FIN)) == (False, b"")
    assert run(look(RESET)) == (False, b"none")
    assert run(look(b"more")) == (True, b"more")
    assert run(look(b"more", FIN)) == (False, b"more")
