"""The pieces of a write, by the delivery of the case. Pure.

A write is what one step hands over at once: a request, a part of one, frames, records. Its cuts are found by its bytes
only, whatever a case has made of them: a request begins with a request line, a frame with the head of one. Bytes that
are neither are cut where they have a line end or a character of several bytes, else in the middle, so that nothing
longer than a byte goes out uncut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from engine.model.delivery import CHUNK_SIZE, CRLF, FRAME_HEAD, RECORD_HEAD, REQUEST_LINE, UTF_8, Delivery

SINGLY = 512
"""The number of bytes at the beginning of a write that go out one by one: nearly every head is shorter."""
MOST = 16
"""The number of pieces into which the rest of a write is cut then."""

_request_line = re.compile(rb"[!-~]+ [!-~][^\r\n]* HTTP/[0-9]")
_head_end = b"\r\n\r\n"
_chunk_size = re.compile(rb"[0-9A-Fa-f]+(?=[ \t]*(?:;[^\r\n]*)?\r\n)")
_chunked = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked", re.IGNORECASE)
_several = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def pieces(data: bytes, delivery: Delivery) -> list[bytes]:
    """A write in its pieces, in order; one piece if it is not cut."""
    if delivery.whole or len(data) < 2:
        return [data]
    edges = _singly(len(data)) if delivery.singly else _edges(data, delivery.cuts)
    return [data[start:end] for start, end in pairwise([0, *edges, len(data)])]


def _singly(size: int) -> list[int]:
    """The edges of a write that goes out byte by byte: each byte up to SINGLY, then at most MOST pieces."""
    first = list(range(1, min(size, SINGLY + 1)))
    if size <= SINGLY:
        return first
    step = -(-(size - SINGLY) // MOST)
    return [*first, *range(SINGLY + step, size, step)]


def _edges(data: bytes, cuts: tuple[int | str, ...]) -> list[int]:
    found = {cut for cut in cuts if isinstance(cut, int)}
    for cut in cuts:
        if isinstance(cut, str):
            found.update(_FINDERS[cut](data))
    edges = sorted(edge for edge in found if 0 < edge < len(data))
    # One named place is a question about that place; without it the write has nothing to answer.
    return edges or ([len(data) // 2] if len(cuts) > 1 and not any(isinstance(cut, int) for cut in cuts) else [])


def _requests(data: bytes) -> bool:
    return _request_line.match(data) is not None


def _body_start(data: bytes) -> int:
    """The offset of what follows the first head; 0 for bytes that begin with none."""
    if not _requests(data):
        return 0
    end = data.find(_head_end)
    return end + len(_head_end) if end >= 0 else len(data)


def request_line(data: bytes) -> Iterator[int]:
    """Inside the target of the first request line."""
    if _requests(data):
        yield data.find(b" ") + 2


def crlf(data: bytes) -> Iterator[int]:
    """Between CR and LF: at the end of the first line, and in both line ends that end the head."""
    if _frames(data) or _records(data):
        return
    first = data.find(b"\r\n")
    if first < 0:
        return
    yield first + 1
    end = data.find(_head_end)
    if end >= 0:
        yield end + 1
        yield end + 3


def chunk_size(data: bytes) -> Iterator[int]:
    """Inside the first chunk size, and inside the last one; behind the digit of one that has a single digit."""
    start = _body_start(data)
    head = data[:start]
    if head and _chunked.search(head) is None:
        return
    at, edges = start, []
    while (found := _chunk_size.match(data, at)) is not None:
        edges.append(found.start() + max(1, (found.end() - found.start()) // 2))
        line = data.find(b"\r\n", found.end())
        at = line + 2 + int(found[0], 16) + 2
        if int(found[0], 16) == 0 or at >= len(data):
            break
    yield from edges[:1]
    yield from edges[-1:]


def _frames(data: bytes) -> list[tuple[int, int, int]]:
    """The masked frames at the beginning of a write: the start of each, and the start and end of its payload. [] for
    bytes that are no frames of a client from the first to the last."""
    found: list[tuple[int, int, int]] = []
    at = 0
    while at < len(data):
        if len(data) - at < 6 or not data[at + 1] & 0x80:
            return []
        length, head = data[at + 1] & 0x7F, 2
        if length >= 126:
            head = 4 if length == 126 else 10
            length = int.from_bytes(data[at + 2 : at + head], "big")
        start = at + head + 4
        if start + length > len(data):
            return []
        found.append((at, start, start + length))
        at = start + length
    return found


def frame_head(data: bytes) -> Iterator[int]:
    """Between the two bytes that each frame begins with, and inside its masking key."""
    for at, start, _ in () if _requests(data) else _frames(data):
        yield at + 1
        yield start - 2


def _records(data: bytes) -> list[int]:
    """The starts of the FastCGI records that a write consists of; [] for other bytes."""
    found: list[int] = []
    at = 0
    while at < len(data):
        if len(data) - at < 8 or data[at] != 1 or not 1 <= data[at + 1] <= 11:
            return []
        found.append(at)
        at += 8 + int.from_bytes(data[at + 4 : at + 6], "big") + data[at + 6]
    return found if at == len(data) else []


def record_head(data: bytes) -> Iterator[int]:
    """Inside the content length of each record."""
    for at in _records(data):
        yield at + 5


def utf_8(data: bytes) -> Iterator[int]:
    """Inside the first character of several bytes, of a frame inside the first in its payload."""
    frames = [] if _requests(data) else _frames(data)
    for _, start, end in frames:
        key = data[start - 4 : start]
        payload = bytes(byte ^ key[index % 4] for index, byte in enumerate(data[start:end]))
        if (found := _several.search(payload)) is not None:
            yield start + found.start() + 1
    if not frames and (found := _several.search(data)) is not None:
        yield found.start() + 1


_FINDERS: Mapping[str, Callable[[bytes], Iterator[int]]] = {
    REQUEST_LINE: request_line,
    CRLF: crlf,
    CHUNK_SIZE: chunk_size,
    FRAME_HEAD: frame_head,
    RECORD_HEAD: record_head,
    UTF_8: utf_8,
}
