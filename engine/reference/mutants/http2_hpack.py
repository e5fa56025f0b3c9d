"""Faults of the field compression of HTTP/2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..http2 import hpack, huffman, tables
from ..http2.faults import ConnectionFault
from ..http2.hpack import HeaderDecoder, HeaderEncoder
from ..http2.protocol import Http2Protocol
from ..http2.tables import Field, FieldTable, WrongIndex
from .base import Install, Mutant, everywhere, replaced


def _entry(change: Callable[[Any, int], Field | None]) -> Install:
    """Give a field for an index. The function returns None where the right one holds."""

    def wrong(right: Any) -> Any:
        def item(self: FieldTable, index: int) -> Field:
            found: Field = change(self, index) or right(self, index)
            return found

        return item

    return replaced(FieldTable, "__getitem__", wrong)


def _beyond(self: Any, index: int) -> Field | None:
    return (b"x-nothing", b"") if index > len(tables.STATIC) + len(self._entries) else None


def _ignored(clause: str) -> Install:
    """End a field section, without an error, where one clause is violated."""

    def wrong(right: Any) -> Any:
        def decode(self: HeaderDecoder, block: bytes, most: int) -> Any:
            for end in range(len(block), -1, -1):
                try:
                    return right(self, block[:end], most)
                except ConnectionFault as fault:
                    if fault.clause != clause:
                        raise
            return []

        return decode

    return replaced(HeaderDecoder, "decode", wrong)


def _padding_unchecked(right: Any) -> Any:
    def decoded(data: bytes) -> bytes:
        for end in range(len(data), -1, -1):
            for octet in [
                data[end - 1 : end],
                *(bytes([data[end - 1] | (1 << bits) - 1]) for bits in range(1, 8) if end),
            ]:
                try:
                    return bytes(right(data[: max(end - 1, 0)] + octet))
                except huffman.WrongCode as error:
                    if "inside" in str(error):
                        raise
        return b""

    return decoded


def _end_as_nothing(right: Any) -> Any:
    def decoded(data: bytes) -> bytes:
        try:
            return bytes(right(data))
        except huffman.WrongCode as error:
            if "inside" not in str(error):
                raise
            return b"end"

    return decoded


def _late_updates(right: Any) -> Any:
    return lambda self, *, first: right(self, first=True)


def _any_size(right: Any) -> Any:
    def init(self: HeaderDecoder, limit: int = tables.DEFAULT_SIZE) -> None:
        right(self, 2**40)

    return init


def _wraps(right: Any) -> Any:
    """Read an integer modulo 2^32, of any length."""

    def integer(self: HeaderDecoder, bits: int) -> int:
        most = (1 << bits) - 1
        value = self._octet() & most
        shift = 0
        while value >= most and (shift or value == most):
            octet = self._octet()
            value += (octet & 0x7F) << shift
            shift += 7
            if not octet & 0x80:
                break
        return value & 0xFFFFFFFF if shift else value

    return integer


def _short_integers(right: Any) -> Any:
    def integer(self: HeaderDecoder, bits: int) -> int:
        value = int(right(self, bits))
        if value > 2000:
            raise hpack._broken("HPACK-06", "an integer is too large")
        return value

    return integer


def _cut_texts(right: Any) -> Any:
    def text(self: HeaderDecoder) -> bytes:
        self._data += b"\0" * 200 if self._at >= len(self._data) - 1 else b""
        return bytes(right(self))

    return text


def _literal(adds: Callable[[int], bool]) -> Install:
    """Add literal fields to the table, or not, by their representation: 6, or 4 without indexing."""

    def wrong(right: Any) -> Any:
        def literal(self: HeaderDecoder, bits: int) -> Field:
            field: Field = right(self, bits)
            if adds(bits) and bits == 4:
                self._table.add(field)
            return field

        return literal

    return replaced(HeaderDecoder, "_literal", wrong)


def _not_added(right: Any) -> Any:
    def add(self: FieldTable, field: Field) -> None:
        if len(field[1]) != 3:
            right(self, field)

    return add


def _never_evicts(right: Any) -> Any:
    def evict(self: FieldTable, limit: int) -> None:
        right(self, limit + 10_000)

    return evict


def _evicts_newest(right: Any) -> Any:
    def evict(self: FieldTable, limit: int) -> None:
        while self.size > limit:
            name, value = self._entries.popleft()
            self.size -= len(name) + len(value) + tables.OVERHEAD

    return evict


def _large_kept(right: Any) -> Any:
    def add(self: FieldTable, field: Field) -> None:
        if len(field[0]) + len(field[1]) + tables.OVERHEAD <= self.limit:
            right(self, field)

    return add


def _large_refused(right: Any) -> Any:
    def add(self: FieldTable, field: Field) -> None:
        if len(field[0]) + len(field[1]) + tables.OVERHEAD > self.limit > 0:
            raise WrongIndex("an entry is larger than the table")
        right(self, field)

    return add


def _no_resize(right: Any) -> Any:
    return lambda self, limit: None


def _limit_ignored(right: Any) -> Any:
    return lambda self, size: None


def _unsaid(right: Any) -> Any:
    def limit(self: HeaderEncoder, size: int) -> None:
        right(self, size)
        self._sizes = []

    return limit


def _said_in_full(right: Any) -> Any:
    def limit(self: HeaderEncoder, size: int) -> None:
        self._table.resize(size)
        self._sizes = [min(size, 2**31)] if size > tables.DEFAULT_SIZE else []
        if size <= tables.DEFAULT_SIZE:
            right(self, size)

    return limit


def _of_trailers(right: Any) -> Any:
    """Decode trailers with a table of their own."""

    def complete(self: Http2Protocol) -> Any:
        shared = self._decoder
        if self._section is not None and self._section.stream in self.streams:
            self._decoder = HeaderDecoder()
        try:
            yield from right(self)
        finally:
            self._decoder = shared

    return complete


def _of_each(right: Any) -> Any:
    def complete(self: Http2Protocol) -> Any:
        self._decoder = HeaderDecoder()
        return right(self)

    return complete


def _forgets_at_resets(right: Any) -> Any:
    def reset(self: Http2Protocol, frame: Any) -> Any:
        self._decoder = HeaderDecoder()
        return right(self, frame)

    return reset


def _lenient_sections(right: Any) -> Any:
    """Answer a field section that cannot be decoded with nothing, as long as its stream is no new one."""

    def complete(self: Http2Protocol) -> Any:
        stream = self._section.stream if self._section is not None else 0
        try:
            yield from right(self)
        except ConnectionFault:
            if stream not in self.streams and not self._closed:
                raise

    return complete


def _newest_entry(right: Any) -> Any:
    """Take the newest entry of the encoder's table for each of its entries."""

    def find(self: FieldTable, field: Field) -> tuple[int, bool]:
        index, whole = right(self, field)
        return min(index, len(tables.STATIC) + 1), whole

    return find


