"""Faults of HTTP/2: responses, early responses, calls of the application, the end of the server, and abuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import h11

from ..http2 import budget, frames, response, settings
from ..http2.connection import Http2Connection
from ..http2.exchange import Http2Exchange
from ..http2.faults import ConnectionFault, ErrorCode
from ..http2.hpack import HeaderDecoder
from ..http2.protocol import Began, Content, Gone, Http2Protocol
from ..http2.response import Http2Response
from ..violations import Violation
from .base import Event, Install, Mutant, constant, everywhere, received, replaced, together


def emitted(change: Callable[[Any, list[Any]], list[Any]]) -> Install:
    """Change the parts of each response before they are sent."""

    def wrong(right: Any) -> Any:
        async def emit(self: Http2Exchange, parts: list[Any]) -> None:
            await right(self, change(self, parts))

        return emit

    return replaced(Http2Exchange, "_emit", wrong)


def _head_with_content(right: Any) -> Any:
    def start(self: Http2Response, event: Event) -> bytes:
        found = bytes(right(self, event))
        self._bare = False
        self._left = None
        return found

    return start


def _without_end(self: Any, parts: list[Any]) -> list[Any]:
    bare = any(isinstance(one, h11.Response) and one.status_code in (204, 304) for one in parts)
    return [one for one in parts if not (bare and isinstance(one, h11.EndOfMessage))]


def _data_changed(change: Callable[[bytes], bytes]) -> Install:
    def parts(self: Any, given: list[Any]) -> list[Any]:
        return [h11.Data(data=change(bytes(one.data))) if isinstance(one, h11.Data) else one for one in given]

    return emitted(parts)


def _held(right: Any) -> Any:
    """Keep the parts of a response until it is complete."""

    async def flush(self: Http2Exchange) -> None:
        if self._response.done:
            await right(self)

    return flush


def _one_wrong_end(self: Any, parts: list[Any]) -> list[Any]:
    """End the stream with the first content."""
    found = [one for one in parts if not isinstance(one, h11.EndOfMessage)]
    at = next((number for number, one in enumerate(found) if isinstance(one, h11.Data)), None)
    return parts if at is None else [*found[: at + 1], h11.EndOfMessage()]


def _names_as_given(right: Any) -> Any:
    return lambda part: [(b":status", b"%d" % part.status_code), *part.headers.raw_items()]


def _fields_of(change: Callable[[list[Any]], list[Any]]) -> Install:
    return everywhere(response.fields_of, lambda right: lambda part: change(right(part)))


def _few(found: list[Any]) -> list[Any]:
    return found[:7]


def _raw_fields(right: Any) -> Any:
    def start(self: Http2Response, event: Event) -> bytes:
        self.raw = [tuple(pair) for pair in event.get("headers", ())]  # type: ignore[attr-defined]
        safe = [pair for pair in self.raw if pair[0].lower() == b"content-length"]  # type: ignore[attr-defined]
        return bytes(right(self, {**event, "headers": safe}))

    return start


def _fields_kept(right: Any) -> Any:
    """Let the fields of a refused response enter the table, as an encoder does that checks them one by one."""

    async def send(self: Http2Exchange, event: Event) -> None:
        try:
            await right(self, event)
        except Violation:
            wire: Any = self._wire
            pairs = [pair for pair in event.get("headers", ()) if all(isinstance(part, bytes) for part in pair)]
            wire._protocol._encoder.encode([(name.lower(), value) for name, value in pairs])
            raise

    return send


def _raw_emitted(right: Any) -> Any:
    async def emit(self: Http2Exchange, parts: list[Any]) -> None:
        raw = getattr(self._response, "raw", [])
        wire: Any = self._wire
        number, head = self._number, wire.head

        def wrong_head(one: int, fields: list[Any], *, ends: bool) -> None:
            final = fields[0][0] == b":status" and fields[0][1] != b"100"
            more = [pair for pair in raw if pair[0].lower() != b"content-length"] if final and one == number else []
            head(one, [*fields, *more], ends=ends)

        wire.head = wrong_head
        try:
            await right(self, parts)
        finally:
            wire.head = head

    return emit


def _hints_end(self: Any, parts: list[Any]) -> list[Any]:
    for at, one in enumerate(parts):
        if isinstance(one, h11.InformationalResponse):
            return [*parts[: at + 1], h11.EndOfMessage()]
    return parts


def _without_hints(self: Any, parts: list[Any]) -> list[Any]:
    return [one for one in parts if not isinstance(one, h11.InformationalResponse)]


def _without_trailers(when: Callable[[Any], bool]) -> Install:
    def change(self: Any, parts: list[Any]) -> list[Any]:
        return [
            h11.EndOfMessage() if isinstance(one, h11.EndOfMessage) and one.headers and when(self) else one
            for one in parts
        ]

    return emitted(change)


def _trailers_unended(right: Any) -> Any:
    def head(self: Http2Protocol, number: int, fields: Any, *, ends: bool) -> None:
        right(self, number, fields, ends=ends and fields[0][0] == b":status")

    return head


def _trailers_in_two(self: Any, parts: list[Any]) -> list[Any]:
    return [
        h11.EndOfMessage(headers=list(one.headers)[:1]) if isinstance(one, h11.EndOfMessage) and one.headers else one
        for one in parts
    ]


def _continue_late(right: Any) -> Any:
    async def piece(self: Http2Exchange) -> Any:
        self._expected = False
        return await right(self)

    return piece


def _continue_ends(right: Any) -> Any:
    def head(self: Http2Protocol, number: int, fields: Any, *, ends: bool) -> None:
        right(self, number, fields, ends=ends or fields[0] == (b":status", b"100"))

    return head


# early responses


def _resets(code: Callable[[ErrorCode], ErrorCode | None]) -> Install:
    """Change the code of this side's resets; None leaves the reset out, and closes the stream in silence."""

    def wrong(right: Any) -> Any:
        def reset(self: Http2Protocol, number: int, given: ErrorCode) -> None:
            changed = code(given)
            if changed is None:
                self._close(number, "both sides have ended it")
            else:
                right(self, number, changed)

        return reset

    return replaced(Http2Protocol, "reset", wrong)


