"""Where each delivery cuts a write."""

from __future__ import annotations

import pytest

from engine.model.delivery import BYTES, CUTS, DELIVERIES, PIECES, WHOLE, Delivery, cut_at
from engine.protocols.fastcgi import encode as record
from engine.protocols.websocket import BINARY, TEXT, encode
from engine.steps.shared.delivering import MOST, SINGLY, pieces

GET = b"GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"
# A fixed key: the ids of the tests below contain these bytes, and each process of xdist must collect the same ids.
FRAME = encode(TEXT, "aé".encode(), key=b"key!")


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("request-line", GET, [b"GET /", b"a?b HTTP/1.1\r\nHost: a\r\n\r\n"]),
        ("crlf", GET, [b"GET /a?b HTTP/1.1\r", b"\nHost: a\r", b"\n\r", b"\n"]),
        ("chunk-size", CHUNKED, [CHUNKED[:-26], CHUNKED[-26:-4], CHUNKED[-4:]]),
        ("chunk-size", b"5\r\nhello\r\n", [b"5", b"\r\nhello\r\n"]),
        ("frame-head", FRAME, [FRAME[:1], FRAME[1:4], FRAME[4:]]),
        ("utf-8", FRAME, [FRAME[:-1], FRAME[-1:]]),
        ("utf-8", "POST / HTTP/1.1\r\n\r\né".encode(), [b"POST / HTTP/1.1\r\n\r\n\xc3", b"\xa9"]),
        ("record-head", record(5, 1, b"abc"), [record(5, 1, b"abc")[:5], record(5, 1, b"abc")[5:]]),
    ],
)
def test_a_place_is_cut_inside(name: str, data: bytes, expected: list[bytes]) -> None:
    assert pieces(data, DELIVERIES[name]) == expected


@pytest.mark.parametrize("name", ["chunk-size", "frame-head", "record-head", "utf-8"])
def test_a_place_that_a_write_lacks_leaves_it_whole(name: str) -> None:
    assert pieces(GET, DELIVERIES[name]) == [GET]


def test_the_length_of_a_body_is_no_chunk_size() -> None:
    assert pieces(GET.replace(b"\r\n\r\n", b"\r\n\r\n5\r\n"), DELIVERIES["chunk-size"])[1:] == []


@pytest.mark.parametrize("payload", [b"", b"x" * 200, b"x" * 70_000])
def test_each_frame_of_a_write_is_cut_whatever_its_length(payload: bytes) -> None:
    frame = encode(BINARY, payload, key=b"key!")
    cut = pieces(frame + frame, DELIVERIES["frame-head"])
    assert [len(one) for one in cut[:2]] == [1, len(frame) - len(payload) - 3]
    assert len(cut) == 5


@pytest.mark.parametrize("data", [b"hello", b"\xff\xfe\xfd", b"ab"])
def test_pieces_cut_any_bytes_at_least_once(data: bytes) -> None:
    assert len(pieces(data, PIECES)) == 2


def test_own_cuts_are_offsets_and_places() -> None:
    assert pieces(GET, cut_at((3, "request-line", 1000))) == [b"GET", b" /", GET[5:]]
    assert cut_at((3, "crlf")).name == "cut-3-crlf"


@pytest.mark.parametrize("size", [0, 1, 2, SINGLY, SINGLY + 1, SINGLY + MOST, 1 << 20])
@pytest.mark.parametrize("delivery", [WHOLE, PIECES, BYTES, *(DELIVERIES[name] for name in CUTS)])
def test_the_pieces_of_a_write_are_the_write(size: int, delivery: Delivery) -> None:
    data = (b"GET / HTTP/1.1\r\n" * size)[:size]
    cut = pieces(data, delivery)
    assert b"".join(cut) == data
    assert all(cut) or not data


def test_bytes_go_out_one_by_one_up_to_a_bound() -> None:
    cut = pieces(bytes(SINGLY + 160), BYTES)
    assert {len(one) for one in cut[:SINGLY]} == {1}
    assert [len(one) for one in cut[SINGLY:]] == [10] * MOST
    assert len(pieces(bytes(1 << 20), BYTES)) == SINGLY + MOST
