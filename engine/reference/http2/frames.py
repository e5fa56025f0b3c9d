"""Frames of HTTP/2, in and out (RFC 9113, sections 4 and 6)."""

from __future__ import annotations

from dataclasses import dataclass

from .faults import ConnectionFault, ErrorCode

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 0x01, 0x01, 0x04, 0x08, 0x20
HEAD = 9
LONGEST = 16384  # bytes of a payload that every endpoint accepts
LARGEST_WINDOW = 2**31 - 1


@dataclass(frozen=True, slots=True)
class WireFrame:
    """A frame: its type and flags as numbers, its stream (0 is the connection), its payload."""

    type: int
    flags: int
    stream: int
    payload: bytes

    def has(self, flag: int) -> bool:
        """True if a flag is set."""
        return bool(self.flags & flag)


def take(buffer: bytearray, longest: int = LONGEST) -> WireFrame | None:
    """Take the frame at the start of ``buffer`` out of it; None if more bytes are needed. Raises ConnectionFault for
    one that is longer than the settings permit, as soon as its length is known."""
    if len(buffer) < HEAD:
        return None
    size = int.from_bytes(buffer[:3], "big")
    if size > longest:
        raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "H2-10", f"a frame has at most {longest} bytes")
    if len(buffer) < HEAD + size:
        return None
    stream = int.from_bytes(buffer[5:9], "big") & 0x7FFFFFFF  # the reserved bit is ignored
    frame = WireFrame(buffer[3], buffer[4], stream, bytes(buffer[HEAD : HEAD + size]))
    del buffer[: HEAD + size]
    return frame


def written(type: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """The bytes of a frame."""
    return b"".join([len(payload).to_bytes(3, "big"), bytes([type, flags]), stream.to_bytes(4, "big"), payload])


def section(stream: int, block: bytes, longest: int, *, ends: bool) -> bytes:
    """A field section as HEADERS, and CONTINUATION for what does not fit; ``ends`` sets END_STREAM."""
    parts = [block[at : at + longest] for at in range(0, len(block), longest)] or [b""]
    last = len(parts) - 1
    frames = []
    for number, part in enumerate(parts):
        flags = (END_HEADERS if number == last else 0) | (END_STREAM if ends and not number else 0)
        frames.append(written(CONTINUATION if number else HEADERS, flags, stream, part))
    return b"".join(frames)


def content(frame: WireFrame) -> bytes:
    """The payload of DATA or HEADERS without padding and priority fields. Raises ConnectionFault."""
    payload, end = frame.payload, len(frame.payload)
    start = 0
    if frame.has(PADDED):
        if not payload:
            raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "H2-34", "a padded frame has no length of its padding")
        start, end = 1, end - payload[0]
    if frame.type == HEADERS and frame.has(WITH_PRIORITY):
        if len(payload) < start + 5:
            raise ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "H2-12", "a frame is too short for its fields")
        start += 5
    if end < start:
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-34", "the padding is as long as the payload, or longer")
    return payload[start:end]
