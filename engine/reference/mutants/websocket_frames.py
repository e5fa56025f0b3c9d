"""Faults in the heads, masks, fragments and control frames of a WebSocket's client, and in the server's own frames."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from websockets.frames import Frame, Opcode

from ..frames import ClientFrames, Protocol
from ..session import WebSocketConversation
from .base import Event, Install, Mutant, replaced, sent_by_websockets, together

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FIN = 0x80
DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
BATCH = 32
LARGE = 64 * 1024


@dataclass(frozen=True, slots=True)
class ClientFrame:
    """A complete frame of the client; ``bits`` is the width of its length, ``mask`` b"" for none, ``payload`` is
    unmasked."""

    first: int
    bits: int
    mask: bytes
    payload: bytes
    highest: bool = False

    @property
    def opcode(self) -> int:
        return self.first & 0x0F

    @property
    def control(self) -> bool:
        return self.opcode >= CLOSE

    def whole(self) -> bytes:
        size, flag = len(self.payload), 0x80 if self.mask else 0
        high = 1 << 63 if self.highest else 0
        length = {
            7: lambda: bytes([flag | size]),
            16: lambda: bytes([flag | 126]) + struct.pack("!H", size),
            64: lambda: bytes([flag | 127]) + struct.pack("!Q", size | high),
        }[self.bits]()
        return bytes([self.first]) + length + self.mask + xor(self.payload, self.mask)


def xor(data: bytes, key: bytes) -> bytes:
    """Mask or unmask data; an empty key changes nothing."""
    if not key or not data:
        return data
    repeated = (key * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(data), "big")


def taken(buffer: bytearray) -> Iterator[ClientFrame]:
    """Take the complete frames from the start of a buffer."""
    while len(buffer) >= 2:
        size, bits, start = buffer[1] & 0x7F, 7, 2
        if size > 125:
            bits, start = (16, 4) if size == 126 else (64, 10)
            size = int.from_bytes(buffer[2:start], "big")
        highest, size = bool(size >> 63), size & (2**63 - 1)
        mask = bytes(buffer[start : start + 4]) if buffer[1] & 0x80 else b""
        start += 4 if buffer[1] & 0x80 else 0
        if len(buffer) < start + size:
            return
        payload = xor(bytes(buffer[start : start + size]), mask)
        found = ClientFrame(buffer[0], bits, mask, payload, highest)
        del buffer[: start + size]
        yield found


Change = Callable[[Any, ClientFrame], ClientFrame | None]


def _incoming(change: Change) -> Install:
    """Change each frame of the client before it is parsed; None drops it."""

    def wrong(right: Any) -> Any:
        def feed(self: ClientFrames, data: bytes) -> list[str | bytes]:
            buffer = vars(self).setdefault("raw", bytearray())
            buffer += data
            frames = [change(self, frame) for frame in taken(buffer)]
            messages: list[str | bytes] = right(self, b"".join(frame.whole() for frame in frames if frame))
            return messages

        return feed

    return replaced(ClientFrames, "feed", wrong)


def _in_message(self: Any, frame: ClientFrame) -> bool:
    """True if a message has begun before this frame."""
    before = bool(vars(self).get("within"))
    if not frame.control:
        vars(self)["within"] = not frame.first & FIN
    return before


def _feeding(change: Callable[[ClientFrames, bytes], bytes | None]) -> Install:
    """Change each read before it is parsed; None fails the connection with 1002."""

    def wrong(right: Any) -> Any:
        def feed(self: ClientFrames, data: bytes) -> list[str | bytes]:
            changed = change(self, data)
            if changed is None:
                self._fail(1002, "")
                return []
            messages: list[str | bytes] = right(self, changed)
            return messages

        return feed

    return replaced(ClientFrames, "feed", wrong)


def _messages(change: Callable[[Any, list[str | bytes]], list[str | bytes]]) -> Install:
    """Change the messages that a read completes."""

    def wrong(right: Any) -> Any:
        return lambda self, data: change(self, right(self, data))

    return replaced(ClientFrames, "feed", wrong)


def _outgoing(change: Callable[[int, bytes], tuple[bytes, bytes]]) -> Install:
    """Change each frame that goes out. ``change`` gets the first byte and the payload, and returns the head behind the
    first byte, and the payload."""

    def frames(data: bytes) -> Iterator[bytes]:
        while data:
            size, start = data[1], 2
            if size > 125:
                start = 4 if size == 126 else 10
                size = int.from_bytes(data[2:start], "big")
            head, payload = change(data[0], data[start : start + size])
            yield data[:1] + head + payload
            data = data[start + size :]

    def wrong(right: Any) -> Any:
        return lambda self: b"".join(frames(right(self)))

    return replaced(ClientFrames, "out", wrong)


def _head(size: int) -> bytes:
    if size < 126:
        return bytes([size])
    return bytes([126]) + struct.pack("!H", size) if size < 65536 else bytes([127]) + struct.pack("!Q", size)


def _wide(*sizes: int) -> Install:
    """Write lengths of these sizes in more bits than they need."""

    def change(first: int, payload: bytes) -> tuple[bytes, bytes]:
        size = len(payload)
        if size not in sizes:
            return _head(size), payload
        wide = bytes([126]) + struct.pack("!H", size) if size < 126 else bytes([127]) + struct.pack("!Q", size)
        return wide, payload

    return _outgoing(change)


def _cut_at(limit: int, *opcodes: int) -> Install:
    def change(first: int, payload: bytes) -> tuple[bytes, bytes]:
        payload = payload[:limit] if first & 0x0F in opcodes else payload
        return _head(len(payload)), payload

    return _outgoing(change)


def _pong_as_text(first: int, payload: bytes) -> tuple[bytes, bytes]:
    if first & 0x0F == PONG:
        payload = payload.decode("utf-8", "replace").encode()[:125]
    return _head(len(payload)), payload


# heads and masks


def _highest_cleared(self: Any, frame: ClientFrame) -> ClientFrame:
    return replace(frame, highest=False, bits=_fewest(len(frame.payload))) if frame.highest else frame


def _fewest(size: int) -> int:
    return 7 if size < 126 else 16 if size < 65536 else 64


def _wide_empty(self: Any, frame: ClientFrame) -> ClientFrame:
    """Take a length in more bits than it needs for none."""
    size = len(frame.payload)
    return frame if frame.bits == _fewest(size) else replace(frame, bits=7, payload=b"")


def _mask_goes_on(self: Any, frame: ClientFrame) -> ClientFrame:
    """Begin with the byte of the key at which the fragment before has ended."""
    if frame.control or not frame.mask:
        return frame
    at = vars(self).get("masked", 0) if frame.opcode == CONTINUATION else 0
    vars(self)["masked"] = (at + len(frame.payload)) % 4
    turned = frame.mask[at:] + frame.mask[:at]
    return replace(frame, payload=xor(xor(frame.payload, frame.mask), turned))


def _first_key(self: Any, frame: ClientFrame) -> ClientFrame:
    """Unmask each fragment with the key of the first one."""
    if frame.control or not frame.mask:
        return frame
    if frame.opcode != CONTINUATION:
        vars(self)["key"] = frame.mask
    return replace(frame, payload=xor(xor(frame.payload, frame.mask), vars(self).get("key", frame.mask)))


def _key_of_data(self: Any, frame: ClientFrame) -> ClientFrame:
    """Unmask a control frame with the key of the data frame before it."""
    if not frame.control:
        vars(self)["key"] = frame.mask
        return frame
    return replace(frame, payload=xor(xor(frame.payload, frame.mask), vars(self).get("key", frame.mask)))


def _words_only(self: Any, frame: ClientFrame) -> ClientFrame:
    """Unmask words of eight bytes, and leave the rest masked if there is a word."""
    masked = xor(frame.payload, frame.mask)
    end = len(masked) // 8 * 8
    return replace(frame, payload=frame.payload[:end] + masked[end:]) if end else frame


def _large_in_odd_pieces(self: Any, frame: ClientFrame) -> ClientFrame:
    """Unmask in pieces of 65,535 bytes, each from the first byte of the key."""
    masked, step = xor(frame.payload, frame.mask), LARGE - 1
    pieces = (xor(masked[at : at + step], frame.mask) for at in range(0, len(masked), step))
    return replace(frame, payload=b"".join(pieces)) if len(masked) > LARGE else frame


def _given_a_mask(chosen: Callable[[ClientFrame], bool]) -> Install:
    return _incoming(lambda self, frame: frame if frame.mask or not chosen(frame) else replace(frame, mask=b"\1\2\3\4"))


def _bits_cleared(bits: int, chosen: Callable[[ClientFrame], bool]) -> Install:
    return _incoming(lambda self, frame: replace(frame, first=frame.first & ~bits) if chosen(frame) else frame)


def _reserved_data_as_binary(self: Any, frame: ClientFrame) -> ClientFrame:
    return replace(frame, first=frame.first & 0xF0 | BINARY) if BINARY < frame.opcode < CLOSE else frame


def _reserved_continues(self: Any, frame: ClientFrame) -> ClientFrame:
    inside = _in_message(self, frame)
    return replace(frame, first=frame.first & 0x70) if inside and BINARY < frame.opcode < CLOSE else frame


def _half_head_refused(self: ClientFrames, data: bytes) -> bytes | None:
    buffer = vars(self).setdefault("raw", bytearray())
    buffer += data
    for _ in taken(buffer):
        pass
    if not buffer:
        return data
    size = len(buffer)
    head = 2 + (4 if size > 1 and buffer[1] & 0x80 else 0)
    head += {126: 2, 127: 8}.get(buffer[1] & 0x7F, 0) if size > 1 else 0
    return None if size < head else data


def _short_tail_lost(self: ClientFrames, data: bytes) -> bytes:
    """Forget one or two bytes of a frame that has just begun."""
    buffer = vars(self).setdefault("raw", bytearray())
    buffer += data
    for _ in taken(buffer):
        pass
    size = len(buffer)
    if 0 < size < 3 and len(data) >= size:
        buffer.clear()
        return data[:-size]
    return data


def _batch_only(self: ClientFrames, data: bytes) -> bytes:
    """Process the first frames of a read."""
    buffer = vars(self).setdefault("raw", bytearray())
    buffer += data
    frames = list(taken(buffer))
    return b"".join(frame.whole() for frame in frames[:BATCH])


def _behind_a_ping_lost(self: ClientFrames, data: bytes) -> bytes:
    buffer = vars(self).setdefault("raw", bytearray())
    buffer += data
    frames = list(taken(buffer))
    pings = [at for at, frame in enumerate(frames) if frame.opcode == PING]
    return b"".join(frame.whole() for frame in (frames[: pings[0] + 1] if pings else frames))


def _backlog_of_sixteen(right: Any) -> Any:
    """Drop messages beyond sixteen that wait for the application."""

    def queue_event(self: Any, event: Event) -> None:
        if event["type"] != "websocket.receive" or self._events.qsize() < BATCH // 2:
            right(self, event)

    return queue_event


def _empty_dropped(call: Any, event: Event) -> Event | None:
    empty = event.get("type") == "websocket.send" and not (event.get("text") or event.get("bytes"))
    return None if empty else event


def _halves(right: Any) -> Any:
    """Write the second half of a large frame later."""

    def out(self: ClientFrames) -> bytes:
        data: bytes = right(self)
        if len(data) <= LARGE or not hasattr(self, "put"):
            return data
        asyncio.get_running_loop().call_later(0.02, vars(self)["put"], data[LARGE:])
        return data[:LARGE]

    return out


def _with_put(right: Any) -> Any:
    def accept(self: WebSocketConversation, event: Event) -> None:
        right(self, event)
        assert self._frames is not None
        vars(self._frames)["put"] = self._stream.put

    return accept


# fragments


def _taking(change: Callable[[Any, Frame, list[str | bytes]], Frame | None]) -> Install:
    """Change each frame before its data are added to the message; None drops it."""

    def wrong(right: Any) -> Any:
        def take(self: ClientFrames, frame: Frame, messages: list[str | bytes]) -> None:
            changed = change(self, frame, messages)
            if changed is not None:
                right(self, changed, messages)

        return take

    return replaced(ClientFrames, "_take", wrong)


def _empty_first_dropped(self: Any, frame: ClientFrame) -> ClientFrame | None:
    return None if frame.first in (TEXT, BINARY) and not frame.payload else frame


def _empty_continuation_ends(self: Any, frame: Frame, messages: list[str | bytes]) -> Frame | None:
    if vars(self).get("ended"):
        vars(self)["ended"] = frame.opcode is Opcode.CONT and not frame.fin
        return None if frame.opcode is Opcode.CONT else frame
    if frame.opcode is Opcode.CONT and not frame.data and not frame.fin:
        vars(self)["ended"] = True
        return Frame(Opcode.CONT, b"", True)
    return frame


def _last_empty_dropped(self: Any, frame: Frame, messages: list[str | bytes]) -> Frame | None:
    return None if frame.opcode is Opcode.CONT and frame.fin and not frame.data else frame


def _thirty_two(right: Any) -> Any:
    """Fail the connection at the fragment beyond 32."""

    def take(self: Any, frame: Frame, messages: list[str | bytes]) -> None:
        count = vars(self)["count"] = vars(self).get("count", 0) + 1 if frame.opcode is Opcode.CONT else 0
        if count >= BATCH:
            self._fail(1009, "too many fragments")
            return
        right(self, frame, messages)

    return take


def _control_begins_anew(self: Any, frame: Frame, messages: list[str | bytes]) -> Frame:
    """Forget the fragments before a control frame."""
    if frame.opcode not in DATA:
        self._text, self._octets = [], []
    return frame


def _pong_begins_anew(self: Any, frame: Frame, messages: list[str | bytes]) -> Frame:
    if frame.opcode is Opcode.PONG:
        self._text, self._octets = [], []
    return frame


def _kind_of_the_first(self: Any, frame: Frame, messages: list[str | bytes]) -> Frame:
    """Take the kind of the connection's first message for that of each fragmented one."""
    if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
        kind = vars(self).setdefault("kind", frame.opcode)
        return frame if frame.fin else Frame(kind, frame.data, frame.fin)
    return frame


