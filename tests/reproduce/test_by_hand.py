"""Commands that send the same bytes, in a real shell."""

from __future__ import annotations

import random
import re
import shlex
import subprocess
from typing import Any

import pytest

from engine.reproduce.by_hand import Piece, SentStream, command, curl, piped, without, written


def stream(*pieces: bytes, **more: Any) -> SentStream:
    return SentStream(tuple(Piece(data) for data in pieces), "127.0.0.1", 8000, **more)


OWN = ["-H", "User-Agent:", "-H", "Accept:"]


@pytest.mark.parametrize(
    ("request_bytes", "words"),
    [
        (b"GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n", OWN),
        (b"GET / HTTP/1.0\r\nHost: 127.0.0.1:8000\r\n\r\n", ["--http1.0", *OWN]),
        (b"HEAD / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n", ["--head", *OWN]),
        (b"GET / HTTP/1.1\r\nHost: other\r\nAccept: a/b\r\n\r\n", [*OWN[:2], "-H", "Host: other", "-H", "Accept: a/b"]),
        (b"PUT / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nX-A: b c\r\n\r\n", ["-X", "PUT", *OWN, "-H", "X-A: b c"]),
        (
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nContent-Length: 3\r\n\r\n@a'",
            ["--data-raw", "@a'", *OWN, "-H", "Content-Type:"],
        ),
        (b"GET /[a] HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n", ["--globoff", *OWN]),
    ],
)
def test_curl_where_curl_can(request_bytes: bytes, words: list[str]) -> None:
    found = shlex.split(curl(stream(request_bytes)))
    assert found[:3] == ["curl", "-i", "--path-as-is"]
    assert found[3:-1] == words
    assert found[-1].startswith("http://127.0.0.1:8000/")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /#a HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na\xffb",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nAccept: */*\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"\x16\x03\x01",
    ],
)
def test_no_curl_for_what_curl_would_not_send(request_bytes: bytes) -> None:
    assert curl(stream(request_bytes)) == ""
    assert command(stream(request_bytes)).endswith("| nc -w 2 127.0.0.1 8000")


def test_no_curl_where_the_connection_itself_is_looked_at() -> None:
    plain = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n"
    assert command(stream(plain)).startswith("curl ")
    assert command(stream(plain), curls=False).endswith("| nc -w 2 127.0.0.1 8000")
    assert " | nc " in command(stream(plain, half_closed=True))


def said(commands: list[str]) -> bytes:
    return subprocess.run(["sh", "-c", "; ".join(commands)], capture_output=True, check=True).stdout


def test_a_shell_writes_the_very_bytes() -> None:
    data = bytes(range(256)) + b"'%s\\n" + b"1" * 3
    assert said(written(data)) == data
    chance = random.Random(4)
    for _ in range(20):
        data = b"".join(bytes([chance.choice(b"\0a'\\%\xff\r")]) * chance.choice([1, 127, 128, 900]) for _ in range(9))
        assert said(written(data)) == data


def test_many_equal_bytes_are_short() -> None:
    commands = written(b"a" + b"b" * 1_000_000 + b"c")
    assert commands == ["printf 'a'", r"head -c 1000000 /dev/zero | tr '\0' 'b'", "printf 'c'"]
    assert said(commands) == b"a" + b"b" * 1_000_000 + b"c"


def test_pauses_are_those_that_were_and_longer_where_an_answer_came() -> None:
    pieces = Piece(b"a"), Piece(b"b", 0.0004), Piece(b"c", 1.234), Piece(b"d", 0.001, answered=True)
    found = piped(SentStream(pieces, "h", 1, watched=6.5))
    assert found == (
        "(printf 'a'; sleep 0.01; printf 'b'; sleep 1.24; printf 'c'; sleep 0.5; printf 'd'; sleep 8) | nc -w 8 h 1"
    )


def test_what_is_too_long_is_none() -> None:
    assert command(stream(random.Random(1).randbytes(20_000))) == ""
    assert command(stream(*[b"a"] * 101)) == ""


def test_bytes_are_taken_out_over_the_ends_of_pieces() -> None:
    pieces = tuple(Piece(data, number) for number, data in enumerate((b"ab[x", b"y", b"z]c", b"[q]", b"d[r]e")))
    found = without(pieces, re.compile(rb"\[[a-z]+\]"))
    assert found == (Piece(b"ab", 0), Piece(b"c", 2), Piece(b"de", 4))
    assert without(pieces, re.compile(rb"nothing")) == pieces
