"""HTTP/2 frames, without I/O, tolerant (RFC 9113, sections 4 and 6).

A reader that checks servers must represent every fault, so decoding refuses nothing, and lists the rules that a frame
breaks by itself (``Frame.faults``). Encoding can break each rule on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from engine.model.variables import WrongValue

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADER = 9
LONGEST = 16_384
"""The longest payload as long as no SETTINGS_MAX_FRAME_SIZE allows more (section 4.2), in bytes."""
WINDOW = 65_535
"""The initial flow-control window of a connection and of each stream, in bytes (section 6.9.2)."""
LARGEST_WINDOW = 2**31 - 1

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
TYPES = {
    "data": DATA, "headers": HEADERS, "priority": PRIORITY, "rst_stream": RST_STREAM, "settings": SETTINGS,
    "push_promise": PUSH_PROMISE, "ping": PING, "goaway": GOAWAY, "window_update": WINDOW_UPDATE,
    "continuation": CONTINUATION,
}  # fmt: skip
NAMES = {number: name for name, number in TYPES.items()}

END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
WITH_PRIORITY = 0x20
FLAGS = {"end_stream": END_STREAM, "ack": ACK, "end_headers": END_HEADERS, "padded": PADDED, "priority": WITH_PRIORITY}
_FLAGS_OF = {
    DATA: END_STREAM | PADDED,
    HEADERS: END_STREAM | END_HEADERS | PADDED | WITH_PRIORITY,
    SETTINGS: ACK,
    PUSH_PROMISE: END_HEADERS | PADDED,
    PING: ACK,
    CONTINUATION: END_HEADERS,
}

# Section 7.
ERRORS = {
    "NO_ERROR": 0, "PROTOCOL_ERROR": 1, "INTERNAL_ERROR": 2, "FLOW_CONTROL_ERROR": 3, "SETTINGS_TIMEOUT": 4,
    "STREAM_CLOSED": 5, "FRAME_SIZE_ERROR": 6, "REFUSED_STREAM": 7, "CANCEL": 8, "COMPRESSION_ERROR": 9,
    "CONNECT_ERROR": 10, "ENHANCE_YOUR_CALM": 11, "INADEQUATE_SECURITY": 12, "HTTP_1_1_REQUIRED": 13,
}  # fmt: skip
ERROR_NAMES = {number: name for name, number in ERRORS.items()}

# Section 6.5.2, and RFC 8441, section 3; RFC 9218, section 2.1.
SETTING_NUMBERS = {
    "header_table_size": 1, "enable_push": 2, "max_concurrent_streams": 3, "initial_window_size": 4,
    "max_frame_size": 5, "max_header_list_size": 6, "enable_connect_protocol": 8, "no_rfc7540_priorities": 9,
}  # fmt: skip
SETTING_NAMES = {number: name for name, number in SETTING_NUMBERS.items()}

_ON_CONNECTION = frozenset({SETTINGS, PING, GOAWAY})
_ON_STREAM = frozenset({DATA, HEADERS, PRIORITY, RST_STREAM, PUSH_PROMISE, CONTINUATION})
# Frames of at most so many bytes are parsed and judged once: every connection begins with the same few ones.
_SHORT = 128
_SIZES = {PRIORITY: 5, RST_STREAM: 4, PING: 8, WINDOW_UPDATE: 4}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it was on the wire. ``reserved`` is the bit before the stream identifier."""

    type: int
    flags: int = 0
    stream: int = 0
    payload: bytes = b""
    reserved: bool = False

    @property
    def name(self) -> str | int:
        """The name of the type, or the number of an unknown one."""
        return NAMES.get(self.type, self.type)

    @property
    def flag_names(self) -> list[str]:
        """The names of the flags that are defined for the type and set, in the order of their bits."""
        defined = _FLAGS_OF.get(self.type, 0)
        first = "ack" if self.type in (SETTINGS, PING) else "end_stream"
        words = {first: 0x1, "end_headers": END_HEADERS, "padded": PADDED, "priority": WITH_PRIORITY}
        return [word for word, bit in words.items() if bit & defined & self.flags]

    @property
    def ends_stream(self) -> bool:
        """True if END_STREAM is set on DATA or HEADERS."""
        return self.type in (DATA, HEADERS) and bool(self.flags & END_STREAM)

    @property
    def acknowledges(self) -> bool:
        """True if ACK is set on SETTINGS or PING."""
        return self.type in (SETTINGS, PING) and bool(self.flags & ACK)

    @property
    def content(self) -> bytes | None:
        """The payload without padding, priority and a promised stream; None if these are longer than the payload."""
        data = self.payload
        padding = 0
        if self.type in (DATA, HEADERS, PUSH_PROMISE) and self.flags & PADDED:
            if not data:
                return None
            padding, data = data[0], data[1:]
        skip = 5 if self.type == HEADERS and self.flags & WITH_PRIORITY else 4 if self.type == PUSH_PROMISE else 0
        if len(data) < skip + padding:
            return None
        return data[skip : len(data) - padding]

    @property
    def padding(self) -> int:
        """The stated number of bytes of padding."""
        padded = self.type in (DATA, HEADERS, PUSH_PROMISE) and self.flags & PADDED and self.payload
        return self.payload[0] if padded else 0

    @property
    def error(self) -> str | int | None:
        """The error code of RST_STREAM or GOAWAY: its name, or the number of an unknown one; None for other frames."""
        start = {RST_STREAM: 0, GOAWAY: 4}.get(self.type)
        if start is None or len(self.payload) < start + 4:
            return None
        number = int.from_bytes(self.payload[start : start + 4], "big")
        return ERROR_NAMES.get(number, number)

    @property
    def last_stream(self) -> int | None:
        """The last stream identifier of GOAWAY; None for other frames."""
        if self.type != GOAWAY or len(self.payload) < 8:
            return None
        return int.from_bytes(self.payload[:4], "big") & LARGEST_WINDOW

    @property
    def increment(self) -> int | None:
        """The increment of WINDOW_UPDATE; None for other frames."""
        if self.type != WINDOW_UPDATE or len(self.payload) != 4:
            return None
        return int.from_bytes(self.payload, "big") & LARGEST_WINDOW

    @property
    def settings(self) -> list[tuple[int, int]]:
        """The settings of SETTINGS in order, as number and value; empty for other frames."""
        if self.type != SETTINGS:
            return []
        return list((_settings_once if len(self.payload) <= _SHORT else _settings)(self.payload))

    @property
    def faults(self) -> tuple[str, ...]:
        """The rules that a server's frame breaks by itself."""
        return tuple(_faults(self))