def _early_is_fatal(kinds: tuple[int, ...]) -> Install:
    """End the connection for what comes on a stream that was reset after an early response."""

    def wrong(right: Any) -> Any:
        def frame(self: Http2Protocol, given: frames.WireFrame) -> Iterator[Any]:
            if given.type in kinds and self._closed.get(given.stream) == "the server has reset it":
                raise ConnectionFault(ErrorCode.STREAM_CLOSED, "H2-28", "a frame on a stream that was reset")
            return right(self, given)  # type: ignore[no-any-return]  # it is one

        return frame

    return replaced(Http2Protocol, "_frame", wrong)


def _reset_before_the_end(right: Any) -> Any:
    """Reset a stream whose request has not ended in place of its last content."""

    async def flush(self: Http2Exchange) -> None:
        if self._response.done and not self._ended:
            self._request.protocol.taken()
            self._wire.reset(self._number, ErrorCode.CANCEL)
            self._over.set()
            self.leave()
            return
        await right(self)

    return flush


def _late_not_credited(right: Any) -> Any:
    def data(self: Http2Protocol, frame: frames.WireFrame) -> Iterator[Any]:
        if frame.stream not in self.streams and frame.stream <= self.last:
            self._window -= len(frame.payload)
            self._owed = 0
            if self._window < 0:
                raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "H2-71", "the window is used up")
            return iter(())
        return right(self, frame)  # type: ignore[no-any-return]  # it is one

    return data


# calls of the application


def _called_at_the_end(right: Any) -> Any:
    """Call the application when the request is complete."""

    def happen(self: Http2Connection, happening: Any) -> None:
        waiting = self.__dict__.setdefault("waiting", {})
        if isinstance(happening, Began) and not happening.ended and not isinstance(happening.request, Exception):
            waiting[happening.stream] = [happening]
            self.credit(happening.stream, 0)
        elif isinstance(happening, Content) and happening.stream in waiting:
            waiting[happening.stream].append(happening)
            self.credit(happening.stream, len(happening.data))
            if happening.ended:
                for one in waiting.pop(happening.stream):
                    right(self, one)
        elif isinstance(happening, Gone):
            waiting.pop(happening.stream, None)
            right(self, happening)
        else:
            right(self, happening)

    return happen


