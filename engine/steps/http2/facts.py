"""The facts of what a server sends over HTTP/2: the response of a stream, single frames, settings, windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.model.expectation import ABSENT, Mismatch
from engine.model.facts import FLAG, INTEGER, NAME_OR_NUMBER, OBJECT, SIZE, TEXTS, TIME, WIRE_BYTES, list_of, one_of
from engine.model.phrasing import Worded
from engine.model.wire_bytes import WireBytes
from engine.protocols.http2.connection import Arrival
from engine.protocols.http2.fields import Pair
from engine.protocols.http2.frames import DATA, RST_STREAM
from engine.steps.api.facts import FactSet, fact
from engine.steps.http1.facts import OUTCOME, TAKES_BROKEN, ResponseFacts, no_response
from engine.steps.http1.session import Response
from engine.steps.shared.implicit_failures import violation

# The facts of HTTP/1.1 that no response over HTTP/2 has.
_OF_HTTP1 = frozenset({"reason", "version", "framing"})
_HERE = {
    "status": "The final status, a whole number.",
    "headers": "Every field but :status as a pair of name and value, in order.",
    "chunks": "The number of DATA frames of the body.",
    "complete": "True if the server ended the stream by END_STREAM.",
    "wire": "Every byte of the frames that came for it.",
    "open": "True if the connection is still open after it.",
}
TAKES_RESET = TAKES_BROKEN | {"reset", "goaway", "frames"}


class StreamAnswer:
    """The frames that came on one stream, as a response that is filled in while they come."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self.arrivals: list[Arrival] = []
        self.faults: list[str] = []
        self.reset: str | int | None = None
        self.goaway: str | int | None = None
        self.ended = False
        self._ends = False

    def take(self, arrival: Arrival) -> bool:
        """Take the next frame; true if it is the last that matters."""
        response, frame = self.response, arrival.frame
        self.arrivals.append(arrival)
        self.faults += arrival.faults
        response.wire.append(arrival.raw)
        response.ended_at = arrival.at
        if response.first_at is None:
            response.first_at = arrival.at
        if arrival.fields is not None:
            self._fields(arrival.fields)
        elif frame.type == DATA:
            response.chunks += 1
            if frame.content:
                response.pieces.append((frame.content, arrival.at))
        elif frame.type == RST_STREAM:
            self.reset = frame.error
            if not self.ended:
                response.outcome, response.detail = "stream_reset", f"RST_STREAM with {frame.error}"
            return True
        # The end of a section counts with its last CONTINUATION.
        self._ends = self._ends or frame.ends_stream
        open_section = frame.type != DATA and arrival.fields is None and frame.type in (1, 9)
        if self._ends and not open_section and not self.ended:
            self.ended = True
            response.complete = response.status is not None
            response.outcome = "response" if response.complete else "malformed"
            response.detail = "" if response.complete else "the stream ended without a response"
        return self.ended

    def _fields(self, fields: Sequence[Pair]) -> None:
        response = self.response
        texts = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]
        if response.status is not None:
            response.trailers = (*response.trailers, *texts)
            return
        status = next((value for name, value in texts if name == ":status"), "")
        number = int(status) if status.isascii() and status.isdigit() else None
        if number is not None and 100 <= number < 200:
            response.interim.append(number)
            return
        response.status = number
        response.headers = [(name, value) for name, value in texts if name != ":status"]


class StreamFacts(ResponseFacts, without=_OF_HTTP1, summaries=_HERE):
    """An observation of the response of one stream."""

    compared = ("outcome", "status", "headers", "body", "trailers", "complete", "interim", "reset")

    def __init__(self, answer: StreamAnswer, sent: bytes | None = None) -> None:
        super().__init__(answer.response, sent)
        self.answer = answer

    @fact("outcome", one_of(*OUTCOME.words, "stream_reset", "goaway"))
    def outcome(self) -> object:
        """The outcome: response, stream_reset (RST_STREAM before the end), goaway (the server will not process the
        stream), closed, reset (of the connection), timeout or malformed."""
        return self.response.outcome

    @fact("reset", NAME_OR_NUMBER)
    def reset(self) -> object:
        """The error code of RST_STREAM, by name; absent without one."""
        return ABSENT if self.answer.reset is None else self.answer.reset

    @fact("goaway", NAME_OR_NUMBER)
    def goaway(self) -> object:
        """The error code of a GOAWAY that leaves the stream out; absent without one."""
        return ABSENT if self.answer.goaway is None else self.answer.goaway

    @fact("frames", list_of(OBJECT))
    def frames(self) -> object:
        """The frames in order, each with type, flags and length."""
        return [
            {"type": one.frame.name, "flags": one.frame.flag_names, "length": len(one.frame.payload)}
            for one in self.answer.arrivals
        ]

    @fact("faults", TEXTS)
    def faults(self) -> object:
        """The rules that the frames break; any fails the step unless this fact is named."""
        return list(self.answer.faults)

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """No complete response, unless a fact takes that upon itself, and every rule that was broken on the way."""
        response, found = self.response, []
        if response.outcome in ("stream_reset", "goaway"):
            if not named & TAKES_RESET:
                words = "a stream reset" if response.outcome == "stream_reset" else "GOAWAY"
                code = self.answer.reset if response.outcome == "stream_reset" else self.answer.goaway
                actual = Worded(f"{words} with {code}", response.outcome)
                found.append(Mismatch("outcome", "a response", actual, why=response.detail, implicit=True))
        elif response.outcome != "response" and not named & TAKES_RESET:
            found.append(no_response(response))
        if "faults" not in named:
            found += [violation("response", "a response", "HTTP/2", fault) for fault in self.answer.faults]
        return found


