"""The server's side of a connection, without I/O: frames in order, streams, windows (RFC 9113, sections 5 and 6).

A stream is in ``streams`` from its HEADERS until both sides have ended it, or one has reset it. Frames that the client
sent before it knew of a reset are read, counted and dropped. An error of a stream is answered here, with RST_STREAM;
one of the connection is raised, and its owner ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..limits import Limits
from ..refused import RequestRefused
from . import frames, settings
from .budget import NuisanceBudget
from .faults import ConnectionFault, ErrorCode, StreamFault
from .frames import LARGEST_WINDOW, WireFrame
from .hpack import HeaderDecoder, HeaderEncoder
from .request import Http2Request, request_of, split
from .tables import Field

CREDIT_AT = 16 * 1024  # bytes of content that are given back together
REMEMBERED = 1000  # closed streams
FIXED = {frames.PRIORITY: 5, frames.RST_STREAM: 4, frames.PING: 8, frames.WINDOW_UPDATE: 4}
OF_THE_CONNECTION = (frames.SETTINGS, frames.PING, frames.GOAWAY)
OF_A_STREAM = (frames.DATA, frames.HEADERS, frames.PRIORITY, frames.RST_STREAM, frames.CONTINUATION)
BOTH, BY_CLIENT, BY_SERVER = "both sides have ended it", "the client has reset it", "the server has reset it"


@dataclass(frozen=True, slots=True)
class Began:
    """A request, or what it is refused with. ``head`` if it is one without a body in the answer."""

    stream: int
    request: Http2Request | RequestRefused
    ended: bool
    head: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """A piece of a body, and whether it is the last."""

    stream: int
    data: bytes
    ended: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """A stream that was reset by either side."""

    stream: int


Happening = Began | Content | Gone


@dataclass(slots=True)
class ServedStream:
    """A stream. ``room`` are the bytes that the client accepts, ``window`` those that this side accepts; ``length`` is
    that of the body if it is stated, ``received`` what has come of it. ``tunnel`` is true for
    one that CONNECT opens."""

    room: int
    window: int
    length: int | None
    received: int = 0
    owed: int = 0
    client_ended: bool = False
    ended: bool = False
    tunnel: bool = False


@dataclass(slots=True)
class _Section:
    stream: int
    block: bytearray
    ends: bool


class Http2Protocol:
    """One connection. ``out`` has the bytes to be sent, ``last`` is the client's last stream. ``orphans`` are the calls
    that still run although their stream is closed; they count as streams."""

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self.streams: dict[int, ServedStream] = {}
        self.last = 0
        self.orphans = 0
        self.client_leaves = False
        self.pongs = 0
        self.client = settings.ClientSettings()
        self.out = bytearray(settings.own(limits.head))
        self._limits = limits
        self._budget = NuisanceBudget(now)
        self._decoder, self._encoder = HeaderDecoder(), HeaderEncoder()
        self._section: _Section | None = None
        self._greeted = False
        self._window = settings.DEFAULT_WINDOW
        self._owed = 0
        self._room = settings.DEFAULT_WINDOW
        self._closed: dict[int, str] = {}
        self._final: int | None = None  # streams above are not served

    # the client's frames

    def receive(self, buffer: bytearray) -> Iterator[Happening]:
        """Take all complete frames out of ``buffer``, which begins behind the preface. Raises ConnectionFault."""
        while (frame := frames.take(buffer)) is not None:
            self._check(frame)
            try:
                yield from self._frame(frame)
            except StreamFault as fault:
                self._budget.spend("errors of streams")
                there = fault.stream in self.streams
                self.reset(fault.stream, fault.code)
                if there:
                    yield Gone(fault.stream)

    def _check(self, frame: WireFrame) -> None:
        """Check the form of a frame, and its place. Raises ConnectionFault."""
        if not self._greeted:
            if frame.type != frames.SETTINGS or frame.has(frames.ACK):
                raise _wrong("H2-03", "the client's first frame is SETTINGS")
            self._greeted = True
        section = self._section
        if section is not None and (frame.type, frame.stream) != (frames.CONTINUATION, section.stream):
            raise _wrong("H2-47", "nothing stands between the frames of a field section")
        if section is None and frame.type == frames.CONTINUATION:
            raise _wrong("H2-48", "CONTINUATION follows HEADERS")
        if frame.type in OF_THE_CONNECTION and frame.stream:
            raise _wrong("H2-16", "a frame of the connection is on stream 0")
        if frame.type in OF_A_STREAM and not frame.stream:
            raise _wrong("H2-17", "a frame of a stream has its stream")
        if frame.type == frames.PUSH_PROMISE:
            raise _wrong("H2-44", "a client promises nothing")
        if frame.type == frames.PRIORITY and len(frame.payload) != FIXED[frames.PRIORITY]:
            return  # an error of the stream only
        if frame.type in FIXED and len(frame.payload) != FIXED[frame.type]:
            raise _too("a frame of this type has a fixed length")
        if frame.type == frames.SETTINGS and len(frame.payload) % settings.ENTRY:
            raise _too("a setting has 6 bytes")
        if frame.type == frames.SETTINGS and frame.has(frames.ACK) and frame.payload:
            raise _too("an acknowledgement has no settings")
        if frame.type == frames.GOAWAY and len(frame.payload) < 8:
            raise _too("GOAWAY has at least 8 bytes")

    def _frame(self, frame: WireFrame) -> Iterator[Happening]:
        match frame.type:
            case frames.DATA:
                yield from self._data(frame)
            case frames.HEADERS:
                yield from self._headers(frame)
            case frames.CONTINUATION:
                yield from self._continuation(frame)
            case frames.PRIORITY:
                if len(frame.payload) != FIXED[frames.PRIORITY]:
                    raise StreamFault(frame.stream, ErrorCode.FRAME_SIZE_ERROR, "H2-12", "PRIORITY has 5 bytes")
            case frames.RST_STREAM:
                yield from self._reset(frame)
            case frames.SETTINGS:
                self._settings(frame)
            case frames.PING:
                self._ping(frame)
            case frames.GOAWAY:
                self.client_leaves = True
            case frames.WINDOW_UPDATE:
                self._window_update(frame)
            case _:
                pass  # unknown types are ignored (section 5.5)

    def _headers(self, frame: WireFrame) -> Iterator[Happening]:
        if not frame.stream % 2:
            raise _wrong("H2-20", "a client's streams have odd numbers")
        self._section = _Section(frame.stream, bytearray(frames.content(frame)), frame.has(frames.END_STREAM))
        if frame.has(frames.END_HEADERS):
            yield from self._complete()

    def _continuation(self, frame: WireFrame) -> Iterator[Happening]:
        section = self._section
        assert section is not None
        section.block += frame.payload
        if len(section.block) > 2 * self._limits.head:
            raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "H2-81", "a field section is too long")
        if frame.has(frames.END_HEADERS):
            yield from self._complete()
        elif not frame.payload:
            self._budget.spend("empty CONTINUATION")

    def _complete(self) -> Iterator[Happening]:
        """The end of a field section: a request, or trailers. It is decoded in any case, since the table depends on
        it."""
        section, self._section = self._section, None
        assert section is not None
        number, ends = section.stream, section.ends
        fields = self._decoder.decode(bytes(section.block), self._limits.head)
        if (stream := self.streams.get(number)) is not None:
            return (yield from self._trailers(number, stream, fields or [], ends=ends))
        if number <= self.last:
            return self._late(number, "HEADERS")
        self.last = number
        if self._final is not None and number > self._final:
            return None
        if len(self.streams) + self.orphans >= settings.MOST_STREAMS:
            raise StreamFault(number, ErrorCode.REFUSED_STREAM, "H2-22", "too many streams at once")
        yield self._begin(number, fields, ends=ends)

    def _begin(self, number: int, fields: Sequence[Field] | None, *, ends: bool) -> Began:
        """A new stream. Raises StreamFault."""
        request: Http2Request | RequestRefused
        try:
            if fields is None or len(fields) > self._limits.fields:
                raise RequestRefused(431, "H1-33", "the field section is too large")
            request = request_of(number, fields, ended=ends)
        except RequestRefused as error:
            request = error
        length = None if isinstance(request, RequestRefused) else request.length
        tunnel = not isinstance(request, RequestRefused) and request.opens_websocket
        stream = ServedStream(self.client.window, settings.DEFAULT_WINDOW, length, client_ended=ends, tunnel=tunnel)
        self.streams[number] = stream
        return Began(number, request, ends, (b":method", b"HEAD") in (fields or ()))

    def _trailers(
        self, number: int, stream: ServedStream, fields: Sequence[Field], *, ends: bool
    ) -> Iterator[Happening]:
        if stream.client_ended:
            raise StreamFault(number, ErrorCode.STREAM_CLOSED, "H2-25", "HEADERS after the end of the stream")
        if stream.tunnel:
            raise StreamFault(number, ErrorCode.PROTOCOL_ERROR, "H2WS-09", "HEADERS in a tunnel")
        if not ends:
            raise StreamFault(number, ErrorCode.PROTOCOL_ERROR, "H2-55", "trailers end the stream")
        split(number, fields, trailers=True)
        yield self._content(number, stream, b"", ends=True)

    def _late(self, number: int, name: str) -> None:
        """A frame on a stream that is closed. Raises ConnectionFault, or StreamFault after a reset by the client."""
        how = self._closed.get(number)
        if how is None:
            raise _wrong("H2-21", "the numbers of streams increase")
        if how == BY_CLIENT:
            raise StreamFault(number, ErrorCode.STREAM_CLOSED, "H2-26", f"{name} after a reset")
        if how == BOTH:
            raise ConnectionFault(ErrorCode.STREAM_CLOSED, "H2-25", f"{name} on a closed stream")

    def _data(self, frame: WireFrame) -> Iterator[Happening]:
        number, size = frame.stream, len(frame.payload)
        if number > self.last or not number % 2:
            raise _wrong("H2-24", "DATA on an idle stream")
        self._window -= size
        if self._window < 0:
            raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "H2-71", "more content than the connection's window")
        self._owe(size)
        content = frames.content(frame)
        stream = self.streams.get(number)
        if stream is None:
            if self._final is None or number <= self._final:
                self._late(number, "DATA")
            return
        if stream.client_ended:
            raise StreamFault(number, ErrorCode.STREAM_CLOSED, "H2-25", "DATA after the end of the stream")
        stream.window -= size
        if stream.window < 0:
            raise StreamFault(number, ErrorCode.FLOW_CONTROL_ERROR, "H2-71", "more content than the stream's window")
        ends = frame.has(frames.END_STREAM)
        if not content and not ends:
            self._budget.spend("empty DATA")
        self.credit(number, size - len(content))
        yield self._content(number, stream, content, ends=ends)

    def _content(self, number: int, stream: ServedStream, data: bytes, *, ends: bool) -> Content:
        """A piece of a body, of which the length is checked. Raises StreamFault."""
        stream.received += len(data)
        if stream.length is not None and (
            stream.received > stream.length or (ends and stream.received != stream.length)
        ):
            raise StreamFault(
                number, ErrorCode.PROTOCOL_ERROR, "H2-53", "the body is not as long as its Content-Length"
            )
        stream.client_ended = ends
        self._close_if_ended(number, stream)
        return Content(number, data, ends)

    def _reset(self, frame: WireFrame) -> Iterator[Happening]:
        if frame.stream > self.last or not frame.stream % 2:
            raise _wrong("H2-24", "RST_STREAM on an idle stream")
        self._budget.spend("resets")
        if frame.stream in self.streams:
            self._close(frame.stream, BY_CLIENT)
            yield Gone(frame.stream)

    def _settings(self, frame: WireFrame) -> None:
        if frame.has(frames.ACK):
            return
        self._budget.spend("SETTINGS")
        before = self.client.window
        for number, value in self.client.take(frame.payload):
            if number == settings.TABLE:
                self._encoder.limit(value)
        for stream in self.streams.values():
            stream.room += self.client.window - before
            if stream.room > LARGEST_WINDOW:
                raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "H2-73", "a window has at most 2^31-1 bytes")
        self.out += frames.written(frames.SETTINGS, frames.ACK, 0)

    def _ping(self, frame: WireFrame) -> None:
        if frame.has(frames.ACK):
            self.pongs += 1
            return
        self._budget.spend("PING")
        self.out += frames.written(frames.PING, frames.ACK, 0, frame.payload)

    def _window_update(self, frame: WireFrame) -> None:
        number, more = frame.stream, int.from_bytes(frame.payload, "big") & LARGEST_WINDOW
        if number and (number > self.last or not number % 2):
            raise _wrong("H2-24", "WINDOW_UPDATE on an idle stream")
        if not more:
            if number:
                raise StreamFault(number, ErrorCode.PROTOCOL_ERROR, "H2-72", "a window grows by at least 1")
            raise _wrong("H2-72", "a window grows by at least 1")
        if not number:
            self._room += more
            if self._room > LARGEST_WINDOW:
                raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "H2-73", "a window has at most 2^31-1 bytes")
        elif (stream := self.streams.get(number)) is not None:
            stream.room += more
            if stream.room > LARGEST_WINDOW:
                raise StreamFault(number, ErrorCode.FLOW_CONTROL_ERROR, "H2-73", "a window has at most 2^31-1 bytes")

    # this side's frames

    def head(self, number: int, fields: Sequence[Field], *, ends: bool) -> None:
        """Send a field section: a response, an interim response, or trailers."""
        self.out += frames.section(number, self._encoder.encode(fields), self.client.frame, ends=ends)
        self._ends(number, ends=ends)

    def room(self, number: int) -> int:
        """The bytes of content that can be sent now; 0 if there are none, or the stream is closed."""
        stream = self.streams.get(number)
        return 0 if stream is None else max(min(self._room, stream.room, self.client.frame), 0)

    def data(self, number: int, data: bytes, *, ends: bool) -> None:
        """Send content, of which ``room`` has said that it can be sent."""
        self._room -= len(data)
        self.streams[number].room -= len(data)
        self.out += frames.written(frames.DATA, frames.END_STREAM if ends else 0, number, data)
        self._ends(number, ends=ends)

    def reset(self, number: int, code: ErrorCode) -> None:
        """End a stream at once."""
        self.out += frames.written(frames.RST_STREAM, 0, number, code.to_bytes(4, "big"))
        self._close(number, BY_SERVER)

    def credit(self, number: int, size: int) -> None:
        """Give back the window of content that was read."""
        stream = self.streams.get(number)
        if stream is None or stream.client_ended:
            return
        stream.owed += size
        if stream.owed >= CREDIT_AT or (stream.owed and stream.window < CREDIT_AT):
            self.out += frames.written(frames.WINDOW_UPDATE, 0, number, stream.owed.to_bytes(4, "big"))
            stream.window += stream.owed
            stream.owed = 0

    def ping(self, data: bytes) -> None:
        """Ask for an answer of the client."""
        self.out += frames.written(frames.PING, 0, 0, data)

    def goaway(self, code: ErrorCode, text: str = "", *, final: bool = True) -> None:
        """Say that the connection ends. Streams begun so far are served, and those under way if it is not
        ``final``."""
        last = self.last if final else LARGEST_WINDOW
        self._final = last
        payload = last.to_bytes(4, "big") + code.to_bytes(4, "big") + text.encode()
        self.out += frames.written(frames.GOAWAY, 0, 0, payload)

    def _owe(self, size: int) -> None:
        """Give back the window of the connection, which bounds nothing: each stream has its own."""
        self._owed += size
        if self._owed >= CREDIT_AT:
            self.out += frames.written(frames.WINDOW_UPDATE, 0, 0, self._owed.to_bytes(4, "big"))
            self._window += self._owed
            self._owed = 0

    def _ends(self, number: int, *, ends: bool) -> None:
        stream = self.streams.get(number)
        if stream is not None and ends:
            stream.ended = True
            self._close_if_ended(number, stream)

    def _close_if_ended(self, number: int, stream: ServedStream) -> None:
        if stream.ended and stream.client_ended:
            self._close(number, BOTH)

    def _close(self, number: int, how: str) -> None:
        self.streams.pop(number, None)
        self._closed[number] = how
        while len(self._closed) > REMEMBERED:
            del self._closed[next(iter(self._closed))]


def _wrong(clause: str, why: str) -> ConnectionFault:
    return ConnectionFault(ErrorCode.PROTOCOL_ERROR, clause, why)


def _too(why: str) -> ConnectionFault:
    return ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "H2-12", why)