def _in_turn(right: Any) -> Any:
    """Serve the streams of a connection one after the other."""

    async def serve(self: Http2Connection, *given: Any) -> None:
        lock = self.__dict__.setdefault("turn", asyncio.Lock())
        async with lock:
            await right(self, *given)

    return serve


def _few_at_once(right: Any) -> Any:
    async def serve(self: Http2Connection, *given: Any) -> None:
        gate = self.__dict__.setdefault("gate", asyncio.Semaphore(30))
        if gate.locked():
            self._protocol.reset(given[0], ErrorCode.REFUSED_STREAM)
        async with gate:
            await right(self, *given)

    return serve


def _reset_unheard(right: Any) -> Any:
    def happen(self: Http2Connection, happening: Any) -> None:
        if not isinstance(happening, Gone):
            right(self, happening)

    return happen


def _reset_as_end(right: Any) -> Any:
    def happen(self: Http2Connection, happening: Any) -> None:
        if isinstance(happening, Gone) and (one := self._exchanges.get(happening.stream)) is not None:
            one.take(b"", ended=True)
            return
        right(self, happening)

    return happen


class _Restless(asyncio.Event):
    """An event whose wait is over at once, so that a loop around it spins."""

    async def wait(self) -> Literal[True]:
        await asyncio.sleep(0)
        return True


def _spins(right: Any) -> Any:
    """Ask for the window again and again, in place of a wait."""

    async def write(self: Http2Exchange, data: bytes, *, ends: bool) -> None:
        self.grown = _Restless()
        await right(self, data, ends=ends)

    return write


def _broken_off(code: ErrorCode | None) -> Install:
    """End a response that its application has not completed with END_STREAM, or not at all."""

    def wrong(right: Any) -> Any:
        async def break_off(self: Http2Exchange) -> None:
            if not self._response.sent:
                await right(self)
            elif code is None:
                self._wire.data(self._number, b"", ends=True)
            else:
                await self.gone.wait()

        return break_off

    return replaced(Http2Exchange, "_break_off", wrong)


def _unanswered(right: Any) -> Any:
    async def break_off(self: Http2Exchange) -> None:
        if self._response.sent:
            await right(self)
        else:
            await self.gone.wait()

    return break_off


def _raise_ends_all(right: Any) -> Any:
    async def break_off(self: Http2Exchange) -> None:
        self._stream.reset()

    return break_off


def _any_length(right: Any) -> Any:
    def start(self: Http2Response, event: Event) -> bytes:
        found = bytes(right(self, event))
        self._left = None
        return found

    return start


def _body_marked(exchange: Any, event: Event) -> Event:
    return {**event, "more_body": True} if event["type"] == "http.request" and event["body"] else event


# the end, and abuse


def _stops_at_once(right: Any) -> Any:
    def stop(self: Http2Connection) -> None:
        self._protocol.goaway(ErrorCode.NO_ERROR)
        self._flush()
        self._over.set()

    return stop


def _stops_uploads(right: Any) -> Any:
    def stop(self: Http2Connection) -> None:
        right(self)
        for number, stream in list(self._protocol.streams.items()):
            if not stream.client_ended:
                self._protocol.reset(number, ErrorCode.CANCEL)
        self._flush()
        for one in self._exchanges.values():
            if isinstance(one, Http2Exchange) and not one._ended:
                one.leave()

    return stop


def _error_at_the_end(right: Any) -> Any:
    def goaway(self: Http2Protocol, code: ErrorCode, text: str = "", *, final: bool = True) -> None:
        right(self, code or ErrorCode.INTERNAL_ERROR, text, final=final)

    return goaway


def _bombs(right: Any) -> Any:
    """Decode field sections of any size, and keep them."""
    kept: list[Any] = []

    def decode(self: HeaderDecoder, block: bytes, most: int) -> Any:
        found = right(self, block, 2**40)
        if len(block) > 8000:
            kept.append([(bytes(bytearray(name)), bytes(bytearray(value))) for name, value in found])
        return found

    return decode