class FrameFacts(FactSet):
    """An observation of one frame."""

    def __init__(self, arrival: Arrival, sent: bytes | None, since: float) -> None:
        self._arrival = arrival
        self._sent = sent
        self._since = since

    @property
    def sent(self) -> bytes | None:
        return self._sent

    @fact("type", NAME_OR_NUMBER)
    def type(self) -> object:
        """Its type's name; the number of an unknown one."""
        return self._arrival.frame.name

    @fact("stream", INTEGER)
    def stream(self) -> object:
        """Its stream, 0 for the connection."""
        return self._arrival.frame.stream

    @fact("flags", TEXTS)
    def flags(self) -> object:
        """The names of its flags: end_stream, ack, end_headers, padded, priority."""
        return self._arrival.frame.flag_names

    @fact("payload", WIRE_BYTES)
    def payload(self) -> object:
        """Its payload."""
        return WireBytes(self._arrival.frame.payload)

    @fact("fields", list_of(TEXTS))
    def fields(self) -> object:
        """The fields of the section that it completes, as pairs of name and value."""
        if self._arrival.fields is None:
            return ABSENT
        return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self._arrival.fields]

    @fact("code", NAME_OR_NUMBER)
    def code(self) -> object:
        """The error code of RST_STREAM or GOAWAY, by name."""
        return ABSENT if self._arrival.frame.error is None else self._arrival.frame.error

    @fact("last_stream", INTEGER)
    def last_stream(self) -> object:
        """The last stream of GOAWAY."""
        last = self._arrival.frame.last_stream
        return ABSENT if last is None else last

    @fact("text", WIRE_BYTES)
    def text(self) -> object:
        """The debug data of GOAWAY."""
        frame = self._arrival.frame
        return ABSENT if frame.last_stream is None else WireBytes(frame.payload[8:])

    @fact("increment", INTEGER)
    def increment(self) -> object:
        """The increment of WINDOW_UPDATE."""
        increment = self._arrival.frame.increment
        return ABSENT if increment is None else increment

    @fact("elapsed", TIME)
    def elapsed(self) -> object:
        """The time from the last byte sent to the frame."""
        return self._arrival.at - self._since

    @fact("faults", TEXTS)
    def faults(self) -> object:
        """The rules that it breaks; any fails the step unless this fact is named."""
        return list(self._arrival.faults)

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """Every rule that the frame breaks, unless `faults` is named."""
        if "faults" in named:
            return []
        return [violation("frame", "a frame", "HTTP/2", fault) for fault in self._arrival.faults]


class GoawayFacts(FrameFacts, without=("fields", "increment", "flags", "type")):
    """An observation of a GOAWAY, and of those before it."""

    def __init__(self, arrival: Arrival, sent: bytes | None, since: float, before: Sequence[Arrival]) -> None:
        super().__init__(arrival, sent, since)
        self._every = [*before, arrival]

    @fact("codes", list_of(NAME_OR_NUMBER))
    def codes(self) -> object:
        """The error codes of all GOAWAY frames so far, in order."""
        return [one.frame.error for one in self._every]

    @fact("last_streams", list_of(INTEGER))
    def last_streams(self) -> object:
        """The last streams of all GOAWAY frames so far, in order."""
        return [one.frame.last_stream for one in self._every]


class SettingsFacts(FactSet):
    """An observation of the settings of the server."""

    def __init__(self, settings: Mapping[str, int], acknowledged: int) -> None:
        self._settings = settings
        self._acknowledged = acknowledged

    @fact("values[.*]", OBJECT, (("*", INTEGER),))
    def values(self, path: str) -> object:
        """The settings that the server sent, by name, or one of them."""
        return dict(self._settings) if not path else self._settings.get(path, ABSENT)

    @fact("acknowledged", INTEGER)
    def acknowledged(self) -> object:
        """The number of acknowledgements of this side's settings."""
        return self._acknowledged


class WindowFacts(FactSet):
    """An observation of the windows that the server has given."""

    def __init__(self, connection: int, stream: int, sent_content: int, *, open: bool) -> None:
        self._connection = connection
        self._stream = stream
        self._content = sent_content
        self._open = open

    @fact("connection", INTEGER)
    def connection(self) -> object:
        """The number of bytes of DATA that may still be sent on the connection."""
        return self._connection

    @fact("stream", INTEGER)
    def stream(self) -> object:
        """The number of bytes of DATA that may still be sent on the stream."""
        return self._stream

    @fact("content", SIZE)
    def content(self) -> object:
        """The size of the DATA that was sent on the stream, padding included."""
        return self._content

    @fact("open", FLAG)
    def open(self) -> object:
        """True if the connection is open."""
        return self._open
