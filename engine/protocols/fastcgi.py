"""FastCGI records and name-value pairs, without I/O, tolerant (FastCGI 1.0).

This is the web server's end, which sends requests to applications. A reader that checks servers must represent every
fault, so decoding refuses no record with a readable header, and lists the rules that it breaks
(``FastcgiRecord.faults``). Encoding can break each rule on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from engine.model.quantities import show_size
from engine.model.variables import WrongValue

VERSION = 1
HEADER = 8
LONGEST = 65535

# Section 8.
BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR, DATA = 1, 2, 3, 4, 5, 6, 7, 8
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11
TYPES = {
    "begin_request": 1, "abort_request": 2, "end_request": 3, "params": 4, "stdin": 5, "stdout": 6, "stderr": 7,
    "data": 8, "get_values": 9, "get_values_result": 10, "unknown_type": 11,
}  # fmt: skip
NAMES = {number: name for name, number in TYPES.items()}

ROLES = {"responder": 1, "authorizer": 2, "filter": 3}
KEEP_CONN = 1
STATUSES = {"request_complete": 0, "cant_mpx_conn": 1, "overloaded": 2, "unknown_role": 3}
STATUS_NAMES = {number: name for name, number in STATUSES.items()}
VARIABLES = ("FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS")

# The specification's table A: what only the web server sends, what uses the null request id, what is a stream.
FROM_SERVER = frozenset({BEGIN_REQUEST, ABORT_REQUEST, PARAMS, STDIN, DATA, GET_VALUES})
MANAGEMENT = frozenset({GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE})
STREAMS = frozenset({PARAMS, STDIN, STDOUT, STDERR, DATA})

Pair = tuple[bytes, bytes]


class MalformedRecord(ValueError):
    """Bytes that do not begin like a record."""


@dataclass(frozen=True, slots=True)
class FastcgiRecord:
    """One record as it was on the wire. ``padding`` is its number of padding bytes."""

    type: int
    id: int = 0
    content: bytes = b""
    padding: int = 0
    reserved: int = 0

    @property
    def name(self) -> str | int:
        """The name of the type, or the number of an unknown one."""
        return NAMES.get(self.type, self.type)

    @property
    def size(self) -> int:
        """Its size on the wire, in bytes."""
        return HEADER + len(self.content) + self.padding

    @property
    def ends(self) -> bool:
        """True if it is the empty record that ends a stream (section 3.3)."""
        return self.type in STREAMS and not self.content

    @property
    def faults(self) -> tuple[str, ...]:
        """The rules that an application's record breaks by itself."""
        return tuple(_faults(self))


def _faults(record: FastcgiRecord) -> Iterable[str]:
    kind = record.type
    if kind not in NAMES:
        yield f"there is no record type {kind} (FastCGI 1.0, 8)"
        return
    if kind in FROM_SERVER:
        yield f"{NAMES[kind]} is sent to an application, never by one (FastCGI 1.0, A)"
    if kind in MANAGEMENT and record.id:
        yield f"{NAMES[kind]} is a management record, and has the request id {record.id} (FastCGI 1.0, 3.3)"
    if kind not in MANAGEMENT and not record.id:
        yield f"{NAMES[kind]} has the null request id (FastCGI 1.0, 3.3)"
    if kind == END_REQUEST:
        if len(record.content) != 8:
            yield f"end_request has a body of {len(record.content)} B, not 8 (FastCGI 1.0, 5.5)"
        elif record.content[4] not in STATUS_NAMES:
            yield f"there is no protocol status {record.content[4]} (FastCGI 1.0, 5.5)"
    if kind == UNKNOWN_TYPE and len(record.content) != 8:
        yield f"unknown_type has a body of {len(record.content)} B, not 8 (FastCGI 1.0, 4.2)"
    if kind == GET_VALUES_RESULT and decode_pairs(record.content)[1]:
        yield "get_values_result ends in the middle of a name-value pair (FastCGI 1.0, 3.4)"


