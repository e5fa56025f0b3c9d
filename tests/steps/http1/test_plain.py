"""The plain reading of a response agrees with h11's."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.channels.scripted import FIN, ScriptedChannel
from engine.steps.http1 import session as http1
from engine.steps.http1.plain import plain
from engine.steps.http1.session import Response, ResponseReader

HEAD = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\n"

names = st.sampled_from(
    [b"Server", b"x-a", b"Date", b"Connection", b"Content-Length", b"content-length", b"X_B", b"Upgrade"]
)
values = st.one_of(
    st.sampled_from([b"5", b"05", b"0", b"+5", b"", b" 5 ", b"5, 5", b"close", b"keep-alive", b"a\tb", b"\t", b"x:y"]),
    st.binary(max_size=6),
)
reasons = st.sampled_from([b" OK", b" ", b"", b"  two ", b" a\tb", b" caf\xe9"])
lines = st.builds(lambda name, value: name + b":" + value + b"\r\n", names, values)
responses = st.builds(
    lambda version, status, reason, rows, ends, body: (
        b"HTTP/" + version + b" " + str(status).encode() + reason + b"\r\n" + b"".join(rows) + ends + body
    ),
    st.sampled_from([b"1.1", b"1.0", b"2.0", b"1.10"]),
    st.sampled_from([100, 101, 199, 200, 204, 299, 304, 404, 500, 600, 20]),
    reasons,
    st.lists(lines, max_size=4).map(lambda rows: [*rows, b"Content-Length: 5\r\n"] if len(rows) < 3 else rows),
    st.sampled_from([b"\r\n", b"\n", b"", b"\r\n\r\n"]),
    st.binary(max_size=12),
)


def read(pieces: list[bytes], method: str, *, h11_alone: bool) -> tuple[Response, list[bytes]]:
    """The parsed response, and the bytes that were put back."""

    async def reading() -> tuple[Response, list[bytes]]:
        channel = ScriptedChannel([*pieces, FIN])
        response = Response(method)
        await ResponseReader(response).read(channel)
        left: list[bytes] = []
        while response.complete and (data := (await channel.receive())[0]):
            left.append(data)
        return response, left

    if not h11_alone:
        return asyncio.run(reading())
    with patch.object(http1, "plain", lambda method, data: None):
        return asyncio.run(reading())


def same(pieces: list[bytes], method: str) -> None:
    """Both readings have the same result, apart from the times."""
    found: list[object] = []
    for h11_alone in (False, True):
        response, left = read(pieces, method, h11_alone=h11_alone)
        body = b"".join(data for data, _ in response.pieces)
        wire, put_back = b"".join(response.wire), b"".join(left)
        head = (response.status, response.reason, response.version, response.headers, response.framing)
        rest = (response.outcome, response.detail, response.complete, response.chunks)
        found.append((head, rest, body, wire, put_back))
    assert found[0] == found[1]


@given(responses, st.sampled_from(["GET", "POST", "HEAD", "CONNECT"]), st.integers(0, 400))
def test_both_readings_agree(response: bytes, method: str, cut: int) -> None:
    pieces = [piece for piece in (response[:cut], response[cut:]) if piece]
    same(pieces or [b"x"], method)


@pytest.mark.parametrize("size", [1, 7, 60])
def test_both_agree_on_a_body_in_pieces_with_bytes_after_it(size: int) -> None:
    rest = b"hello" + b"HTTP/1.1 200 OK\r\n\r\n"
    same([HEAD, *(rest[at : at + size] for at in range(0, len(rest), size))], "GET")


def test_a_plain_head_is_taken() -> None:
    found = plain("GET", HEAD + b"hello")
    assert found is not None
    assert (found.head.status, found.head.reason, found.size, found.length) == (200, "OK", len(HEAD), 5)
    assert found.headers == [("Server", "x"), ("Content-Length", "5")]


@pytest.mark.parametrize(
    "data",
    [
        HEAD[:-1],
        HEAD.replace(b"5", b"+5"),
        HEAD.replace(b"5", b"5\r\nContent-Length: 5"),
        HEAD.replace(b"5", b"5\r\nTransfer-Encoding: chunked"),
        HEAD.replace(b"Content-Length: 5", b"X: y"),
        HEAD.replace(b"200", b"204"),
        HEAD.replace(b"200", b"101"),
        HEAD.replace(b"x\r\n", b"x\r\n folded\r\n"),
        HEAD.replace(b"x", b"\x00"),
        HEAD.replace(b"Server:", b"Server :"),
        HEAD.replace(b"\r\n", b"\n"),
    ],
)
def test_whatever_is_not_plain_is_left_to_h11(data: bytes) -> None:
    assert plain("GET", data) is None
    assert plain("HEAD", HEAD) is None
