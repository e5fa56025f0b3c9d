"""The Huffman code of the reference server, against that of the library hpack."""

from __future__ import annotations

import random

import pytest
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH

from engine.reference.http2.huffman import WrongCode, decoded

ENCODER = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)


def test_every_byte_and_random_texts() -> None:
    assert decoded(b"") == b""
    texts = [bytes([one]) for one in range(256)] + [bytes(range(256))]
    texts += [random.Random(seed).randbytes(seed) for seed in range(1, 60)]
    for text in texts:
        assert decoded(bytes(ENCODER.encode(text))) == text


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("ff ff ff ff", "inside"),
        ("1f ff ff ff fc", "inside"),
        ("18", "zero"),
        ("1f ff", "more than 7"),
        ("00", "zero"),
    ],
)
def test_a_wrong_code(data: str, why: str) -> None:
    with pytest.raises(WrongCode, match=why):
        decoded(bytes.fromhex(data))
