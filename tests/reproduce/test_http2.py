"""Commands of curl for requests over HTTP/2."""

from __future__ import annotations

import pytest

from engine.protocols.http2.fields import Field, FieldEncoder, Pair
from engine.protocols.http2.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    encode,
)
from engine.reproduce.by_hand import Piece, SentStream, command
from engine.reproduce.http2 import commands

HERE = "127.0.0.1:8000"
GET = (
    (b":method", b"GET"),
    (b":scheme", b"http"),
    (b":authority", b"127.0.0.1:50000"),
    (b":path", b"/x?a=1"),
    (b"x-engine-call", b"j1.1"),
)
POST = ((b":method", b"POST"), *GET[1:], (b"content-length", b"2"), (b"x-one", b"1"), (b"x-none", b""))


def sent(*frames: bytes) -> bytes:
    return PREFACE + encode(SETTINGS) + b"".join(frames)


def head(encoder: FieldEncoder, stream: int, pairs: tuple[Pair, ...], flags: int = END_HEADERS | END_STREAM) -> bytes:
    return encode(HEADERS, flags, stream, encoder.section([Field(name, value, "incremental") for name, value in pairs]))


def test_a_command_for_each_stream() -> None:
    encoder = FieldEncoder()
    data = sent(head(encoder, 1, GET), head(encoder, 3, POST, END_HEADERS), encode(DATA, END_STREAM, 3, b"ab"))
    curl = "curl -i --path-as-is --http2-prior-knowledge"
    assert commands(data, HERE, tls=False).split("\n") == [
        f"{curl} -H user-agent: -H accept: 'http://127.0.0.1:8000/x?a=1'",
        f"{curl} --data-raw ab -H user-agent: -H accept: -H content-type: -H 'x-one: 1' -H 'x-none;' "
        "'http://127.0.0.1:8000/x?a=1'",
    ]


def test_other_methods_hosts_and_tls() -> None:
    pairs = ((b":method", b"DELETE"), (b":scheme", b"https"), (b":authority", b"example.org"), (b":path", b"/a[1]"))
    assert commands(sent(head(FieldEncoder(), 1, pairs)), HERE, tls=True) == (
        "curl -i --path-as-is --insecure --http2 --globoff -X DELETE -H user-agent: -H accept: -H 'host: example.org' "
        "'https://127.0.0.1:8000/a[1]'"
    )
    head_of = ((b":method", b"HEAD"), *GET[1:])
    assert " --head " in commands(sent(head(FieldEncoder(), 1, head_of)), HERE, tls=False)


def test_a_section_in_two_frames() -> None:
    block = FieldEncoder().section([Field(name, value) for name, value in GET])
    frames = encode(HEADERS, END_STREAM, 1, block[:5]) + encode(CONTINUATION, END_HEADERS, 1, block[5:])
    assert "/x?a=1" in commands(sent(frames), HERE, tls=False)


@pytest.mark.parametrize(
    "frames",
    [
        [encode(RST_STREAM, 0, 1, b"\0\0\0\x08")],
        [encode(DATA, END_STREAM, 1, b"\0")],
        [encode(DATA, END_STREAM, 1, b"x" * 3000)],
        [encode(HEADERS, END_HEADERS | END_STREAM, 1, b"\x00\x01a\x01b")],
        [encode(HEADERS, END_HEADERS, 3, b"\xff\xff\xff\xff\xff\xff")],
    ],
)
def test_what_curl_would_not_send(frames: list[bytes]) -> None:
    assert commands(sent(head(FieldEncoder(), 1, GET, END_HEADERS), *frames), HERE, tls=False) == ""


def test_connect_has_no_command() -> None:
    pairs = ((b":method", b"CONNECT"), (b":authority", b"h:1"))
    assert commands(sent(head(FieldEncoder(), 1, pairs)), HERE, tls=False) == ""


def test_the_command_of_a_connection() -> None:
    data = sent(head(FieldEncoder(), 1, GET))
    stream = SentStream((Piece(data[:30]), Piece(data[30:])), "127.0.0.1", 8000)
    assert command(stream) == commands(data, HERE, tls=False)