class RecordReader:
    """Bytes in pieces of any size to records."""

    __slots__ = ("_buffer", "_need")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._need = 1

    def feed(self, data: bytes) -> None:
        """Add bytes."""
        self._buffer += data

    def next(self) -> tuple[FastcgiRecord, bytes] | None:
        """The next complete record with its bytes, or None if more bytes are needed. Raises MalformedRecord as
        ``decode`` does; the bytes stay."""
        if len(self._buffer) < self._need:
            return None
        found = decode(self._buffer)
        if isinstance(found, int):
            self._need = found
            return None
        raw = bytes(self._buffer[: found.size])
        del self._buffer[: found.size]
        self._need = 1
        return found, raw

    @property
    def rest(self) -> bytes:
        """The bytes that are not a complete record yet."""
        return bytes(self._buffer)


def decode(buffer: bytes | bytearray) -> FastcgiRecord | int:
    """The record at the start of ``buffer``, or the number of bytes needed before another attempt. Raises
    MalformedRecord if the first byte is no version of FastCGI, since the end of the record is unknown then."""
    if buffer and buffer[0] != VERSION:
        raise MalformedRecord(f"no record of FastCGI 1 begins with {bytes(buffer[:16])!r}")
    if len(buffer) < HEADER:
        return HEADER
    length = int.from_bytes(buffer[4:6], "big")
    end = HEADER + length + buffer[6]
    if len(buffer) < end:
        return end
    content = bytes(buffer[HEADER : HEADER + length])
    return FastcgiRecord(buffer[1], int.from_bytes(buffer[2:4], "big"), content, buffer[6], buffer[7])


def encode(
    type: int,
    id: int = 0,
    content: bytes = b"",
    *,
    padding: int = 0,
    version: int = VERSION,
    reserved: int = 0,
    claim_length: int | None = None,
    claim_padding: int | None = None,
) -> bytes:
    """The bytes of one record, legal or not.

    ``claim_length`` and ``claim_padding`` write other lengths than those of the content and of the padding. Raises
    ValueError if a number does not fit into its field.
    """
    length = len(content) if claim_length is None else claim_length
    padded = padding if claim_padding is None else claim_padding
    for name, value, most in (
        ("version", version, 255),
        ("type", type, 255),
        ("id", id, LONGEST),
        ("length", length, LONGEST),
        ("padding", padded, 255),
        ("padding", padding, 255),
        ("reserved", reserved, 255),
    ):
        if not 0 <= value <= most:
            raise WrongValue(f"a record's {name} is {value}, and should be at most {most}")
    head = bytes((version, type)) + id.to_bytes(2, "big") + length.to_bytes(2, "big") + bytes((padded, reserved))
    return head + content + bytes(padding)


def stream(type: int, id: int, pieces: Iterable[bytes], *, end: bool = True, padding: int = 0) -> list[bytes]:
    """The records of a stream, one for each piece, or several for a piece that is too long for one. ``end`` adds the
    empty record that ends it. An empty piece is left out, since it would also end the stream."""
    found = []
    for piece in pieces:
        for at in range(0, len(piece), LONGEST):
            found.append(encode(type, id, piece[at : at + LONGEST], padding=padding))
    if end:
        found.append(encode(type, id))
    return found


# Name-value pairs (section 3.4)


def encode_length(length: int, *, long: bool = False) -> bytes:
    """A length in one byte, or in four if necessary or ``long``. Raises ValueError for a length beyond four bytes."""
    if not 0 <= length < 1 << 31:
        raise WrongValue(f"a length of {length} does not fit into 31 bits")
    return bytes((length,)) if length < 128 and not long else (length | 1 << 31).to_bytes(4, "big")


