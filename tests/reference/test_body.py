from __future__ import annotations

import pytest

from engine.reference.body import LONGEST_EXTENSIONS, LONGEST_LINE, LONGEST_TRAILERS, Chunked, SizedBody, body_of
from engine.reference.refused import RequestRefused

CHUNKS = b'0000A;a=b;c="d;e\\""\r\n0123456789\r\nb ; x\r\nabcdefghijk\r\n0\r\nX-T: 1\r\nContent-Length: 5\r\n\r\n'
CONTENT = b"0123456789abcdefghijk"


def dripped(data: bytes) -> None:
    """Feed a body byte by byte."""
    body, buffer = Chunked(), bytearray()
    for byte in data:
        buffer.append(byte)
        body.take(buffer)


def test_chunks_whole_with_what_follows() -> None:
    buffer = bytearray(CHUNKS + b"GET /")
    body = Chunked()
    assert body.take(buffer) == CONTENT
    assert body.done
    assert buffer == b"GET /"
    assert body.take(buffer) == b""


def test_chunks_byte_by_byte() -> None:
    body, buffer, content = Chunked(), bytearray(), b""
    for number, byte in enumerate(CHUNKS):
        assert not body.done, number
        buffer.append(byte)
        content += body.take(buffer)
    assert content == CONTENT
    assert body.done


@pytest.mark.parametrize("size", range(2, 12))
def test_chunks_in_pieces(size: int) -> None:
    body, buffer, content = Chunked(), bytearray(), b""
    for start in range(0, len(CHUNKS), size):
        buffer += CHUNKS[start : start + size]
        content += body.take(buffer)
    assert (content, body.done, bytes(buffer)) == (CONTENT, True, b"")


def test_no_chunk_at_all() -> None:
    body = Chunked()
    assert body.take(bytearray(b"0\r\n\r\n")) == b""
    assert body.done


def test_a_last_chunk_wants_an_empty_line() -> None:
    body, buffer = Chunked(), bytearray(b"0\r\nX: 1\r\n")
    body.take(buffer)
    assert not body.done


@pytest.mark.parametrize(
    ("data", "clause"),
    [
        *((size + b"\r\n", "FRAME-15") for size in (b"0x1", b"-1", b"+1", b"1_0", b"g", b"", b" 1", b"1 ", b"1;=")),
        (b"f" * 17 + b"\r\n", "FRAME-16"),
        (b"8" + b"0" * 15 + b"\r\n", "FRAME-16"),
        (b"1\r\nZX", "FRAME-20"),
        (b"1\r\nZ\rX", "FRAME-20"),
        (b"1\r\nZ\n", "FRAME-20"),
        (b"1\n", "FRAME-21"),
        (b"0\r\n\n", "FRAME-21"),
        (b"1;a\rb", "FRAME-19"),
        (b"5\r\r", "FRAME-19"),
        (b"0\r\nX T: 1\r\n", "FRAME-23"),
        (b"0\r\nX: 1\r\n Y: 2\r\n", "FRAME-23"),
        (b"1;" + b"a" * LONGEST_LINE, "FRAME-18"),
        ((b"1;" + b"a" * (LONGEST_LINE - 4) + b"\r\nx\r\n") * (LONGEST_EXTENSIONS // LONGEST_LINE + 1), "FRAME-18"),
        (b"0\r\n" + b"X: 1\r\n" * (LONGEST_TRAILERS // 4 + 1), "FRAME-24"),
        (b"0\r\nX: " + b"a" * LONGEST_TRAILERS, "FRAME-24"),
    ],
)  # fmt: skip
def test_what_is_refused_whole_and_byte_by_byte(data: bytes, clause: str) -> None:
    with pytest.raises(RequestRefused) as whole:
        Chunked().take(bytearray(data))
    with pytest.raises(RequestRefused) as piecemeal:
        dripped(data)
    assert {whole.value.clause, piecemeal.value.clause} == {clause}
    assert 400 <= whole.value.status < 500


def test_a_length() -> None:
    body, buffer = SizedBody(5), bytearray(b"hel")
    assert (body.take(buffer), body.done) == (b"hel", False)
    buffer += b"lo GET"
    assert (body.take(buffer), body.done, bytes(buffer)) == (b"lo", True, b" GET")


def test_no_body_is_done_from_the_beginning() -> None:
    assert body_of(0).done
    assert not body_of(None).done
    assert not body_of(1).done
