"""Faults on the level of a WebSocket's frames."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from websockets.frames import Frame, Opcode

from ..frames import Boundaries, ClientFrames, Protocol
from ..session import WebSocketConversation
from .base import Install, Mutant, replaced

CONTINUATION, TEXT, CLOSE, PING, PONG = 0x0, 0x1, 0x8, 0x9, 0xA
KNOWN = (0x0, 0x1, 0x2, 0x8, 0x9, 0xA)
FIN = 0x80


@dataclass(frozen=True, slots=True)
class Short:
    """A frame of fewer than 126 bytes, taken apart; ``mask`` is b"" if it has none, ``payload`` is masked."""

    first: int
    mask: bytes
    payload: bytes

    @property
    def opcode(self) -> int:
        return self.first & 0x0F

    @property
    def plain(self) -> bytes:
        """The payload without the mask."""
        return bytes(byte ^ self.mask[at % 4] for at, byte in enumerate(self.payload)) if self.mask else self.payload

    def whole(self) -> bytes:
        return bytes([self.first, (0x80 if self.mask else 0) | len(self.payload)]) + self.mask + self.payload


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


def _incoming(change: Callable[[ClientFrames, Short], Short | None]) -> Install:
    """Change each short frame of the client before it is parsed; None drops it."""

    def wrong(right: Any) -> Any:
        def feed(self: ClientFrames, data: bytes) -> list[str | bytes]:
            found = []
            for frame in short_frames(data):
                if isinstance(frame, bytes):
                    found.append(frame)
                elif (other := change(self, frame)) is not None:
                    found.append(other.whole())
            messages: list[str | bytes] = right(self, b"".join(found))
            return messages

        return feed

    return replaced(ClientFrames, "feed", wrong)


def _outgoing(change: Callable[[bytes], bytes]) -> Install:
    """Change each frame that goes out."""

    def wrong(right: Any) -> Any:
        def out(self: ClientFrames) -> bytes:
            return b"".join(change(data) for data in self._protocol.data_to_send() if data)

        return out

    return replaced(ClientFrames, "out", wrong)


def _opcode(data: bytes) -> int:
    return data[0] & 0x0F


def _of(opcode: int, change: Callable[[bytes], bytes]) -> Install:
    return _outgoing(lambda data: change(data) if _opcode(data) == opcode else data)


def _masked(data: bytes) -> bytes:
    return data[:1] + bytes([0x80 | data[1]]) + bytes(4) + data[2:] if data[1] < 126 else data


def _wide(data: bytes) -> bytes:
    return data[:1] + bytes([126]) + struct.pack("!H", data[1]) + data[2:] if data[1] < 126 else data


def _known_only(self: Any, frame: Short) -> Short | None:
    return frame if frame.opcode in KNOWN else None


def _reserved_cleared(self: Any, frame: Short) -> Short:
    return replace(frame, first=frame.first & ~0x30)


def _compressed_cleared(self: Any, frame: Short) -> Short:
    return replace(frame, first=frame.first & ~0x40) if not self._protocol.extensions else frame


def _unmasked(self: Any, frame: Short) -> Short:
    return frame if frame.mask else replace(frame, mask=bytes(4))


def _in_message(self: Any, frame: Short) -> bool:
    """True if a message has begun before this frame."""
    before = bool(getattr(self, "begun", False))
    if frame.opcode < CLOSE:
        self.begun = not frame.first & FIN
    return before


def _lone_continuation(self: Any, frame: Short) -> Short:
    inside = _in_message(self, frame)
    return replace(frame, first=frame.first | TEXT) if frame.opcode == CONTINUATION and not inside else frame


def _new_in_message(self: Any, frame: Short) -> Short:
    inside = _in_message(self, frame)
    return replace(frame, first=frame.first & 0xF0) if inside and frame.opcode in (1, 2) else frame


def _whole_controls(self: Any, frame: Short) -> Short:
    return replace(frame, first=frame.first | FIN) if frame.opcode >= CLOSE else frame


def _repaired_close(self: Any, frame: Short) -> Short:
    if frame.opcode != CLOSE:
        return frame
    data = frame.plain
    code = int.from_bytes(data[:2], "big")
    odd = len(data) == 1 or (
        data and not ((1000 <= code <= 1014 and code not in (1004, 1005, 1006)) or 3000 <= code < 5000)
    )
    return Short(frame.first, bytes(4), b"\x03\xe8") if odd else frame


def _any_close_reason(self: Any, frame: Short) -> Short:
    if frame.opcode != CLOSE or len(frame.payload) < 3:
        return frame
    data = frame.plain
    return Short(frame.first, bytes(4), data[:2] + data[2:].decode("utf-8", "replace").encode()[:123])


def _no_pongs_in_message(self: Any, frame: Short) -> Short | None:
    inside = _in_message(self, frame)
    return None if inside and frame.opcode == PING else frame


def _pongs_close(self: Any, frame: Short) -> Short | None:
    return Short(FIN | CLOSE, bytes(4), b"\x03\xea") if frame.opcode == PONG else frame


def _apart(right: Any) -> Any:
    """Deliver each fragment as a message."""

    def take(self: ClientFrames, frame: Frame, messages: list[str | bytes]) -> None:
        right(self, frame, messages)
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT) and not frame.fin:
            messages.append(b"".join(self._octets) if self._decoder is None else "".join(self._text))
            self._text, self._octets = [], []

    return take


def _first_fragment(right: Any) -> Any:
    """Take the first fragment for the whole message."""

    def take(self: Any, frame: Frame, messages: list[str | bytes]) -> None:
        right(self, frame, messages)
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self.first = bytes(frame.data)
        if frame.opcode is Opcode.CONT and frame.fin and messages:
            messages[-1] = self.first if isinstance(messages[-1], bytes) else self.first.decode("utf-8", "replace")

    return take


def _any_text(right: Any) -> Any:
    def lenient(self: ClientFrames, frame: Frame, messages: list[str | bytes]) -> None:
        if frame.opcode is Opcode.TEXT:
            self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
            frame = Frame(Opcode.CONT, frame.data, frame.fin)
        right(self, frame, messages)

    return lenient


def _text_at_the_end(right: Any) -> Any:
    """Check text when its message is complete."""

    def take(self: Any, frame: Frame, messages: list[str | bytes]) -> None:
        if frame.opcode is Opcode.TEXT:
            self.late = b""
        if frame.opcode in (Opcode.TEXT, Opcode.CONT) and getattr(self, "late", None) is not None:
            self.late += bytes(frame.data)
            if frame.fin:
                messages.append(self.late.decode())
                self.late = None
            return
        right(self, frame, messages)

    return take


def _wide_accepted(right: Any) -> Any:
    def length(self: Boundaries) -> int:
        size = self._head[1] & 0x7F
        if size > 125:
            size = int.from_bytes(self._head[2:], "big") & (2**63 - 1)
        return size + (4 if self._head[1] & 0x80 else 0)

    return length


def _close_last(right: Any) -> Any:
    """Deliver messages that came behind a close, in the same bytes."""

    def feed(self: ClientFrames, data: bytes) -> list[str | bytes]:
        found = list(short_frames(data))
        closes = [frame for frame in found if isinstance(frame, Short) and frame.opcode == CLOSE]
        others = [frame for frame in found if frame not in closes]
        order = [*others, *closes]
        messages: list[str | bytes] = right(
            self, b"".join(one if isinstance(one, bytes) else one.whole() for one in order)
        )
        return messages

    return feed


def _code_of_fail(code: int) -> Callable[[Any], Any]:
    def wrong(right: Any) -> Any:
        def fail(self: Protocol, wanted: int, reason: str = "") -> None:
            right(self, code, reason)

        return fail

    return wrong


def _no_fail(right: Any) -> Any:
    """End the connection without a close frame if the client breaks a rule."""

    def fail(self: Protocol, code: int, reason: str = "") -> None:
        right(self, code, reason)
        self.data_to_send()
        self.writes.append(b"")

    return fail


def _any_size(right: Any) -> Any:
    def init(self: Any, limit: int, extensions: Any) -> None:
        right(self, 2**40, extensions)

    return init


def _open_after_close(right: Any) -> Any:
    """Keep the TCP connection after the closing handshake."""

    async def read(self: Any) -> None:
        if self._frames is None:
            self._stream.close = _after_peer(self._stream)
        await right(self)

    return read


def _after_peer(stream: Any) -> Any:
    close = type(stream).close

    async def closing(linger: float = 0.0) -> None:
        while await stream.fill():
            stream.buffer.clear()
        await close(stream, 0.0)

    return closing


def _no_echo(right: Any) -> Any:
    """Drop the answer to the client's close."""

    def recv_frame(self: Protocol, frame: Frame) -> None:
        before = len(self.writes)
        right(self, frame)
        if frame.opcode is Opcode.CLOSE:
            self.writes[before:] = [data for data in self.writes[before:] if not data]

    return recv_frame


