"""The state of an HTTP/2 connection as its client has it, without I/O: frames in order, field sections, windows.

Frames are kept for whoever asks for them: in an inbox for each stream and in one for the connection (``stream 0``).
The replies that a connection needs to go on (acknowledgements, and windows that are given back) are manners, and each
can be turned off. Rules that the server breaks are noted with the frame, and nothing is refused.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.protocols.http2.fields import TABLE, FieldDecoder, FieldEncoder, Pair, faults
from engine.protocols.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    GOAWAY,
    HEADERS,
    LARGEST_WINDOW,
    LONGEST,
    PING,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTING_NAMES,
    SETTING_NUMBERS,
    SETTINGS,
    WINDOW,
    WINDOW_UPDATE,
    Frame,
    FrameReader,
    encode,
    faults_of,
)

MANNERS = ("settings", "ping", "windows")
CONNECT_PROTOCOL = SETTING_NUMBERS["enable_connect_protocol"]
SMALL = 16_384
"""The content that is given back to the window of the connection only with other replies, in bytes. The server has
still three quarters of the first window."""
_ACKNOWLEDGEMENT = encode(SETTINGS, ACK)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame that came: its bytes, the time, and the rules that it violates.

    ``fields`` are those of a section that this frame completes, None if it completes none; ``frames`` is the number of
    frames of the section.
    """

    frame: Frame
    raw: bytes
    at: float
    faults: tuple[str, ...] = ()
    fields: tuple[Pair, ...] | None = None
    frames: int = 1


@dataclass(slots=True)
class StreamState:
    """A stream: the bytes that may still be sent on it, those that the server may send, and what has come. ``headed``
    once the final response began, ``ended`` once the server has ended it, ``reset`` if that was by RST_STREAM.
    ``sent`` is the size of the DATA that went out."""

    send: int
    receive: int
    sent: int = 0
    headed: bool = False
    ended: bool = False
    reset: bool = False
    inbox: deque[Arrival] = field(default_factory=deque)


@dataclass(slots=True)
class _Section:
    stream: int
    parts: list[bytes]
    ends_stream: bool
    faults: list[str]


