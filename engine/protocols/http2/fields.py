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
# Values up to this length, in bytes, are kept encoded.
_SHORT = 64

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

    def _field(self, field: Field) -> bytes:
        table = self._table
        if not table.dynamic_entries and field.representation in (PLAIN, NEVER) and len(field.value) <= _SHORT:
            return _with_static_table(field)
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
def _with_static_table(field: Field) -> bytes:
    """A field that changes no table, on a connection whose table is empty: requests repeat these."""
    known = _static.search(field.name, field.value)
    return _literal(field, known[0] if known is not None else 0)


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
    found = encode_integer(value, bits)
    found[0] |= first
    return bytes(found)


class FieldDecoder:
    """Decodes the field sections of a peer, in the order of the connection."""

    def __init__(self) -> None:
        self._decoder = Decoder(max_header_list_size=MOST)
        self.broken = ""

    def allow(self, size: int) -> None:
        """This side's SETTINGS_HEADER_TABLE_SIZE, which the peer's table may use."""
        self._decoder.max_allowed_table_size = size

    def decode(self, section: bytes) -> list[Pair]:
        """The fields of a section, in order. Empty once a section was malformed, since the table is lost then:
        ``broken`` has the reason."""
        if self.broken:
            return []
        try:
            return [(bytes(name), bytes(value)) for name, value in self._decoder.decode(section, raw=True)]
        except (HPACKError, UnicodeError, IndexError) as error:
            self.broken = f"a field section cannot be decoded: {error or type(error).__name__} (RFC 7541)"
            return []


_valid_name = re.compile(rb"[^\x00-\x20:\x7f-\xff]+")
_invalid_value = re.compile(rb"[\x00\r\n]|\A[ \t]|[ \t]\Z")
# The connection-specific fields (RFC 9113, section 8.2.2).
_OF_CONNECTION = frozenset({b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade"})


def faults(fields: Sequence[Pair], *, trailers: bool) -> list[str]:
    """The rules of RFC 9113, section 8, that a server's field section breaks."""
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
