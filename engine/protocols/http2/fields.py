"""Field sections as HPACK has them (RFC 7541), each field in the representation that a case asks for.

The integers, the Huffman code and the tables are those of the library hpack. Its encoder chooses representations
itself, so the choice is made here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hpack import Decoder, HPACKError
from hpack.hpack import encode_integer
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.table import HeaderTable

from engine.model.variables import WrongValue

Pair = tuple[bytes, bytes]

# The number of prefix bits, and the bits before them (RFC 7541, section 6).
INDEXED, INCREMENTAL, PLAIN, NEVER = "indexed", "incremental", "plain", "never"
_FORMS = {INCREMENTAL: (6, 0x40), PLAIN: (4, 0x00), NEVER: (4, 0x10)}
REPRESENTATIONS = (INDEXED, INCREMENTAL, PLAIN, NEVER)

# A field section beyond this is not decoded, in bytes: a server's mistake must not exhaust the engine.
MOST = 64 * 1024 * 1024
# Values up to this length, in bytes, are kept encoded, and first sections up to that one decoded.
_SHORT, _REPEATED = 64, 512
TABLE = 4096
"""The initial size of the table of fields, in bytes."""

_huffman = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)


@dataclass(frozen=True, slots=True)
class Field:
    """A field to be sent: its representation, and whether its texts use the Huffman code. ``indexed`` needs a table
    entry with that name and value; the others use an entry with the name if there is one and ``reuse``."""

    name: bytes
    value: bytes
    representation: str = PLAIN
    huffman: bool = False
    reuse: bool = True


class FieldEncoder:
    """Encodes field sections; keeps the dynamic table as the peer must have it."""

    def __init__(self) -> None:
        self._table = HeaderTable()

    def section(self, fields: Iterable[Field], sizes: Sequence[int] = ()) -> bytes:
        """The bytes of a field section, which begins with updates to these table sizes. Raises WrongValue for an
        ``indexed`` field that no table entry has."""
        found = bytearray()
        for size in sizes:
            found += _integer(size, 5, 0x20)
            self._table.maxsize = size
        for field in fields:
            found += self._field(field)
        return bytes(found)

    def plain(self, pairs: Iterable[Pair], never: bytes) -> bytes:
        """The bytes of a field section of plain fields, and of one name that is never indexed."""
        if self._table.dynamic_entries:
            return self.section([Field(name, value, NEVER if name == never else PLAIN) for name, value in pairs])
        found = bytearray()
        for name, value in pairs:
            if name == never:
                found += _beginning_once(name, b"", NEVER) + _text(value, huffman=False)
            elif len(value) <= _SHORT:
                found += _with_static_table(name, value)
            else:
                found += self._field(Field(name, value))
        return bytes(found)

    def _field(self, field: Field) -> bytes:
        table = self._table
        known = table.search(field.name, field.value)
        if field.representation == INDEXED:
            if known is None or known[2] is None:
                shown = f"{field.name.decode('latin-1')}: {field.value.decode('latin-1')}"
                raise WrongValue(f"no table has the field {shown!r}: only such a field can be `indexed`")
            return _integer(known[0], 7, 0x80)
        found = _literal(field, known[0] if known is not None else 0)
        if field.representation == INCREMENTAL:
            table.add(field.name, field.value)
        return found


_static = HeaderTable()


@lru_cache(maxsize=1024)
def _with_static_table(name: bytes, value: bytes) -> bytes:
    """A plain field on a connection whose table is empty: requests repeat these."""
    return _beginning(name, value, PLAIN) + _text(value, huffman=False)


def _beginning(name: bytes, value: bytes, representation: str) -> bytes:
    """The beginning of a literal, with its name, on a connection whose table is empty."""
    known = _static.search(name, value)
    bits, first = _FORMS[representation]
    found = _integer(known[0] if known is not None else 0, bits, first)
    return found if known is not None else found + _text(name, huffman=False)


_beginning_once = lru_cache(maxsize=64)(_beginning)


def _literal(field: Field, known: int) -> bytes:
    """A literal; ``known`` is the index of an entry with the name, 0 for none."""
    bits, first = _FORMS[field.representation]
    index = known if field.reuse else 0
    found = _integer(index, bits, first)
    if not index:
        found += _text(field.name, huffman=field.huffman)
    return found + _text(field.value, huffman=field.huffman)


def _text(text: bytes, *, huffman: bool) -> bytes:
    data = _huffman.encode(text) if huffman else text
    return _integer(len(data), 7, 0x80 if huffman else 0x00) + data


def _integer(value: int, bits: int, first: int) -> bytes:
    if value < (1 << bits) - 1:
        return bytes((first | value,))
    found = encode_integer(value, bits)
    found[0] |= first
    return bytes(found)


class FieldDecoder:
    """Decodes the field sections of a peer, in the order of the connection."""

    def __init__(self) -> None:
        self._allowed = TABLE
        self._decoder: Decoder | None = None
        # The first section, if its fields were known. The decoder decodes it before the next one, for its table.
        self._known = b""
        self.broken = ""

    def allow(self, size: int) -> None:
        """This side's SETTINGS_HEADER_TABLE_SIZE, which the peer's table may use."""
        if self._decoder is not None or self._known:
            self._whole_decoder().max_allowed_table_size = size
        self._allowed = size

    def decode(self, section: bytes) -> list[Pair]:
        """The fields of a section, in order. Empty once a section was malformed, since the table is lost then:
        ``broken`` has the reason."""
        if self.broken:
            return []
        try:
            if self._decoder is None and not self._known and section and len(section) <= _REPEATED:
                found = _first_section(section, self._allowed)
                self._known = section
                return list(found)
            return list(_decoded(self._whole_decoder(), section))
        except (HPACKError, UnicodeError, IndexError) as error:
            self.broken = f"a field section cannot be decoded: {error or type(error).__name__} (RFC 7541)"
            return []

    def _whole_decoder(self) -> Decoder:
        """The decoder with the table of all sections so far."""
        if self._decoder is None:
            self._decoder = _decoder(self._allowed)
            if self._known:
                _decoded(self._decoder, self._known)
        return self._decoder


def _decoder(allowed: int) -> Decoder:
    found = Decoder(max_header_list_size=MOST)
    found.max_allowed_table_size = allowed
    return found


def _decoded(decoder: Decoder, section: bytes) -> tuple[Pair, ...]:
    return tuple((bytes(name), bytes(value)) for name, value in decoder.decode(section, raw=True))


@lru_cache(maxsize=256)
def _first_section(section: bytes, allowed: int) -> tuple[Pair, ...]:
    """The fields of the first section on a connection: many connections begin with the same one."""
    return _decoded(_decoder(allowed), section)


_valid_name = re.compile(rb"[^\x00-\x20:\x7f-\xff]+")
_invalid_value = re.compile(rb"[\x00\r\n]|\A[ \t]|[ \t]\Z")
# The connection-specific fields (RFC 9113, section 8.2.2).
_OF_CONNECTION = frozenset({b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade"})


def faults(fields: Sequence[Pair], *, trailers: bool) -> list[str]:
    """The rules of RFC 9113, section 8, that a server's field section breaks."""
    if len(fields) <= _SHORT and sum(len(value) for _, value in fields) <= _REPEATED:
        return list(_faults_of_a_short_one(tuple(fields), trailers))
    return _faults(fields, trailers=trailers)