def _settings(payload: bytes) -> tuple[tuple[int, int], ...]:
    whole = len(payload) // 6 * 6
    pieces = [payload[at : at + 6] for at in range(0, whole, 6)]
    return tuple((int.from_bytes(one[:2], "big"), int.from_bytes(one[2:], "big")) for one in pieces)


_settings_once = lru_cache(maxsize=256)(_settings)


def _faults(frame: Frame) -> Iterable[str]:
    kind, size = frame.type, len(frame.payload)
    if kind not in NAMES:
        return
    name = NAMES[kind].upper()
    if frame.reserved:
        yield f"the reserved bit of {name} is set (RFC 9113, 4.1)"
    if frame.flags & ~_FLAGS_OF.get(kind, 0):
        yield f"{name} has flags that are not defined for it: 0x{frame.flags:02x} (RFC 9113, 4.1)"
    if kind in _ON_CONNECTION and frame.stream:
        yield f"{name} is on stream {frame.stream}, and belongs to the connection (RFC 9113, 6)"
    if kind in _ON_STREAM and not frame.stream:
        yield f"{name} is on stream 0 (RFC 9113, 6)"
    if kind in _SIZES and size != _SIZES[kind]:
        yield f"{name} has {size} B, not {_SIZES[kind]} (RFC 9113, 6)"
    if kind == GOAWAY and size < 8:
        yield f"GOAWAY has {size} B, less than 8 (RFC 9113, 6.8)"
    if kind == SETTINGS and size % 6:
        yield f"SETTINGS has {size} B, which is no multiple of 6 (RFC 9113, 6.5)"
    if kind == SETTINGS and frame.acknowledges and size:
        yield f"an acknowledgement of SETTINGS has {size} B (RFC 9113, 6.5)"
    if frame.increment == 0:
        yield "WINDOW_UPDATE has an increment of 0 (RFC 9113, 6.9)"
    if frame.content is None:
        yield f"the padding of {name} is longer than the frame (RFC 9113, 6.1)"
    for number, value in frame.settings:
        yield from _setting_faults(number, value)


def faults_of(frame: Frame, raw: bytes) -> tuple[str, ...]:
    """The faults of a frame with these bytes."""
    return _faults_of_a_short_one(raw) if len(raw) <= _SHORT else frame.faults


@lru_cache(maxsize=1024)
def _faults_of_a_short_one(raw: bytes) -> tuple[str, ...]:
    return _parsed(raw).faults


def _parsed(raw: bytes) -> Frame:
    word = int.from_bytes(raw[5:9], "big")
    return Frame(raw[3], raw[4], word & LARGEST_WINDOW, raw[HEADER:], bool(word >> 31))