class Http2Client:
    """The client's side of one connection."""

    def __init__(self, settings: Mapping[int, int] | None = None, manners: Collection[str] = MANNERS) -> None:
        """``settings`` are this side's first ones, ``manners`` the words of MANNERS that it has."""
        self.encoder, self._decoder = FieldEncoder(), FieldDecoder()
        self.manners = frozenset(manners)
        self.settings = {1: TABLE, 4: WINDOW, 5: LONGEST}
        self.theirs: dict[int, int] = {}
        self.asked = False
        self.acknowledged = 0
        self.send_window = self.receive_window = WINDOW
        self.streams: dict[int, StreamState] = {}
        self.inbox: deque[Arrival] = deque()
        self.table_sizes: list[int] = []
        self._reader = FrameReader()
        self._section: _Section | None = None
        self._replies = bytearray()
        self._kept = 0  # bytes that are not given back to the window of the connection yet
        self._held: dict[int, int] = {}  # bytes of streams whose windows are not given back
        self.announce(settings or {})

    # This side

    def announce(self, settings: Mapping[int, int]) -> None:
        """This side's settings, as they hold once the server has them."""
        before = self.settings[4]
        self.settings.update(settings)
        for stream in self.streams.values():
            stream.receive += self.settings[4] - before
        if 1 in settings:
            self._decoder.allow(settings[1])

    def opened(self, stream: int) -> StreamState:
        """The state of a stream, new for one on which this side sends first."""
        if stream not in self.streams:
            self.streams[stream] = StreamState(self.theirs.get(4, WINDOW), self.settings[4])
        return self.streams[stream]

    def credited(self, stream: int, increment: int) -> None:
        """This side has sent a WINDOW_UPDATE; on stream 0 it is for the connection."""
        if stream:
            self.opened(stream).receive += increment
        else:
            self.receive_window += increment

    def credit(self, stream: int) -> int:
        """The number of bytes of DATA that this side may send on a stream now."""
        return min(self.send_window, self.opened(stream).send)

    def sent(self, stream: int, size: int) -> None:
        """This side has sent so much DATA, padding included."""
        self.send_window -= size
        state = self.opened(stream)
        state.send -= size
        state.sent += size

    def hold(self, stream: int) -> None:
        """Give no window of a stream back, until ``give_back``."""
        self._held.setdefault(stream, 0)

    def give_back(self, stream: int) -> bytes:
        """The frame that gives back what was held of a stream's window, b"" for nothing."""
        size = self._held.pop(stream, 0)
        if not size or self.opened(stream).ended:
            return b""
        self.credited(stream, size)
        return encode(WINDOW_UPDATE, 0, stream, size.to_bytes(4, "big"))

    @property
    def longest(self) -> int:
        """The longest payload that the server takes, in bytes."""
        return self.theirs.get(5, LONGEST)

    def replies(self) -> bytes:
        """The frames that manners ask for since the last call."""
        if self._kept and (self._replies or self._kept >= SMALL):
            self._give(0, self._kept)
            self._kept = 0
        if not self._replies:
            return b""
        found = bytes(self._replies)
        self._replies.clear()
        return found

    # The server's side

    @property
    def rest(self) -> bytes:
        """The bytes behind the last complete frame."""
        return self._reader.rest

    def feed(self, data: bytes, at: float) -> list[Arrival]:
        """Take bytes. Returns the frames that they complete, which are also put into their inboxes."""
        self._reader.feed(data)
        found = []
        while (one := self._reader.next()) is not None:
            arrival = self._arrival(*one, at)
            stream = arrival.frame.stream
            (self.opened(stream).inbox if stream else self.inbox).append(arrival)
            found.append(arrival)
        return found

    def _arrival(self, frame: Frame, raw: bytes, at: float) -> Arrival:
        found = [*faults_of(frame, raw), *self._order(frame)]
        fields: tuple[Pair, ...] | None = None
        frames = 1
        match frame.type:
            case t if t in (HEADERS, CONTINUATION, PUSH_PROMISE):
                done = self._part(frame, found)
                if done is not None:
                    fields, frames = tuple(self._fields(done, found)), len(done.parts)
            case t if t == DATA:
                found += self._data(frame)
            case t if t == SETTINGS:
                found += self._settings(frame)
            case t if t == PING:
                if not frame.acknowledges and "ping" in self.manners:
                    self._replies += encode(PING, ACK, 0, frame.payload)
            case t if t == WINDOW_UPDATE:
                found += self._window(frame)
            case t if t == RST_STREAM and frame.stream:
                state = self.opened(frame.stream)
                state.ended = state.reset = True
        return Arrival(frame, raw, at, tuple(found), fields, frames)

    def _order(self, frame: Frame) -> Iterator[str]:
        """The rules about a frame at this place in the connection."""
        if not self.asked:
            self.asked = True
            if frame.type != SETTINGS or frame.acknowledges:
                yield "the first frame of the server is not SETTINGS (RFC 9113, 3.4)"
        if len(frame.payload) > self.settings[5]:
            limit = self.settings[5]
            yield f"the frame has {len(frame.payload)} B, more than SETTINGS_MAX_FRAME_SIZE of {limit} (RFC 9113, 4.2)"
        section = self._section
        if section is not None and (frame.type, frame.stream) != (CONTINUATION, section.stream):
            yield f"{frame.name} comes inside the field section of stream {section.stream} (RFC 9113, 6.10)"
        if section is None and frame.type == CONTINUATION:
            yield "CONTINUATION comes without a field section before it (RFC 9113, 6.10)"
        if frame.type in (DATA, HEADERS) and frame.stream:
            state = self.streams.get(frame.stream)
            if state is None:
                yield f"{frame.name} is on stream {frame.stream}, which is idle (RFC 9113, 5.1)"
            elif state.ended:
                yield f"{frame.name} comes after the end of stream {frame.stream} (RFC 9113, 5.1)"
            elif frame.type == DATA and not state.headed:
                yield f"DATA comes before the response of stream {frame.stream} (RFC 9113, 8.1)"
        if frame.type in (RST_STREAM, WINDOW_UPDATE) and frame.stream and frame.stream not in self.streams:
            yield f"{frame.name} is on stream {frame.stream}, which is idle (RFC 9113, 5.1)"
        if frame.type == PUSH_PROMISE and not self.settings.get(2, 1):
            yield "PUSH_PROMISE comes although SETTINGS_ENABLE_PUSH is 0 (RFC 9113, 6.6)"

    def _part(self, frame: Frame, found: list[str]) -> _Section | None:
        """Take a part of a field section. Returns the section if it is complete."""
        content = frame.content or b""
        if frame.type != CONTINUATION:
            self._section = _Section(frame.stream, [content], frame.ends_stream, found)
        elif self._section is not None:
            self._section.parts.append(content)
        if self._section is None or not frame.flags & END_HEADERS:
            return None
        done, self._section = self._section, None
        return done

    def _fields(self, section: _Section, found: list[str]) -> Sequence[Pair]:
        fields = self._decoder.decode(b"".join(section.parts))
        if self._decoder.broken:
            found.append(self._decoder.broken)
            return fields
        state = self.opened(section.stream)
        interim = dict(fields).get(b":status", b"")[:1] == b"1"
        found += faults(fields, trailers=state.headed)
        if state.headed and not section.ends_stream:
            found.append("trailers come without END_STREAM (RFC 9113, 8.1)")
        if interim and section.ends_stream:
            found.append("an interim response ends its stream (RFC 9113, 8.1)")
        state.headed = state.headed or not interim
        state.ended = state.ended or section.ends_stream
        return fields

    def _data(self, frame: Frame) -> Iterator[str]:
        size, state = len(frame.payload), self.opened(frame.stream)
        self.receive_window -= size
        state.receive -= size
        if self.receive_window < 0:
            yield f"DATA exceeds the window of the connection by {-self.receive_window} B (RFC 9113, 6.9)"
        if state.receive < 0:
            yield f"DATA exceeds the window of stream {frame.stream} by {-state.receive} B (RFC 9113, 6.9)"
        state.ended = state.ended or frame.ends_stream
        if size and "windows" in self.manners:
            self._kept += size
            if frame.stream in self._held:
                self._held[frame.stream] += size
            elif not state.ended:
                self._give(frame.stream, size)

    def _give(self, stream: int, size: int) -> None:
        self._replies += encode(WINDOW_UPDATE, 0, stream, size.to_bytes(4, "big"))
        self.credited(stream, size)

    def _settings(self, frame: Frame) -> Iterator[str]:
        if frame.acknowledges:
            self.acknowledged += 1
            return
        before, settings = self.theirs.get(4, WINDOW), dict(frame.settings)
        if self.theirs.get(CONNECT_PROTOCOL) and not settings.get(CONNECT_PROTOCOL, 1):
            yield "SETTINGS_ENABLE_CONNECT_PROTOCOL changes from 1 to 0 (RFC 8441, 3)"
        self.theirs.update(settings)
        for stream in self.streams.values():
            stream.send += self.theirs.get(4, WINDOW) - before
        if (size := self.theirs.get(1, TABLE)) < TABLE:
            self.table_sizes = [size]
        if "settings" in self.manners:
            self._replies += _ACKNOWLEDGEMENT

    def _window(self, frame: Frame) -> Iterator[str]:
        increment = frame.increment or 0
        if frame.stream:
            state = self.opened(frame.stream)
            state.send += increment
            total = state.send
        else:
            self.send_window += increment
            total = self.send_window
        if total > LARGEST_WINDOW:
            yield f"the window grows to {total} B, above 2^31-1 (RFC 9113, 6.9.1)"


def named_settings(settings: Mapping[int, int]) -> dict[str, int]:
    """Settings by name; unknown ones by their number as text."""
    return {SETTING_NAMES.get(number, str(number)): value for number, value in settings.items()}


def is_silent(frame: Frame) -> bool:
    """True for a frame without news for an application: flow control, acknowledgements, priority, unknown types."""
    return frame.type in (WINDOW_UPDATE, PRIORITY) or frame.acknowledges or frame.type > CONTINUATION


def is_fatal(frame: Frame) -> bool:
    """True for RST_STREAM and GOAWAY with an error."""
    return frame.type in (RST_STREAM, GOAWAY) and frame.error != "NO_ERROR"


__all__ = [
    "MANNERS", "SETTING_NUMBERS", "Arrival", "Http2Client", "StreamState", "is_fatal", "is_silent", "named_settings",
]  # fmt: skip
