"""Field sections in and out (RFC 7541)."""

from __future__ import annotations

from collections.abc import Iterable

from .faults import ConnectionFault, ErrorCode
from .huffman import WrongCode, decoded
from .tables import DEFAULT_SIZE, OVERHEAD, Field, FieldTable, WrongIndex

LARGEST_INTEGER = 2**32
LONGEST_INTEGER = 6  # bytes behind the prefix
# Values that change with each response, or that no other stream may learn about, stay out of the table.
NOT_INDEXED = (b"date", b"content-length", b"etag", b"last-modified", b"location", b"link")
NEVER_INDEXED = (b"set-cookie", b"authorization")
LONGEST_INDEXED = 1024  # bytes of a value


class HeaderDecoder:
    """Reads field sections, one after another, as all streams of a connection share the table."""

    def __init__(self, limit: int = DEFAULT_SIZE) -> None:
        """``limit`` is the largest size that the client may give to its table (SETTINGS_HEADER_TABLE_SIZE)."""
        self._table = FieldTable(min(limit, DEFAULT_SIZE))
        self._limit = limit
        self._data = b""
        self._at = 0

    def decode(self, block: bytes, most: int) -> list[Field] | None:
        """The fields of a section, in order; None for more than ``most`` bytes (counted as in a table), of which the
        table takes note all the same. Raises ConnectionFault."""
        self._data, self._at = block, 0
        fields: list[Field] = []
        size = 0
        try:
            while self._at < len(block):
                field = self._next(first=not fields and not size)
                if field is None:
                    continue
                size += len(field[0]) + len(field[1]) + OVERHEAD
                if size <= most:
                    fields.append(field)
        except (WrongCode, WrongIndex) as error:
            raise _broken("HPACK-01", str(error)) from None
        return fields if size <= most else None

    def _next(self, *, first: bool) -> Field | None:
        """The next field; None for an update of the table's size."""
        octet = self._data[self._at]
        if octet & 0x80:
            return self._table[self._integer(7)]
        if octet & 0x40:
            field = self._literal(6)
            self._table.add(field)
            return field
        if octet & 0x20:
            if not first:
                raise _broken("HPACK-04", "an update of the table's size comes after a field")
            size = self._integer(5)
            if size > self._limit:
                raise _broken("HPACK-05", f"the table has at most {self._limit} bytes")
            self._table.resize(size)
            return None
        return self._literal(4)

    def _literal(self, bits: int) -> Field:
        index = self._integer(bits)
        name = self._table[index][0] if index else self._text()
        return name, self._text()

    def _integer(self, bits: int) -> int:
        """An integer with a prefix of so many bits (section 5.1)."""
        most = (1 << bits) - 1
        value = self._octet() & most
        if value < most:
            return value
        for number in range(LONGEST_INTEGER):
            octet = self._octet()
            value += (octet & 0x7F) << 7 * number
            if value > LARGEST_INTEGER:
                break
            if not octet & 0x80:
                return value
        raise _broken("HPACK-06", "an integer is too large")

    def _text(self) -> bytes:
        coded = self._at < len(self._data) and self._data[self._at] & 0x80
        size = self._integer(7)
        text = self._data[self._at : self._at + size]
        if len(text) < size:
            raise _broken("HPACK-08", "the section ends inside a text")
        self._at += size
        return decoded(text) if coded else text

    def _octet(self) -> int:
        if self._at >= len(self._data):
            raise _broken("HPACK-08", "the section ends inside a field")
        self._at += 1
        return self._data[self._at - 1]


def _broken(clause: str, why: str) -> ConnectionFault:
    return ConnectionFault(ErrorCode.COMPRESSION_ERROR, clause, why)


class HeaderEncoder:
    """Writes field sections."""

    def __init__(self) -> None:
        self._table = FieldTable()
        self._sizes: list[int] = []

    def limit(self, size: int) -> None:
        """The client's table has so many bytes from now on; the next section says so (section 4.2)."""
        size = min(size, DEFAULT_SIZE)
        if size != self._table.limit or self._sizes:
            # Only the smallest and the last of several sizes are said.
            self._sizes = [*([least] if (least := min([size, *self._sizes])) < size else []), size]
            self._table.resize(size)

    def encode(self, fields: Iterable[Field]) -> bytes:
        """The bytes of a section."""
        found = b"".join(_integer(size, 5, 0x20) for size in self._sizes)
        self._sizes = []
        return found + b"".join(self._field(field) for field in fields)

    def _field(self, field: Field) -> bytes:
        name, value = field
        index, whole = self._table.find(field)
        if whole and name not in NEVER_INDEXED:
            return _integer(index, 7, 0x80)
        if name in NEVER_INDEXED:
            start = _integer(index, 4, 0x10)
        elif name in NOT_INDEXED or len(value) > LONGEST_INDEXED:
            start = _integer(index, 4, 0x00)
        else:
            start = _integer(index, 6, 0x40)
            self._table.add(field)
        return start + (b"" if index else _text(name)) + _text(value)


def _text(text: bytes) -> bytes:
    return _integer(len(text), 7, 0) + text


def _integer(value: int, bits: int, first: int) -> bytes:
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    found = bytearray([first | most])
    value -= most
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
