"""Faults on the level of frames: rewriting what was read before it is parsed, and what goes out."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .switches import Switch

CLOSE, PONG = 0x8, 0xA
KNOWN = (0x0, 0x1, 0x2, 0x8, 0x9, 0xA)


@dataclass(frozen=True, slots=True)
class Short:
    """A frame of fewer than 126 bytes, taken apart; ``mask`` is b"" where it had none."""

    first: int
    mask: bytes
    payload: bytes

    @property
    def opcode(self) -> int:
        return self.first & 0x0F

    def whole(self) -> bytes:
        flag = 0x80 if self.mask else 0
        return bytes([self.first, flag | len(self.payload)]) + self.mask + self.payload


def short_frames(data: bytes) -> Iterator[Short | bytes]:
    """The frames of ``data``, as long as they are short and complete; the rest as bytes."""
    while len(data) >= 2:
        masked, size = data[1] & 0x80, data[1] & 0x7F
        start = 6 if masked else 2
        if size > 125 or len(data) < start + size:
            break
        yield Short(data[0], data[2:start], data[start : start + size])
        data = data[start + size :]
    if data:
        yield data


def rewritten(data: bytes, switch: Switch, *, within_message: bool) -> bytes:
    """Make wrong frames right before the protocol sees them."""
    out = b""
    for frame in short_frames(data):
        if isinstance(frame, bytes):
            out += frame
            continue
        if frame.opcode not in KNOWN and switch("ws-any-opcode"):
            continue
        first, mask = frame.first, frame.mask
        if not mask and switch("ws-unmasked-accepted"):
            mask = bytes(4)
        if frame.opcode == 0 and not within_message and switch("ws-lone-continuation-accepted"):
            first |= 1
        if frame.opcode < CLOSE:
            within_message = not frame.first & 0x80
        out += Short(first, mask, frame.payload).whole()
    return out


def closing_last(data: bytes) -> bytes:
    """The frames of ``data`` with any close frame put behind the others."""
    frames = list(short_frames(data))
    closes = [frame for frame in frames if isinstance(frame, Short) and frame.opcode == CLOSE]
    others = [frame for frame in frames if frame not in closes]
    return b"".join(frame if isinstance(frame, bytes) else frame.whole() for frame in [*others, *closes])


def outgoing(data: bytes, switch: Switch) -> bytes:
    """A frame as it goes out, with the fault that is on; b"" where nothing does."""
    if not data:
        return data
    opcode = data[0] & 0x0F
    if opcode == PONG and switch("ws-no-pong"):
        return b""
    if opcode == PONG and switch("ws-wrong-pong"):
        return bytes([0x80 | PONG, 0])
    if opcode == CLOSE and switch("ws-close-dropped"):
        return b""
    if opcode == CLOSE and switch("ws-close-1000"):
        return bytes([0x80 | CLOSE, 2]) + struct.pack("!H", 1000)
    if switch("ws-masks") and len(data) >= 2 and data[1] < 126:
        return data[:1] + bytes([0x80 | data[1]]) + bytes(4) + data[2:]
    return data
