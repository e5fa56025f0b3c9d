"""WebSocket frames, sans I/O and tolerant (RFC 6455, section 5).

A reader that checks servers must represent every fault, so decoding refuses no frame, and lists the rules that it
breaks (``Frame.faults``, from the view of a client). Encoding can break each rule on purpose.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from engine.model.variables import WrongValue

# RFC 6455, section 5.2 and the registry of section 11.8.
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
OPCODES = {"continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
NAMES = {number: name for name, number in OPCODES.items()}

# Lengths up to here are decoded; a frame that claims more ends the decoding, as nobody should keep so much.
LIMIT = 256 * 1024 * 1024

# RFC 6455, section 7.4: the codes that may stand in a close frame, in addition to 3000 to 4999.
CLOSE_CODES = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it was on the wire, its payload unmasked.

    ``length_as`` is the width of its length field: 7, 16 or 64 bits. ``claimed`` is the length in that field, which
    ``payload`` has unless it is beyond the limit. ``size`` counts its bytes on the wire. ``faults`` are the rules that
    it breaks by itself, as phrases.
    """

    opcode: int
    payload: bytes = b""
    fin: bool = True
    rsv1: bool = False
    rsv2: bool = False
    rsv3: bool = False
    masked: bool = False
    length_as: int = 7
    claimed: int = 0
    size: int = 0
    faults: tuple[str, ...] = ()

    @property
    def name(self) -> str | int:
        """The name of the opcode, or the number of a reserved one."""
        return NAMES.get(self.opcode, self.opcode)

    @property
    def control(self) -> bool:
        return bool(self.opcode & 0x8)

    @property
    def code(self) -> int | None:
        """The code of a close frame, None without one."""
        if self.opcode != CLOSE or len(self.payload) < 2:
            return None
        return int.from_bytes(self.payload[:2], "big")

    @property
    def content(self) -> bytes:
        """The payload without a close frame's code."""
        return self.payload[2:] if self.opcode == CLOSE else self.payload

    @property
    def reason(self) -> str:
        """The reason of a close frame; invalid UTF-8 in it is replaced."""
        return self.payload[2:].decode("utf-8", "replace") if self.opcode == CLOSE else ""


class FrameReader:
    """Bytes in, frames out, in pieces of any size.

    ``stopped`` is true once a frame claimed more than ``limit``: nothing after its header is decoded.
    """

    __slots__ = ("_buffer", "_limit", "_need", "stopped")

    def __init__(self, limit: int = LIMIT) -> None:
        self._buffer = bytearray()
        self._limit = limit
        self._need = 2
        self.stopped = False

    def feed(self, data: bytes) -> None:
        """Take bytes."""
        self._buffer += data

    def next(self) -> tuple[Frame, bytes] | None:
        """The next complete frame with its bytes, or None if more bytes are needed."""
        buffer = self._buffer
        if self.stopped or len(buffer) < self._need:
            return None
        found = decode(buffer, self._limit)
        if isinstance(found, int):
            self._need = found
            return None
        raw = bytes(buffer[: found.size])
        del buffer[: found.size]
        self._need = 2
        self.stopped = found.claimed > self._limit
        return found, raw

    @property
    def rest(self) -> bytes:
        """The bytes that are not a complete frame yet."""
        return bytes(self._buffer)


def decode(buffer: bytes | bytearray, limit: int = LIMIT) -> Frame | int:
    """The frame at the start of ``buffer``, or the number of bytes needed before another attempt."""
    if len(buffer) < 2:
        return 2
    first, second = buffer[0], buffer[1]
    masked, length, length_as, start = bool(second & 0x80), second & 0x7F, 7, 2
    if length == 126:
        length_as, start = 16, 4
    elif length == 127:
        length_as, start = 64, 10
    head = start + (4 if masked else 0)
    if len(buffer) < head:
        return head
    if length_as != 7:
        length = int.from_bytes(buffer[2:start], "big")
    too_long = length > limit
    end = head if too_long else head + length
    if len(buffer) < end:
        return end
    payload = bytes(buffer[head:end])
    if masked:
        payload = mask_with(payload, bytes(buffer[start:head]))
    frame = Frame(
        first & 0x0F, payload, bool(first & 0x80), bool(first & 0x40), bool(first & 0x20), bool(first & 0x10),
        masked, length_as, length, end,
    )  # fmt: skip
    found = faults(frame, limit)
    if not found:
        return frame
    return Frame(
        frame.opcode, payload, frame.fin, frame.rsv1, frame.rsv2, frame.rsv3, masked, length_as, length, end, found
    )