def encode_pairs(pairs: Iterable[Pair], *, long: bool = False) -> bytes:
    """Name-value pairs in a row; ``long`` writes every length in four bytes."""
    return b"".join(
        encode_length(len(name), long=long) + encode_length(len(value), long=long) + name + value
        for name, value in pairs
    )


def decode_pairs(data: bytes) -> tuple[list[Pair], bytes]:
    """The complete pairs at the start of ``data``, and the bytes after the last of them."""
    found: list[Pair] = []
    at = 0
    while at < len(data):
        start, lengths = at, []
        for _ in range(2):
            size = 4 if start < len(data) and data[start] & 0x80 else 1
            if start + size > len(data):
                return found, data[at:]
            lengths.append(int.from_bytes(data[start : start + size], "big") & ((1 << (8 * size - 1)) - 1))
            start += size
        name_end = start + lengths[0]
        end = name_end + lengths[1]
        if end > len(data):
            return found, data[at:]
        found.append((data[start:name_end], data[name_end:end]))
        at = end
    return found, b""


# Bodies of discrete records


def begin_body(role: int, flags: int) -> bytes:
    """The body of BEGIN_REQUEST (section 5.1). Raises ValueError if a number does not fit."""
    if not 0 <= role <= LONGEST or not 0 <= flags <= 255:
        raise WrongValue(f"role {role} and flags {flags} should be at most {LONGEST} and 255")
    return role.to_bytes(2, "big") + bytes((flags,)) + bytes(5)


def end_body(app_status: int, protocol_status: int) -> bytes:
    """The body of END_REQUEST (section 5.5)."""
    return app_status.to_bytes(4, "big") + bytes((protocol_status,)) + bytes(3)


def decode_end(content: bytes) -> tuple[int, int | str] | None:
    """The application's status, and the protocol's by its name or number; None for a body that is too short."""
    if len(content) < 5:
        return None
    return int.from_bytes(content[:4], "big"), STATUS_NAMES.get(content[4], content[4])


def role_and_flags(content: bytes) -> tuple[int, int] | None:
    """The role and the flags of BEGIN_REQUEST; None for a body that is too short."""
    return (int.from_bytes(content[:2], "big"), content[2]) if len(content) >= 3 else None


# For a time line


def in_words(records: Sequence[FastcgiRecord]) -> str:
    """Records on one line, neighbours of one stream together."""
    return "; ".join(
        _together(list(group)) for _, group in groupby(records, lambda one: (one.type, one.id, bool(one.content)))
    )


def _together(records: list[FastcgiRecord]) -> str:
    first = records[0]
    name = first.name if isinstance(first.name, str) else f"type {first.name}"
    subject = f"{name} {first.id}" if first.id or first.type not in MANAGEMENT else name
    many = f", {len(records)} records" if len(records) > 1 else ""
    if first.ends:
        return f"{subject}, end{many}"
    if first.type in STREAMS or many:
        return f"{subject}{many}, {show_size(sum(len(one.content) for one in records))}"
    more = _more(first)
    return f"{subject} ({more})" if more else subject


def _more(record: FastcgiRecord) -> str:
    """The content of a discrete record, in words."""
    match record.type:
        case 1 if (begun := role_and_flags(record.content)) is not None:
            roles = {number: name for name, number in ROLES.items()}
            role = roles.get(begun[0], f"role {begun[0]}")
            other = f", flags {begun[1]}" if begun[1] & ~KEEP_CONN else ""
            return role + (", keep_conn" if begun[1] & KEEP_CONN else "") + other
        case 3 if (ended := decode_end(record.content)) is not None:
            return f"{ended[1]}, app_status {ended[0]}"
        case 9 | 10:
            pairs = decode_pairs(record.content)[0]
            words = [b"=".join(pair) if pair[1] else pair[0] for pair in pairs]
            return ", ".join(one.decode("utf-8", "replace") for one in words)
        case 11 if record.content:
            return f"type {record.content[0]}"
    return show_size(len(record.content)) if record.content else ""