_parsed_once = lru_cache(maxsize=1024)(_parsed)


def _setting_faults(number: int, value: int) -> Iterable[str]:
    match SETTING_NAMES.get(number):
        case "enable_push" if value:
            yield f"a server sends SETTINGS_ENABLE_PUSH of {value} (RFC 9113, 6.5.2)"
        case "initial_window_size" if value > LARGEST_WINDOW:
            yield f"SETTINGS_INITIAL_WINDOW_SIZE is {value}, above 2^31-1 (RFC 9113, 6.5.2)"
        case "max_frame_size" if not LONGEST <= value < 2**24:
            yield f"SETTINGS_MAX_FRAME_SIZE is {value}, outside of 2^14 to 2^24-1 (RFC 9113, 6.5.2)"
        case "enable_connect_protocol" if value > 1:
            yield f"SETTINGS_ENABLE_CONNECT_PROTOCOL is {value}, neither 0 nor 1 (RFC 8441, 3)"


class FrameReader:
    """Bytes in pieces of any size to frames."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Add bytes."""
        self._buffer += data

    def next(self) -> tuple[Frame, bytes] | None:
        """The next complete frame with its bytes; None if more bytes are needed."""
        buffer = self._buffer
        if len(buffer) < HEADER:
            return None
        end = HEADER + int.from_bytes(buffer[:3], "big")
        if len(buffer) < end:
            return None
        raw = bytes(buffer[:end])
        del buffer[:end]
        return (_parsed_once(raw) if end <= _SHORT else _parsed(raw)), raw

    @property
    def rest(self) -> bytes:
        """The bytes that are not a complete frame yet."""
        return bytes(self._buffer)


def encode(
    type: int,
    flags: int = 0,
    stream: int = 0,
    payload: bytes = b"",
    *,
    reserved: bool = False,
    claim_length: int | None = None,
) -> bytes:
    """The bytes of one frame, legal or not. ``claim_length`` is written in place of the payload's length. Raises
    WrongValue if a number does not fit into its field."""
    length = len(payload) if claim_length is None else claim_length
    if not (0 <= length < 2**24 and 0 <= type <= 255 and 0 <= flags <= 255 and 0 <= stream <= LARGEST_WINDOW):
        limits = {"length": (length, 2**24 - 1), "type": (type, 255), "flags": (flags, 255)}
        wrong = [(name, value, most) for name, (value, most) in limits.items() if not 0 <= value <= most]
        name, value, most = [*wrong, ("stream", stream, LARGEST_WINDOW)][0]
        raise WrongValue(f"a frame's {name} is {value}, and should be at most {most}")
    word = stream | (reserved << 31)
    return length.to_bytes(3, "big") + bytes((type, flags)) + word.to_bytes(4, "big") + payload


def padded(content: bytes, padding: int | None, claim_padding: int | None = None) -> tuple[bytes, int]:
    """A payload with padding, and the flag for it; ``claim_padding`` is written in place of the length of the padding.
    None for ``padding`` adds nothing. Raises WrongValue for a length that does not fit into a byte."""
    if padding is None and claim_padding is None:
        return content, 0
    real = padding or 0
    stated = real if claim_padding is None else claim_padding
    if not 0 <= stated <= 255 or not 0 <= real <= 255:
        raise WrongValue(f"a padding is {stated if real <= 255 else real} B long, and should be at most 255")
    return bytes((stated,)) + content + bytes(real), PADDED


def priority_fields(depends_on: int, weight: int, *, exclusive: bool = False) -> bytes:
    """The priority fields of HEADERS and PRIORITY (section 6.3): ``weight`` is 1 to 256. Raises WrongValue."""
    if not 1 <= weight <= 256 or not 0 <= depends_on <= LARGEST_WINDOW:
        raise WrongValue(f"the weight is {weight} and depends_on {depends_on}: a weight is 1 to 256")
    return (depends_on | exclusive << 31).to_bytes(4, "big") + bytes((weight - 1,))


def settings_payload(values: Iterable[tuple[int, int]]) -> bytes:
    """The payload of SETTINGS: numbers and values in order. Raises WrongValue for one that does not fit."""
    found = bytearray()
    for number, value in values:
        if not 0 <= number <= 0xFFFF or not 0 <= value <= 0xFFFFFFFF:
            raise WrongValue(f"the setting {number} is {value}, and has 32 bits")
        found += number.to_bytes(2, "big") + value.to_bytes(4, "big")
    return bytes(found)


def goaway_payload(last_stream: int, code: int, text: bytes = b"") -> bytes:
    """The payload of GOAWAY: last stream, error code, and debug data."""
    return last_stream.to_bytes(4, "big") + code.to_bytes(4, "big") + text