def faults(frame: Frame, limit: int = LIMIT) -> tuple[str, ...]:
    """The rules that a server's frame breaks by itself. The caller checks RSV1, since it depends on the extensions."""
    found = []
    if frame.masked:
        found.append("a server's frame is masked (RFC 6455, 5.1)")
    if frame.rsv2 or frame.rsv3:
        found.append("RSV2 or RSV3 is set, and no extension gives it a meaning (5.2)")
    if frame.opcode not in NAMES:
        found.append(f"opcode {frame.opcode} is reserved (5.2)")
    if frame.control and not frame.fin:
        found.append("a control frame is fragmented (5.5)")
    if frame.control and frame.claimed > 125:
        found.append(f"a control frame has {frame.claimed} bytes, more than 125 (5.5)")
    if frame.length_as != length_width(frame.claimed):
        found.append(f"length {frame.claimed} is written in {frame.length_as} bits, not the fewest (5.2)")
    if frame.length_as == 64 and frame.claimed >> 63:
        found.append("the highest bit of a 64-bit length is set (5.2)")
    if frame.claimed > limit:
        found.append(f"a length of {frame.claimed} bytes is claimed, beyond what is decoded")
    if frame.opcode == CLOSE:
        found.extend(close_faults(frame))
    return tuple(found)


def close_faults(frame: Frame) -> list[str]:
    """The faults of a close frame's payload (RFC 6455, sections 5.5.1 and 7.4), one sentence each."""
    found = []
    if len(frame.payload) == 1:
        found.append("a close frame has one byte of payload, half a code (5.5.1)")
    code = frame.code
    if code is not None and code not in CLOSE_CODES and not 3000 <= code <= 4999:
        found.append(f"close code {code} may not be sent (7.4)")
    try:
        frame.payload[2:].decode()
    except UnicodeDecodeError:
        found.append("a close frame's reason is not UTF-8 (5.5.1)")
    return found


def length_width(length: int) -> int:
    """The fewest bits in which a length may be written: 7, 16 or 64."""
    return 7 if length < 126 else 16 if length < 65536 else 64


def mask_with(data: bytes, key: bytes) -> bytes:
    """``data`` masked, or unmasked, with a key of four bytes (RFC 6455, section 5.3)."""
    size = len(data)
    if not size:
        return b""
    mask = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "little") ^ int.from_bytes(mask, "little")).to_bytes(size, "little")


def encode(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv1: bool = False,
    rsv2: bool = False,
    rsv3: bool = False,
    mask: bool = True,
    length_as: int | None = None,
    claim_length: int | None = None,
    key: bytes | None = None,
) -> bytes:
    """The bytes of one frame, legal or not.

    ``length_as`` writes the length in 7, 16 or 64 bits rather than the fewest; ``claim_length`` writes another
    length than the payload's. ``key`` is the masking key, random by default. Raises ValueError if a length does
    not fit into the bits.
    """
    length = len(payload) if claim_length is None else claim_length
    width = length_as or length_width(length)
    bits = 0x80 if mask else 0
    first = (fin << 7) | (rsv1 << 6) | (rsv2 << 5) | (rsv3 << 4) | (opcode & 0x0F)
    if width not in (7, 16, 64):
        raise WrongValue(f"a frame's length is written in 7, 16 or 64 bits, not {width}")
    if length < 0 or length >> width or (width == 7 and length > 125):
        raise WrongValue(f"a length of {length} does not fit into {width} bits")
    if width == 7:
        head = bytes((first, bits | length))
    elif width == 16:
        head = bytes((first, bits | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((first, bits | 127)) + length.to_bytes(8, "big")
    if not mask:
        return head + payload
    key = os.urandom(4) if key is None else key
    return head + key + mask_with(payload, key)


def close_payload(code: int | None, reason: bytes = b"") -> bytes:
    """The payload of a close frame: a code of 16 bits and a reason, or nothing without a code."""
    return reason if code is None else (code & 0xFFFF).to_bytes(2, "big") + reason