def _without_single_bytes(right: Any) -> Any:
    return lambda self, data: right(self, data) if len(data) > 1 else []


def _zero_key_refused(right: Any) -> Any:
    def feed(self: ClientFrames, data: bytes) -> list[str | bytes]:
        if len(data) > 6 and data[1] & 0x80 and not any(data[2:6]):
            self._fail(1002, "a frame that is not masked")
            return []
        found: list[str | bytes] = right(self, data)
        return found

    return feed


def _checked_alone(right: Any) -> Any:
    def take(self: ClientFrames, frame: Frame, messages: list[str | bytes]) -> None:
        if not frame.fin:
            bytes(frame.data).decode()
        right(self, frame, messages)

    return take


def _hundred_pongs(right: Any) -> Any:
    def out(self: ClientFrames) -> bytes:
        data: bytes = right(self)
        if data[:1] != bytes([FIN | PONG]):
            return data
        state = vars(self)
        state["pongs"] = state.get("pongs", 0) + data.count(bytes([FIN | PONG]))
        return b"" if state["pongs"] > 100 else data

    return out


MUTANTS: Mapping[str, Mutant] = {
    "ws-masks": Mutant("the server masks its frames", _outgoing(_masked)),
    "ws-wide-lengths": Mutant("the server writes short lengths in two bytes", _outgoing(_wide)),
    "ws-sets-reserved-bits": Mutant(
        "the server sets a reserved bit", _outgoing(lambda data: bytes([data[0] | 0x20]) + data[1:])
    ),
    "ws-never-fin": Mutant(
        "messages go out without their last fragment", _of(TEXT, lambda data: bytes([data[0] & 0x7F]) + data[1:])
    ),
    "no-pong": Mutant("pings are not answered", _of(PONG, lambda data: b"")),
    "ws-wrong-pong": Mutant("pongs are empty", _of(PONG, lambda data: bytes([FIN | PONG, 0]))),
    "ws-pong-is-ping": Mutant("a ping is answered with a ping", _of(PONG, lambda data: bytes([FIN | PING]) + data[1:])),
    "ws-pong-twice": Mutant("a ping is answered twice", _of(PONG, lambda data: data * 2)),
    "ws-no-pong-in-a-message": Mutant("a ping between two fragments is not answered", _incoming(_no_pongs_in_message)),
    "ws-pong-unexpected": Mutant("a pong that nobody asked for is a protocol error", _incoming(_pongs_close)),
    "ws-close-not-echoed": Mutant("the client's close is not answered", replaced(Protocol, "recv_frame", _no_echo)),
    "ws-close-echoed-as-1000": Mutant(
        "every close frame has the code 1000",
        _of(CLOSE, lambda data: bytes([FIN | CLOSE, 2]) + struct.pack("!H", 1000)),
    ),
    "ws-close-echoed-empty": Mutant("close frames are empty", _of(CLOSE, lambda data: bytes([FIN | CLOSE, 0]))),
    "ws-close-echoed-twice": Mutant("close frames go out twice", _of(CLOSE, lambda data: data * 2)),
    "ws-stays-open": Mutant(
        "the connection stays open after the closing handshake",
        replaced(WebSocketConversation, "_read", _open_after_close),
    ),
    "ws-any-opcode": Mutant("frames with reserved opcodes are skipped", _incoming(_known_only)),
    "ws-reserved-bits-accepted": Mutant("reserved bits of frames are ignored", _incoming(_reserved_cleared)),
    "ws-compressed-bit-accepted": Mutant(
        "the bit of compression is ignored if none was agreed on", _incoming(_compressed_cleared)
    ),
    "ws-unmasked-accepted": Mutant("frames without a mask are accepted", _incoming(_unmasked)),
    "ws-lone-continuation-accepted": Mutant(
        "a continuation without a start is a message", _incoming(_lone_continuation)
    ),
    "ws-new-message-continues": Mutant("a message within a message continues it", _incoming(_new_in_message)),
    "ws-control-fragments-accepted": Mutant("fragmented control frames are accepted", _incoming(_whole_controls)),
    "ws-any-close-accepted": Mutant("a close with an invalid code is accepted", _incoming(_repaired_close)),
    "ws-any-reason-accepted": Mutant("a close reason that is no UTF-8 is accepted", _incoming(_any_close_reason)),
    "ws-fragments-apart": Mutant("each fragment is a message", replaced(ClientFrames, "_take", _apart)),
    "ws-first-fragment-only": Mutant(
        "the first fragment is the message", replaced(ClientFrames, "_take", _first_fragment)
    ),
    "ws-invalid-utf8": Mutant("text that is no UTF-8 is delivered", replaced(ClientFrames, "_take", _any_text)),
    "ws-utf8-late": Mutant(
        "text is checked at the end of its message", replaced(ClientFrames, "_take", _text_at_the_end)
    ),
    "ws-wide-lengths-accepted": Mutant(
        "a length in more bytes than it needs is accepted", replaced(Boundaries, "_length", _wide_accepted)
    ),
    "ws-reads-after-close": Mutant("messages after a close are delivered", replaced(ClientFrames, "feed", _close_last)),
    "ws-errors-are-1000": Mutant("a broken rule closes with 1000", replaced(Protocol, "fail", _code_of_fail(1000))),
    "ws-errors-are-1002": Mutant("every broken rule closes with 1002", replaced(Protocol, "fail", _code_of_fail(1002))),
    "ws-errors-are-1011": Mutant("a broken rule closes with 1011", replaced(Protocol, "fail", _code_of_fail(1011))),
    "ws-errors-drop": Mutant("a broken rule drops the connection", replaced(Protocol, "fail", _no_fail)),
    "ws-any-size": Mutant("a message may have any size", replaced(Protocol, "__init__", _any_size)),
    "ws-single-bytes-lost": Mutant(
        "a byte of a frame that comes by itself is lost", replaced(ClientFrames, "feed", _without_single_bytes)
    ),
    "ws-zero-key-refused": Mutant(
        "a masking key of zeros is taken for none", replaced(ClientFrames, "feed", _zero_key_refused)
    ),
    "ws-fragments-checked-alone": Mutant(
        "each fragment of a text has to be UTF-8 by itself", replaced(ClientFrames, "_take", _checked_alone)
    ),
    "ws-hundred-pongs": Mutant(
        "a client is sent a hundred pongs at most", replaced(ClientFrames, "out", _hundred_pongs)
    ),
}
