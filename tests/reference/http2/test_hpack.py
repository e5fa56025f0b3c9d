"""Field sections of the reference server, against the library hpack in both directions."""

from __future__ import annotations

import contextlib
import random

import pytest
from hpack import Decoder, Encoder

from engine.reference.http2.faults import ConnectionFault, ErrorCode
from engine.reference.http2.hpack import HeaderDecoder, HeaderEncoder

MOST = 64 * 1024
NAMES = [b":path", b"x-a", b"cookie", b"set-cookie", b"accept-language", b"x-a-rather-long-name", b"date"]


def sections(seed: int) -> list[list[tuple[bytes, bytes]]]:
    rng = random.Random(seed)
    values = [rng.randbytes(rng.choice([0, 1, 5, 126, 127, 128, 900])) for _ in range(12)]
    return [[(rng.choice(NAMES), rng.choice(values)) for _ in range(rng.randrange(1, 9))] for _ in range(30)]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("huffman", [True, False])
def test_what_the_library_writes_is_read(seed: int, *, huffman: bool) -> None:
    encoder, decoder = Encoder(), HeaderDecoder()
    for number, fields in enumerate(sections(seed)):
        if number % 7 == 3:
            encoder.header_table_size = (number * 131) % 4096
        assert decoder.decode(encoder.encode(fields, huffman=huffman), MOST) == fields


@pytest.mark.parametrize("seed", range(8))
def test_what_is_written_the_library_reads(seed: int) -> None:
    encoder, decoder = HeaderEncoder(), Decoder()
    for number, fields in enumerate(sections(seed)):
        if number % 5 == 4:
            size = (number * 997) % 4096
            encoder.limit(size)
            decoder.max_allowed_table_size = size
        assert decoder.decode(encoder.encode(fields), raw=True) == fields


def test_the_smallest_and_the_last_size_are_said() -> None:
    encoder = HeaderEncoder()
    for size in (100, 0, 2000):
        encoder.limit(size)
    assert encoder.encode([(b":method", b"GET")]) == bytes.fromhex("20 3f b1 0f 82")
    assert encoder.encode([(b":method", b"GET")]) == bytes.fromhex("82")
    encoder.limit(2000)
    assert encoder.encode([]) == b""


def test_a_large_section_is_none_and_the_table_takes_note_of_it() -> None:
    decoder = HeaderDecoder()
    assert decoder.decode(bytes.fromhex("40 01 61 01 62") + b"\xbe" * 10, 100) is None
    assert decoder.decode(b"\xbe", 100) == [(b"a", b"b")]


@pytest.mark.parametrize(
    ("block", "clause"),
    [
        ("80", "HPACK-01"),
        ("be", "HPACK-01"),
        ("82 20", "HPACK-04"),
        ("3f e2 1f", "HPACK-05"),
        ("ff 80 80 80 80 80 80 80 01", "HPACK-06"),
        ("ff ff ff ff ff 7f", "HPACK-06"),
        ("40 01 61 81 18", "HPACK-01"),
        ("ff", "HPACK-08"),
        ("40", "HPACK-08"),
        ("40 02 61", "HPACK-08"),
    ],
)
def test_a_broken_section(block: str, clause: str) -> None:
    with pytest.raises(ConnectionFault) as raised:
        HeaderDecoder().decode(bytes.fromhex(block), MOST)
    assert (raised.value.code, raised.value.clause) == (ErrorCode.COMPRESSION_ERROR, clause)


@pytest.mark.parametrize("seed", range(40))
def test_any_bytes_are_a_section_or_an_error(seed: int) -> None:
    decoder = HeaderDecoder()
    rng = random.Random(seed)
    for _ in range(50):
        with contextlib.suppress(ConnectionFault):
            decoder.decode(rng.randbytes(rng.randrange(40)), MOST)