def _any_continuation(right: Any) -> Any:
    kept: list[bytes] = []

    def continuation(self: Http2Protocol, frame: frames.WireFrame) -> Iterator[Any]:
        assert self._section is not None
        kept.append(frame.payload * 40)
        if frame.has(frames.END_HEADERS):
            return right(self, frame)  # type: ignore[no-any-return]  # it is one
        return iter(())

    return continuation


def _remembers(right: Any) -> Any:
    """Keep each frame, whatever it says."""
    kept: list[Any] = []

    def frame(self: Http2Protocol, given: frames.WireFrame) -> Iterator[Any]:
        kept.append((given, bytearray(2000)))
        return right(self, given)  # type: ignore[no-any-return]  # it is one

    return frame


UNLIMITED = together(constant(budget, "MOST", 10**9), constant(settings, "MOST_STREAMS", 10**6))

MUTANTS: Mapping[str, Mutant] = {
    "h2-head-with-content": Mutant(
        "a response to HEAD has DATA", replaced(Http2Response, "_start", _head_with_content)
    ),
    "h2-204-without-end": Mutant("a stream with status 204 or 304 is not ended", emitted(_without_end)),
    "h2-data-cut": Mutant("a piece of a response has at most 65,536 bytes", _data_changed(lambda data: data[:65536])),
    "h2-data-in-reverse": Mutant("large content is sent from its end", _data_changed(lambda data: data[::-1])),
    "h2-last-byte-lost": Mutant(
        "the last byte of a long piece is lost", _data_changed(lambda data: data[:-1] if len(data) > 16000 else data)
    ),
    "h2-content-held": Mutant(
        "nothing of a response over HTTP/2 is sent before its end", replaced(Http2Exchange, "_flush", _held)
    ),
    "h2-ends-with-the-first-piece": Mutant("the first piece of content ends the stream", emitted(_one_wrong_end)),
    "h2-upper-case-sent": Mutant(
        "names of fields are sent as the application writes them", everywhere(response.fields_of, _names_as_given)
    ),
    "h2-connection-fields-sent": Mutant(
        "fields about the connection are sent over HTTP/2", constant(response, "OF_THE_CONNECTION", ())
    ),
    "h2-fields-unchecked": Mutant(
        "the fields of the application are sent unchecked over HTTP/2",
        together(replaced(Http2Response, "_start", _raw_fields), replaced(Http2Exchange, "_emit", _raw_emitted)),
    ),
    "h2-refused-fields-in-the-table": Mutant(
        "the fields of a refused response are in the table of the server, and not in that of the client",
        replaced(Http2Exchange, "_send", _fields_kept),
    ),
    "h2-seven-fields": Mutant("a response over HTTP/2 has at most seven fields", _fields_of(_few)),
    "h2-values-of-1-kib": Mutant(
        "the values of a response are cut at 1,000 bytes over HTTP/2",
        _fields_of(lambda found: [(name, value[:1000]) for name, value in found]),
    ),
    "h2-hints-end": Mutant("an interim response ends the stream", emitted(_hints_end)),
    "h2-hints-lost": Mutant("early hints are not sent over HTTP/2", emitted(_without_hints)),
    "h2-continue-missing": Mutant(
        "100 (Continue) is not sent over HTTP/2", replaced(Http2Exchange, "_next_piece", _continue_late)
    ),
    "h2-continue-ends": Mutant("100 (Continue) ends the stream", replaced(Http2Protocol, "head", _continue_ends)),
    "h2-trailers-lost": Mutant("trailers of a response are lost over HTTP/2", _without_trailers(lambda self: True)),
    "h2-trailers-lost-without-content": Mutant(
        "trailers of a response without content are lost over HTTP/2",
        _without_trailers(lambda self: not self._response.size),
    ),
    "h2-trailers-lost-when-long": Mutant(
        "trailers behind more than 64 KiB are lost over HTTP/2",
        _without_trailers(lambda self: self._response.size > 65536),
    ),
    "h2-trailers-unended": Mutant(
        "trailers of a response do not end its stream", replaced(Http2Protocol, "head", _trailers_unended)
    ),
    "h2-one-trailer": Mutant("only the first trailer of a response is sent", emitted(_trailers_in_two)),
    "h2-early-response-cancelled": Mutant(
        "after an early response the stream is reset with CANCEL", _resets(lambda code: code or ErrorCode.CANCEL)
    ),
    "h2-early-response-cut": Mutant(
        "an early response is reset in place of its end", replaced(Http2Exchange, "_flush", _reset_before_the_end)
    ),
    "h2-early-data-fatal": Mutant("DATA behind an early response ends the connection", _early_is_fatal((frames.DATA,))),
    "h2-early-trailers-fatal": Mutant(
        "trailers behind an early response end the connection", _early_is_fatal((frames.HEADERS,))
    ),
    "h2-early-reset-fatal": Mutant(
        "a reset behind an early response ends the connection", _early_is_fatal((frames.RST_STREAM,))
    ),
    "h2-early-content-not-credited": Mutant(
        "the window of content behind an early response is not given back",
        replaced(Http2Protocol, "_data", _late_not_credited),
    ),
    "h2-called-at-the-end": Mutant(
        "the application is called when the request is complete",
        replaced(Http2Connection, "_happen", _called_at_the_end),
    ),
    "h2-streams-in-turn": Mutant(
        "the streams of a connection are served one after the other", replaced(Http2Connection, "_serve", _in_turn)
    ),
    "h2-thirty-streams": Mutant(
        "more than 30 streams at once are refused, against the settings",
        replaced(Http2Connection, "_serve", _few_at_once),
    ),
    "h2-reset-unheard": Mutant(
        "a reset of a stream does not reach its application", replaced(Http2Connection, "_happen", _reset_unheard)
    ),
    "h2-reset-as-end": Mutant(
        "a reset of a stream is the end of its content", replaced(Http2Connection, "_happen", _reset_as_end)
    ),
    "h2-spins-at-a-full-window": Mutant(
        "a response that waits for a window of its client uses a processor", replaced(Http2Exchange, "_write", _spins)
    ),
    "h2-broken-off-by-end": Mutant(
        "a response that its application has not completed is ended by END_STREAM", _broken_off(None)
    ),
    "h2-broken-off-in-silence": Mutant(
        "a response that its application has not completed stays open", _broken_off(ErrorCode.NO_ERROR)
    ),
    "h2-no-response-in-silence": Mutant(
        "a stream whose application does not respond stays open", replaced(Http2Exchange, "_break_off", _unanswered)
    ),
    "h2-failure-ends-all": Mutant(
        "an application that fails ends the connection", replaced(Http2Exchange, "_break_off", _raise_ends_all)
    ),
    "h2-any-response-length": Mutant(
        "content and Content-Length of a response over HTTP/2 are not compared",
        replaced(Http2Response, "_start", _any_length),
    ),
    "h2-body-without-end": Mutant(
        "the last piece of content is not marked as the last", received(_body_marked, Http2Exchange)
    ),
    "h2-term-cuts-streams": Mutant(
        "TERM ends connections of HTTP/2 at once", replaced(Http2Connection, "stop", _stops_at_once)
    ),
    "h2-term-cuts-uploads": Mutant(
        "TERM ends streams whose request has not ended", replaced(Http2Connection, "stop", _stops_uploads)
    ),
    "h2-term-with-an-error": Mutant(
        "GOAWAY at TERM has an error", replaced(Http2Protocol, "goaway", _error_at_the_end)
    ),
    "h2-resets-unlimited": Mutant("resets are not limited, and nor are the calls that they leave behind", UNLIMITED),
    "h2-floods-remembered": Mutant(
        "each frame costs memory, without a limit", together(UNLIMITED, replaced(Http2Protocol, "_frame", _remembers))
    ),
    "h2-continuation-unlimited": Mutant(
        "a field section of several frames has no limit", replaced(Http2Protocol, "_continuation", _any_continuation)
    ),
    "h2-bombs": Mutant("a field section may have any size when decoded", replaced(HeaderDecoder, "decode", _bombs)),
}