@lru_cache(maxsize=256)
def _faults_of_a_short_one(fields: tuple[Pair, ...], trailers: bool) -> tuple[str, ...]:
    return tuple(_faults(fields, trailers=trailers))


def _faults(fields: Sequence[Pair], *, trailers: bool) -> list[str]:
    found = []
    regular = False
    for name, value in fields:
        shown = name.decode("latin-1")
        if name.startswith(b":"):
            if regular:
                found.append(f"{shown} comes after a regular field (RFC 9113, 8.3)")
            if trailers:
                found.append(f"trailers have the pseudo-header field {shown} (RFC 9113, 8.1)")
            elif name != b":status":
                found.append(f"a response has the pseudo-header field {shown} (RFC 9113, 8.3.2)")
            continue
        regular = True
        if name != name.lower():
            found.append(f"the field name {shown!r} has upper-case letters (RFC 9113, 8.2)")
        if not _valid_name.fullmatch(name):
            found.append(f"the field name {shown!r} has an invalid byte (RFC 9113, 8.2.1)")
        if _invalid_value.search(value):
            found.append(f"the value of {shown} is invalid: {value!r} (RFC 9113, 8.2.1)")
        if name in _OF_CONNECTION:
            found.append(f"{shown} is a field of a connection (RFC 9113, 8.2.2)")
    statuses = [value for name, value in fields if name == b":status"]
    if not trailers and len(statuses) != 1:
        found.append(f"a response has {len(statuses) or 'no'} :status (RFC 9113, 8.3.2)")
    elif not trailers and not (len(statuses[0]) == 3 and statuses[0].isdigit()):
        found.append(f":status is {statuses[0]!r} (RFC 9113, 8.3.2)")
    return found
