from __future__ import annotations

import zlib

import pytest
from websockets.frames import Frame, Opcode

from engine.protocols.websocket import BINARY, CONTINUATION, encode
from engine.reference.deflate import Deflate, ServerInflater
from engine.reference.frames import ClientFrames, Protocol

TEXT = b"hello hello hello hello"
EMPTY = b"\x00\x00\xff\xff"


def flushed(packer: object, content: bytes, how: int = zlib.Z_SYNC_FLUSH) -> bytes:
    assert hasattr(packer, "compress")
    return bytes(packer.compress(content) + packer.flush(how))  # type: ignore[attr-defined]  # typeshed names no type of a compressor


def final(content: bytes) -> bytes:
    """A message whose stream ends, and the header of an empty block behind it (RFC 7692, 7.2.3.4)."""
    return flushed(zlib.compressobj(wbits=-15), content, zlib.Z_FINISH) + b"\0"


def received(*messages: bytes, limit: int = 10_000, alone: bool = False) -> list[str | bytes]:
    protocol = Protocol(limit, [])
    protocol.extensions = [Deflate(alone, False, 15, 15)]
    return ClientFrames(protocol).feed(b"".join(encode(BINARY, one, rsv1=True) for one in messages))


@pytest.mark.parametrize("alone", [False, True])
def test_a_last_block_is_not_the_last_message(alone: bool) -> None:
    assert received(final(TEXT), final(b"again"), final(b""), alone=alone) == [TEXT, b"again", b""]


@pytest.mark.parametrize("alone", [False, True])
def test_a_message_goes_on_behind_a_last_block(alone: bool) -> None:
    both = final(TEXT)[:-1] + final(b" and more")
    assert received(both, final(b"next"), alone=alone) == [TEXT + b" and more", b"next"]


def test_the_window_outlives_a_stream() -> None:
    packer = zlib.compressobj(wbits=-15, zdict=TEXT)
    later = flushed(packer, TEXT).removesuffix(EMPTY)
    assert len(later) < 10
    assert received(final(TEXT), later) == [TEXT, TEXT]


def test_stored_blocks_and_plain_ones() -> None:
    stored = flushed(zlib.compressobj(0, wbits=-15), TEXT).removesuffix(EMPTY)
    plain = flushed(zlib.compressobj(wbits=-15), TEXT).removesuffix(EMPTY)
    assert received(stored, plain, b"\0") == [TEXT, TEXT, b""]


def test_a_bomb_in_two_streams_is_no_smaller() -> None:
    half = flushed(zlib.compressobj(wbits=-15), bytes(800), zlib.Z_FINISH)
    assert received(half + half + b"\0", limit=1600) == [bytes(1600)]
    assert received(half + half + b"\0", limit=1599) == []
    assert received(half + half + b"\0", limit=800) == []


def test_fragments_of_one() -> None:
    protocol = Protocol(10_000, [])
    protocol.extensions = [Deflate(False, False, 15, 15)]
    frames, packed = ClientFrames(protocol), final(TEXT)
    got = frames.feed(encode(BINARY, packed[:4], rsv1=True, fin=False))
    for byte in packed[4:-1]:
        got += frames.feed(encode(CONTINUATION, bytes([byte]), fin=False))
    assert got + frames.feed(encode(CONTINUATION, packed[-1:])) == [TEXT]


def test_nonsense() -> None:
    with pytest.raises(zlib.error):
        ServerInflater(15).decompress(b"\xff\xfe")


def test_what_goes_out_is_compressed_as_before() -> None:
    packed = Deflate(False, False, 15, 15).encode(Frame(Opcode.TEXT, TEXT))
    assert zlib.decompressobj(wbits=-15).decompress(bytes(packed.data) + EMPTY) == TEXT