SHARED: tuple[list[str], list[bytes]] = ([], [])


def _shared(right: Any) -> Any:
    """Collect the fragments of all connections in one place."""

    def take(self: ClientFrames, frame: Frame, messages: list[str | bytes]) -> None:
        if not frame.fin or frame.opcode is Opcode.CONT:
            self._text, self._octets = SHARED
            right(self, frame, messages)
            SHARED[0][:], SHARED[1][:] = (self._text, self._octets)
            return
        right(self, frame, messages)

    return take


def _partial_before_a_close(self: Any, frame: Frame, messages: list[str | bytes]) -> Frame:
    if frame.opcode is Opcode.CLOSE and (self._text or self._octets):
        messages.append(b"".join(self._octets) if self._decoder is None else "".join(self._text))
    return frame


def _partial_at_the_end(right: Any) -> Any:
    def disconnect(self: Any) -> None:
        frames = self._frames
        if frames is not None and not frames._protocol.close_rcvd and (frames._text or frames._octets):
            self._queue_event({"type": "websocket.receive", "text": "".join(frames._text)})
        right(self)

    return disconnect


def _close_in_message_refused(right: Any) -> Any:
    def recv_frame(self: Protocol, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE and self.current_size is not None:
            self.fail(1002, "a close within a message")
            return
        right(self, frame)

    return recv_frame


def _begun_by_a_continuation(chosen: Callable[[Any, ClientFrame], bool]) -> Install:
    """Take some continuations of no message for the beginning of one."""

    def change(self: Any, frame: ClientFrame) -> ClientFrame:
        first = not vars(self).get("some")
        vars(self)["some"] = True
        inside = _in_message(self, frame)
        lone = frame.opcode == CONTINUATION and not inside
        return replace(frame, first=frame.first | TEXT) if lone and chosen(first, frame) else frame

    return _incoming(change)


def _interleaved(chosen: Callable[[int, int], bool]) -> Install:
    """Take some beginnings of a message within a message for its continuation. ``chosen`` gets both opcodes."""

    def change(self: Any, frame: ClientFrame) -> ClientFrame:
        inside = _in_message(self, frame)
        if frame.opcode in (TEXT, BINARY):
            kind = vars(self).get("kind", 0)
            if inside and chosen(kind, frame.opcode):
                return replace(frame, first=frame.first & 0xF0)
            vars(self)["kind"] = frame.opcode
        return frame

    return _incoming(change)


def _replaces(self: Any, frame: ClientFrame) -> ClientFrame:
    """Forget a message if another one begins within it."""
    inside = _in_message(self, frame)
    if inside and frame.opcode in (TEXT, BINARY):
        self._text, self._octets, self._decoder = [], [], None
        self._protocol.current_size = None
    return frame


# control frames


def _long_controls_cut(*opcodes: int) -> Install:
    def change(self: Any, frame: ClientFrame) -> ClientFrame:
        if frame.opcode in opcodes and len(frame.payload) > 125:
            return replace(frame, payload=frame.payload[:2] if frame.opcode == CLOSE else frame.payload[:125], bits=7)
        return frame

    return _incoming(change)


def _slightly_long_cut(self: Any, frame: ClientFrame) -> ClientFrame:
    """Accept a control frame whose length needs no more than 16 bits, from 127 bytes on."""
    size = len(frame.payload)
    return replace(frame, payload=frame.payload[:2], bits=7) if frame.control and 127 <= size < 65536 else frame


def _final(self: Any, frame: ClientFrame) -> ClientFrame:
    """Take a control frame within a message for a final one."""
    inside = _in_message(self, frame)
    return replace(frame, first=frame.first | FIN) if frame.control and inside else frame


def _pongs(change: Callable[[list[bytes]], list[bytes]]) -> Install:
    """Change the pongs that one read causes. ``change`` gets their frames."""

    def wrong(right: Any) -> Any:
        def feed(self: ClientFrames, data: bytes) -> list[str | bytes]:
            messages: list[str | bytes] = right(self, data)
            writes = self._protocol.writes
            pongs = [one for one in writes if one[:1] == bytes([FIN | PONG])]
            self._protocol.writes = [one for one in writes if one not in pongs] + change(pongs)
            return messages

        return feed

    return replaced(ClientFrames, "feed", wrong)


def _ping_behind_close_refused(self: ClientFrames, data: bytes) -> bytes | None:
    buffer = bytearray(data)
    opcodes = [frame.opcode for frame in taken(buffer)]
    return None if CLOSE in opcodes and opcodes[-1] in (PING, PONG) else data


def _empty_pong_refused(self: Any, frame: ClientFrame) -> ClientFrame:
    return replace(frame, first=0x70 | PONG) if frame.opcode == PONG and not frame.payload else frame


def _pings_are_events(self: Any, frame: Frame, messages: list[str | bytes]) -> Frame:
    if frame.opcode is Opcode.PING and frame.data:
        messages.append(bytes(frame.data))
    return frame


MUTANTS: Mapping[str, Mutant] = {
    "ws-highest-bit-ignored": Mutant("the highest bit of a 64-bit length is ignored", _incoming(_highest_cleared)),
    "ws-wide-lengths-are-zero": Mutant("a length in more bits than it needs is read as 0", _incoming(_wide_empty)),
    "ws-125-in-16-bits": Mutant("the server writes the length 125 in 16 bits", _wide(125)),
    "ws-65535-in-64-bits": Mutant("the server writes the length 65,535 in 64 bits", _wide(65535)),
    "ws-cut-at-64-kib": Mutant("the server cuts messages at 65,536 bytes", _cut_at(65536, TEXT, BINARY)),
    "ws-cut-at-256-kib": Mutant("the server cuts messages at 262,144 bytes", _cut_at(262144, TEXT, BINARY)),
    "ws-mask-goes-on": Mutant(
        "the masking key of a fragment begins where the one before ended", _incoming(_mask_goes_on)
    ),
    "ws-first-key-for-all": Mutant("fragments are unmasked with the key of the first one", _incoming(_first_key)),
    "ws-control-with-key-of-data": Mutant(
        "a control frame is unmasked with the key of the data frame before it", _incoming(_key_of_data)
    ),
    "ws-rest-left-masked": Mutant("bytes behind the last word of eight stay masked", _incoming(_words_only)),
    "ws-large-unmasked-in-pieces": Mutant(
        "long payloads are unmasked in pieces of odd length", _incoming(_large_in_odd_pieces)
    ),
    "ws-unmasked-control-accepted": Mutant(
        "control frames without a mask are accepted", _given_a_mask(lambda frame: frame.control)
    ),
    "ws-unmasked-continuation-accepted": Mutant(
        "continuations without a mask are accepted", _given_a_mask(lambda frame: frame.opcode == CONTINUATION)
    ),
    "ws-unmasked-empty-accepted": Mutant(
        "empty frames without a mask are accepted", _given_a_mask(lambda frame: not frame.payload)
    ),
    "ws-unmasked-long-accepted": Mutant(
        "frames of more than 125 bytes without a mask are accepted", _given_a_mask(lambda frame: frame.bits > 7)
    ),
    "ws-reserved-bits-of-controls-accepted": Mutant(
        "reserved bits of control frames are ignored", _bits_cleared(0x70, lambda frame: frame.control)
    ),
    "ws-reserved-bits-of-continuations-accepted": Mutant(
        "reserved bits of continuations are ignored", _bits_cleared(0x70, lambda frame: frame.opcode == CONTINUATION)
    ),
    "ws-rsv2-accepted": Mutant("RSV2 is ignored", _bits_cleared(0x20, lambda frame: True)),
    "ws-rsv3-accepted": Mutant("RSV3 is ignored", _bits_cleared(0x10, lambda frame: True)),
    "ws-reserved-controls-skipped": Mutant(
        "reserved control frames are skipped", _incoming(lambda self, frame: None if frame.opcode > PONG else frame)
    ),
    "ws-reserved-data-as-binary": Mutant(
        "reserved data frames are binary messages", _incoming(_reserved_data_as_binary)
    ),
    "ws-reserved-data-continues": Mutant(
        "a reserved data frame within a message continues it", _incoming(_reserved_continues)
    ),
    "ws-reserved-empty-skipped": Mutant(
        "empty frames with reserved opcodes are skipped",
        _incoming(
            lambda self, frame: (
                None
                if not frame.payload and frame.opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG)
                else frame
            )
        ),
    ),
    "ws-half-head-refused": Mutant("a head that comes in two parts is a protocol error", _feeding(_half_head_refused)),
    "ws-short-tail-lost": Mutant("one or two bytes of a frame that has begun are lost", _feeding(_short_tail_lost)),
    "ws-batch-of-32": Mutant("frames beyond 32 in one read are lost", _feeding(_batch_only)),
    "ws-behind-a-ping-lost": Mutant("frames behind a ping in one read are lost", _feeding(_behind_a_ping_lost)),
    "ws-batch-reversed": Mutant(
        "messages of one read are delivered in reverse", _messages(lambda self, found: found[::-1])
    ),
    "ws-batch-last-only": Mutant(
        "of the messages of one read, the last is delivered", _messages(lambda self, found: found[-1:])
    ),
    "ws-empty-not-delivered": Mutant(
        "empty messages are not delivered", _messages(lambda self, found: [one for one in found if one])
    ),
    "ws-empty-not-sent": Mutant("empty messages are not sent", sent_by_websockets(_empty_dropped)),
    "ws-sixteen-wait": Mutant(
        "messages beyond sixteen that wait for the application are lost",
        replaced(WebSocketConversation, "_queue_event", _backlog_of_sixteen),
    ),
    "ws-large-in-halves": Mutant(
        "other frames come into the middle of a large one",
        together(replaced(ClientFrames, "out", _halves), replaced(WebSocketConversation, "_accept", _with_put)),
    ),
    "ws-empty-first-fragment-lost": Mutant("an empty first fragment is ignored", _incoming(_empty_first_dropped)),
    "ws-empty-fragment-ends": Mutant("an empty fragment ends its message", _taking(_empty_continuation_ends)),
    "ws-last-empty-fragment-lost": Mutant("an empty last fragment is ignored", _taking(_last_empty_dropped)),
    "ws-32-fragments": Mutant("a message has at most 32 fragments", replaced(ClientFrames, "_take", _thirty_two)),
    "ws-control-begins-anew": Mutant("a control frame discards the fragments before it", _taking(_control_begins_anew)),
    "ws-pong-begins-anew": Mutant("a pong discards the fragments before it", _taking(_pong_begins_anew)),
    "ws-kind-of-the-first": Mutant("each fragmented message has the kind of the first", _taking(_kind_of_the_first)),
    "ws-shared-fragments": Mutant(
        "the fragments of all connections are one message", replaced(ClientFrames, "_take", _shared)
    ),
    "ws-partial-before-a-close": Mutant(
        "a message is delivered in part before a close", _taking(_partial_before_a_close)
    ),
    "ws-partial-at-the-end": Mutant(
        "a message is delivered in part after the loss of the connection",
        replaced(WebSocketConversation, "_disconnect", _partial_at_the_end),
    ),
    "ws-close-in-a-message-refused": Mutant(
        "a close between fragments is a protocol error", replaced(Protocol, "recv_frame", _close_in_message_refused)
    ),
    "ws-open-continuation-accepted": Mutant(
        "a continuation of nothing that is not final begins a message",
        _begun_by_a_continuation(lambda first, frame: not frame.first & FIN),
    ),
    "ws-first-continuation-accepted": Mutant(
        "the first frame of a connection may be a continuation", _begun_by_a_continuation(lambda first, frame: first)
    ),
    "ws-empty-continuation-accepted": Mutant(
        "an empty continuation of nothing is a message",
        _begun_by_a_continuation(lambda first, frame: not frame.payload),
    ),
    "ws-other-kind-continues": Mutant(
        "a message of the other kind within a message continues it", _interleaved(lambda old, new: old != new)
    ),
    "ws-new-message-replaces": Mutant("a message within a message replaces it", _incoming(_replaces)),
    "ws-pong-cut": Mutant("pongs have at most 124 bytes", _cut_at(124, PONG)),
    "ws-pong-as-text": Mutant("the bytes of a ping are taken for text", _outgoing(_pong_as_text)),
    "ws-pongs-reversed": Mutant("the pings of one read are answered in reverse", _pongs(lambda pongs: pongs[::-1])),
    "ws-32-pongs": Mutant("of the pings of one read, the first 32 are answered", _pongs(lambda pongs: pongs[:BATCH])),
    "ws-long-pings-accepted": Mutant("pings of more than 125 bytes are accepted", _long_controls_cut(PING)),
    "ws-long-pongs-accepted": Mutant("pongs of more than 125 bytes are accepted", _long_controls_cut(PONG)),
    "ws-long-closes-accepted": Mutant("closes of more than 125 bytes are accepted", _long_controls_cut(CLOSE)),
    "ws-slightly-long-controls-accepted": Mutant(
        "control frames of 127 to 65,535 bytes are accepted", _incoming(_slightly_long_cut)
    ),
    "ws-control-fragments-in-a-message": Mutant(
        "a control frame within a message need not be final", _incoming(_final)
    ),
    "ws-ping-behind-a-close-refused": Mutant(
        "a ping behind a close is a protocol error", _feeding(_ping_behind_close_refused)
    ),
    "ws-empty-pong-refused": Mutant("an empty pong is a protocol error", _incoming(_empty_pong_refused)),
    "ws-pings-are-events": Mutant("the application receives pings as messages", _taking(_pings_are_events)),
}