MUTANTS: Mapping[str, Mutant] = {
    "hpack-index-0": Mutant("index 0 is a field", _entry(lambda self, index: (b"x-zero", b"") if not index else None)),
    "hpack-index-beyond": Mutant("an index that no table has is a field", _entry(_beyond)),
    "hpack-late-updates": Mutant(
        "the table's size may change between fields", replaced(HeaderDecoder, "_next", _late_updates)
    ),
    "hpack-any-size": Mutant("the client's table may have any size", replaced(HeaderDecoder, "__init__", _any_size)),
    "hpack-updates-ignored": Mutant(
        "updates of the table's size are ignored", replaced(FieldTable, "resize", _no_resize)
    ),
    "hpack-integers-wrap": Mutant(
        "integers of field sections wrap at 2^32", replaced(HeaderDecoder, "_integer", _wraps)
    ),
    "hpack-short-integers": Mutant(
        "integers of field sections are at most 2,000", replaced(HeaderDecoder, "_integer", _short_integers)
    ),
    "hpack-huffman-padding": Mutant(
        "the padding of the Huffman code is not checked", everywhere(huffman.decoded, _padding_unchecked)
    ),
    "hpack-huffman-end": Mutant(
        "the end symbol of the Huffman code is text", everywhere(huffman.decoded, _end_as_nothing)
    ),
    "hpack-huffman-not-decoded": Mutant(
        "texts in the Huffman code are not decoded",
        everywhere(huffman.decoded, lambda right: lambda data: b"x" + data.hex().encode()),
    ),
    "hpack-cut-sections": Mutant("a field section may end inside a field", _ignored("HPACK-08")),
    "hpack-cut-texts": Mutant(
        "a text at the end of a field section may be cut", replaced(HeaderDecoder, "_text", _cut_texts)
    ),
    "hpack-plain-added": Mutant("literals without indexing enter the table", _literal(lambda bits: True)),
    "hpack-some-not-added": Mutant(
        "fields with a value of 3 bytes do not enter the table", replaced(FieldTable, "add", _not_added)
    ),
    "hpack-no-eviction": Mutant("the table is larger than its size", replaced(FieldTable, "_evict", _never_evicts)),
    "hpack-newest-evicted": Mutant("the newest entries are evicted", replaced(FieldTable, "_evict", _evicts_newest)),
    "hpack-large-entries-ignored": Mutant(
        "an entry that is larger than the table leaves it as it is", replaced(FieldTable, "add", _large_kept)
    ),
    "hpack-large-entries-refused": Mutant(
        "an entry that is larger than the table is an error", replaced(FieldTable, "add", _large_refused)
    ),
    "hpack-client-table-ignored": Mutant(
        "the server's table does not follow the client's setting", replaced(HeaderEncoder, "limit", _limit_ignored)
    ),
    "hpack-size-not-said": Mutant(
        "the server does not say that its table became smaller", replaced(HeaderEncoder, "limit", _unsaid)
    ),
    "hpack-size-as-set": Mutant(
        "the server's table is as large as the client's setting permits, and more",
        replaced(HeaderEncoder, "limit", _said_in_full),
    ),
    "hpack-table-of-trailers": Mutant(
        "trailers have a table of their own", replaced(Http2Protocol, "_complete", _of_trailers)
    ),
    "hpack-table-of-each": Mutant(
        "each request has a table of its own", replaced(Http2Protocol, "_complete", _of_each)
    ),
    "hpack-table-lost-at-resets": Mutant(
        "a reset empties the table", replaced(Http2Protocol, "_reset", _forgets_at_resets)
    ),
    "hpack-later-errors-ignored": Mutant(
        "a broken field section is ignored after the first stream",
        replaced(Http2Protocol, "_complete", _lenient_sections),
    ),
    "hpack-wrong-entries": Mutant(
        "the server takes the newest entry of its table for each of its entries",
        replaced(FieldTable, "find", _newest_entry),
    ),
}
