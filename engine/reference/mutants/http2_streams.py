"""Faults of HTTP/2: the states of streams, field sections in several frames, and flow control."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..http2 import frames, settings
from ..http2.connection import Http2Connection
from ..http2.exchange import Http2Exchange
from ..http2.faults import ConnectionFault, ErrorCode, StreamFault
from ..http2.frames import END_STREAM, LARGEST_WINDOW, WireFrame
from ..http2.protocol import Http2Protocol
from .base import Install, Mutant, replaced, together
from .http2_frames import checks, incoming


def tolerated(name: str, *clauses: str) -> Install:
    """Drop the frames that a method of the protocol refuses by one of these clauses."""

    def wrong(right: Any) -> Any:
        def method(self: Http2Protocol, *given: Any, **more: Any) -> Any:
            try:
                found = right(self, *given, **more)
                return iter(list(found)) if isinstance(found, Iterator) else found
            except (ConnectionFault, StreamFault) as fault:
                if fault.clause not in clauses:
                    raise
                return iter(())

        return method

    return replaced(Http2Protocol, name, wrong)


def _is_idle(self: Any, frame: WireFrame) -> bool:
    return bool(frame.stream and (frame.stream > self.last or not frame.stream % 2))


def _dropped_if_idle(kind: int) -> Install:
    return incoming(lambda self, frame: None if frame.type == kind and _is_idle(self, frame) else frame)


def _unended(right: Any) -> Any:
    """Take content behind the end of a stream as if it had not ended."""

    def data(self: Http2Protocol, frame: WireFrame) -> Iterator[Any]:
        stream = self.streams.get(frame.stream)
        if stream is not None and stream.client_ended:
            return iter(())
        return iter(list(right(self, frame)))

    return data


def _late(*reasons: str) -> Install:
    """Ignore what comes on streams that were closed in one of these ways."""

    def wrong(right: Any) -> Any:
        def late(self: Http2Protocol, number: int, name: str) -> None:
            if self._closed.get(number) not in reasons:
                right(self, number, name)

        return late

    return replaced(Http2Protocol, "_late", wrong)


def _reopened(when: Callable[[Any, int], bool]) -> Install:
    """Serve a request on a stream that cannot be new."""

    def wrong(right: Any) -> Any:
        def complete(self: Http2Protocol) -> Iterator[Any]:
            number = self._section.stream if self._section is not None else 0
            if number not in self.streams and when(self, number):
                last, self.last = self.last, number - 1
                yield from right(self)
                self.last = max(last, self.last)
            else:
                yield from right(self)

        return complete

    return replaced(Http2Protocol, "_complete", wrong)


def _even_served(right: Any) -> Any:
    def headers(self: Http2Protocol, frame: WireFrame) -> Iterator[Any]:
        if frame.stream % 2:
            yield from right(self, frame)
            return
        yield from right(self, replace(frame, stream=frame.stream - 1 if frame.stream > 2 else 1))

    return headers


def _gaps_refused(self: Any, frame: WireFrame) -> WireFrame:
    if frame.type == frames.HEADERS and frame.stream > self.last + 2:
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-23", "a number is left out")
    return frame


def _late_refused(kind: int) -> Install:
    """End the connection for a frame that may come late."""

    def change(self: Any, frame: WireFrame) -> WireFrame:
        stream = self.streams.get(frame.stream)
        closed = 0 < frame.stream <= self.last and (stream is None or stream.client_ended)
        if frame.type == kind and closed:
            raise ConnectionFault(ErrorCode.STREAM_CLOSED, "H2-27", "a frame on a stream that has ended")
        return frame

    return incoming(change)


def _beyond(right: Any) -> Any:
    """Announce a limit of streams, and have none."""

    def complete(self: Http2Protocol) -> Iterator[Any]:
        settings.MOST_STREAMS = 100_000
        return right(self)  # type: ignore[no-any-return]  # it is one

    return complete


def _table_not_kept(right: Any) -> Any:
    """Forget the fields of requests that are malformed or refused."""

    def complete(self: Http2Protocol) -> Iterator[Any]:
        entries = list(self._decoder._table._entries)
        size = self._decoder._table.size
        try:
            yield from right(self)
        except StreamFault:
            self._decoder._table._entries.clear()
            self._decoder._table._entries.extend(entries)
            self._decoder._table.size = size
            raise

    return complete


def _unfinished(right: Any) -> Any:
    """Count a reset as one of the whole connection."""

    def reset(self: Http2Protocol, frame: WireFrame) -> Iterator[Any]:
        yield from right(self, frame)
        raise ConnectionFault(ErrorCode.CANCEL, "H2-31", "the client has reset a stream")

    return reset


# field sections in several frames


def _between(right: Any) -> Any:
    """Read a frame between those of a field section, as if it came after it."""

    def check(self: Http2Protocol, frame: WireFrame) -> None:
        section = self._section
        if section is not None and frame.type != frames.CONTINUATION:
            self._section = None
            try:
                right(self, frame)
            finally:
                self._section = section
        else:
            right(self, frame)

    return check


def _unknown_between(right: Any) -> Any:
    def check(self: Http2Protocol, frame: WireFrame) -> None:
        if self._section is None or frame.type <= frames.CONTINUATION:
            right(self, frame)

    return check


def _alone(right: Any) -> Any:
    def continuation(self: Http2Protocol, frame: WireFrame) -> Iterator[Any]:
        return right(self, frame) if self._section is not None else iter(())

    return continuation


def _parts_lost(when: Callable[[Any, WireFrame], bool]) -> Install:
    def change(self: Any, frame: WireFrame) -> WireFrame:
        lost = frame.type == frames.CONTINUATION and when(self, frame)
        return replace(frame, payload=b"") if lost else frame

    return incoming(change)


def _continuation_ends(self: Any, frame: WireFrame) -> WireFrame:
    if frame.type == frames.CONTINUATION and self._section is not None and frame.has(END_STREAM):
        self._section.ends = True
    return frame


def _empty_refused(self: Any, frame: WireFrame) -> WireFrame:
    if frame.type in (frames.HEADERS, frames.CONTINUATION) and not frame.payload:
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-49", "an empty part of a field section")
    return frame


def _count_parts(self: Any, frame: WireFrame) -> WireFrame:
    self.parts = getattr(self, "parts", 0) + 1 if frame.type == frames.CONTINUATION else 0
    if self.parts > 5:
        raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "H2-49", "too many parts of a field section")
    return frame


# flow control


def _room(room: Callable[[Any, Any, int], int]) -> Install:
    """Say that so much content can be sent. The function gets the protocol, the stream and the right size."""

    def wrong(right: Any) -> Any:
        def measured(self: Http2Protocol, number: int) -> int:
            stream = self.streams.get(number)
            return 0 if stream is None else room(self, stream, int(right(self, number)))

        return measured

    return replaced(Http2Protocol, "room", wrong)


def _settings_window(change: Callable[[Any, int], None]) -> Install:
    """Change the windows of the streams after SETTINGS. The function gets a stream and the change of the window."""

    def wrong(right: Any) -> Any:
        def take(self: Http2Protocol, frame: WireFrame) -> None:
            before = self.client.window
            right(self, frame)
            for stream in self.streams.values():
                change(stream, self.client.window - before)

        return take

    return replaced(Http2Protocol, "_settings", wrong)


def _not_applied(stream: Any, change: int) -> None:
    stream.room -= change


def _no_debt(stream: Any, change: int) -> None:
    stream.room = max(stream.room, 0)


def _window_updates(change: Callable[[Any, WireFrame], WireFrame | None]) -> Install:
    return incoming(lambda self, frame: change(self, frame) if frame.type == frames.WINDOW_UPDATE else frame)


def _zero_dropped(*, of_streams: bool) -> Install:
    return _window_updates(
        lambda self, frame: (
            None if not int.from_bytes(frame.payload, "big") and bool(frame.stream) == of_streams else frame
        )
    )


def _overflow(*, of_streams: bool) -> Install:
    """Take no more of an increment than the window has room for."""

    def change(self: Any, frame: WireFrame) -> WireFrame:
        stream = self.streams.get(frame.stream)
        if bool(frame.stream) != of_streams or (of_streams and stream is None):
            return frame
        room = stream.room if of_streams else self._room
        more = min(int.from_bytes(frame.payload, "big") & LARGEST_WINDOW, LARGEST_WINDOW - room)
        return replace(frame, payload=more.to_bytes(4, "big")) if more else frame

    return _window_updates(change)


def _settings_overflow(right: Any) -> Any:
    def take(self: Http2Protocol, frame: WireFrame) -> None:
        try:
            right(self, frame)
        except ConnectionFault as fault:
            if fault.clause != "H2-73":
                raise
            for stream in self.streams.values():
                stream.room = min(stream.room, LARGEST_WINDOW)
            self.out += frames.written(frames.SETTINGS, frames.ACK, 0)

    return take


def _largest_refused(self: Any, frame: WireFrame) -> WireFrame:
    stream = self.streams.get(frame.stream)
    room = self._room if not frame.stream else stream.room if stream is not None else 0
    if room + int.from_bytes(frame.payload, "big") == LARGEST_WINDOW:
        raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "H2-73", "the window is too large")
    return frame


def _unlimited(right: Any) -> Any:
    def data(self: Http2Protocol, frame: WireFrame) -> Iterator[Any]:
        self._window = settings.DEFAULT_WINDOW
        if (stream := self.streams.get(frame.stream)) is not None:
            stream.window = settings.DEFAULT_WINDOW
        return right(self, frame)  # type: ignore[no-any-return]  # it is one

    return data


def _credited_at_once(right: Any) -> Any:
    def take(self: Http2Exchange, data: bytes, *, ended: bool) -> None:
        right(self, data, ended=ended)
        self._wire.credit(self._number, len(data))

    return take


def _no_more_credit(after: int) -> Install:
    def wrong(right: Any) -> Any:
        def credit(self: Http2Protocol, number: int, size: int) -> None:
            self.given = getattr(self, "given", 0) + size  # type: ignore[attr-defined]
            if self.given <= after:  # type: ignore[attr-defined]
                right(self, number, size)

        return credit

    return replaced(Http2Protocol, "credit", wrong)


def _send_returns(right: Any) -> Any:
    """Let the application's ``send`` return at once, and send its content later."""

    async def flush(self: Http2Exchange) -> None:
        parts, done = self._request.protocol.taken(), self._response.done
        before = getattr(self, "before", None)

        async def later() -> None:
            if before is not None:
                await asyncio.wait([before])
            self._request.protocol._waiting = [*parts, *self._request.protocol._waiting]
            await self._emit(self._request.protocol.taken())
            if done:
                self._over.set()

        self.before = asyncio.create_task(later())  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    return flush


def _is_full(one: Any) -> bool:
    """True if the body of a request waits for its application."""
    return isinstance(one, Http2Exchange) and sum(map(len, one._content)) > 32768 and not one._over.is_set()


def _reader_waits(right: Any) -> Any:
    """Stop reading the connection while a body waits for its application."""

    async def fill(self: Any) -> bool:
        while any(_is_full(one) for one in self.exchanges.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return bool(await self.fill_right())

    def init(self: Http2Connection, stream: Any, service: Any) -> None:
        right(self, stream, service)
        stream.exchanges = self._exchanges
        stream.fill_right = stream.fill
        stream.fill = lambda: fill(stream)

    return init


def _one_window_for_all(right: Any) -> Any:
    """Give the window of the connection back only when content is read."""

    def owe(self: Http2Protocol, size: int) -> None:
        self._owed += size

    return owe


def _ping_waits(self: Any, frame: WireFrame) -> WireFrame | None:
    waits = any(stream.room <= 0 or self._room <= 0 for stream in self.streams.values() if not stream.ended)
    return None if frame.type == frames.PING and waits else frame


MUTANTS: Mapping[str, Mutant] = {
    "h2-idle-data": Mutant("DATA on an idle stream is ignored", _dropped_if_idle(frames.DATA)),
    "h2-idle-reset": Mutant("RST_STREAM on an idle stream is ignored", _dropped_if_idle(frames.RST_STREAM)),
    "h2-idle-window": Mutant("WINDOW_UPDATE on an idle stream is ignored", _dropped_if_idle(frames.WINDOW_UPDATE)),
    "h2-data-after-the-end": Mutant(
        "DATA behind END_STREAM is ignored while the request runs", replaced(Http2Protocol, "_data", _unended)
    ),
    "h2-headers-after-the-end": Mutant(
        "HEADERS behind END_STREAM are ignored while the request runs", tolerated("_complete", "H2-25")
    ),
    "h2-late-after-both": Mutant(
        "any frame on a stream that both sides have ended is ignored", _late("both sides have ended it")
    ),
    "h2-late-after-reset": Mutant("any frame on a stream that was reset is ignored", _late("the client has reset it")),
    "h2-number-twice": Mutant(
        "the number of a stream can be used twice", _reopened(lambda self, number: number in self._closed)
    ),
    "h2-numbers-decrease": Mutant(
        "the numbers of streams may decrease",
        _reopened(lambda self, number: number < self.last and number not in self._closed),
    ),
    "h2-even-numbers": Mutant(
        "streams with even numbers are served", replaced(Http2Protocol, "_headers", _even_served)
    ),
    "h2-gaps-refused": Mutant("a number that is left out ends the connection", incoming(_gaps_refused)),
    "h2-skipped-ignored": Mutant("frames on numbers that were left out are ignored", tolerated("_late", "H2-21")),
    "h2-late-window-refused": Mutant(
        "WINDOW_UPDATE behind the end of a stream ends the connection", _late_refused(frames.WINDOW_UPDATE)
    ),
    "h2-late-reset-refused": Mutant(
        "RST_STREAM behind the end of a stream ends the connection", _late_refused(frames.RST_STREAM)
    ),
    "h2-late-priority-refused": Mutant(
        "PRIORITY behind the end of a stream ends the connection", _late_refused(frames.PRIORITY)
    ),
    "h2-streams-unlimited": Mutant(
        "more streams run at once than the settings say", replaced(Http2Protocol, "_complete", _beyond)
    ),
    "h2-refused-sections-forgotten": Mutant(
        "the fields of refused requests do not enter the table", replaced(Http2Protocol, "_complete", _table_not_kept)
    ),
    "h2-reset-ends-all": Mutant(
        "a reset of one stream ends the connection", replaced(Http2Protocol, "_reset", _unfinished)
    ),
    "h2-between-sections": Mutant(
        "any frame may stand inside a field section", replaced(Http2Protocol, "_check", _between)
    ),
    "h2-unknown-in-sections": Mutant(
        "frames of unknown types may stand inside a field section", replaced(Http2Protocol, "_check", _unknown_between)
    ),
    "h2-continuation-alone": Mutant(
        "CONTINUATION without a field section is ignored",
        together(
            checks(lambda self, frame: frame.type == frames.CONTINUATION and self._section is None),
            replaced(Http2Protocol, "_continuation", _alone),
        ),
    ),
    "h2-continuation-lost": Mutant("CONTINUATION frames add nothing", _parts_lost(lambda self, frame: True)),
    "h2-last-part-lost": Mutant(
        "the last CONTINUATION frame adds nothing", _parts_lost(lambda self, frame: frame.has(frames.END_HEADERS))
    ),
    "h2-continuation-ends": Mutant("the first flag of CONTINUATION is END_STREAM", incoming(_continuation_ends)),
    "h2-empty-parts-refused": Mutant("an empty part of a field section ends the connection", incoming(_empty_refused)),
    "h2-five-parts": Mutant("a field section has at most five CONTINUATION frames", incoming(_count_parts)),
    "h2-windows-ignored": Mutant(
        "content is sent whatever the windows are", _room(lambda self, stream, right: self.client.frame)
    ),
    "h2-stream-window-ignored": Mutant(
        "content is sent whatever the window of the stream is",
        _room(lambda self, stream, right: max(min(self._room, self.client.frame), 0)),
    ),
    "h2-connection-window-ignored": Mutant(
        "content is sent whatever the window of the connection is",
        _room(lambda self, stream, right: max(min(stream.room, self.client.frame), 0)),
    ),
    "h2-window-one-more": Mutant(
        "one byte more is sent than the window of the stream has",
        _room(lambda self, stream, right: max(min(stream.room + 1, self._room, self.client.frame), 0)),
    ),
    "h2-window-never-empty": Mutant(
        "a window below 10 bytes is not used", _room(lambda self, stream, right: right if right >= 10 else 0)
    ),
    "h2-window-of-open-streams": Mutant(
        "a change of the initial window does not change open streams", _settings_window(_not_applied)
    ),
    "h2-no-negative-window": Mutant("no window becomes negative", _settings_window(_no_debt)),
    "h2-zero-increment-of-streams": Mutant(
        "WINDOW_UPDATE with 0 on a stream is ignored", _zero_dropped(of_streams=True)
    ),
    "h2-zero-increment": Mutant("WINDOW_UPDATE with 0 on the connection is ignored", _zero_dropped(of_streams=False)),
    "h2-overflow-of-streams": Mutant("the window of a stream grows to 2^31-1 at most", _overflow(of_streams=True)),
    "h2-overflow": Mutant("the window of the connection grows to 2^31-1 at most", _overflow(of_streams=False)),
    "h2-overflow-by-settings": Mutant(
        "a setting enlarges a window to 2^31-1 at most", replaced(Http2Protocol, "_settings", _settings_overflow)
    ),
    "h2-largest-window-refused": Mutant("a window of 2^31-1 ends the connection", _window_updates(_largest_refused)),
    "h2-client-unlimited": Mutant(
        "the client may send more content than its windows", replaced(Http2Protocol, "_data", _unlimited)
    ),
    "h2-credit-at-once": Mutant(
        "the window is given back before the application reads", replaced(Http2Exchange, "take", _credited_at_once)
    ),
    "h2-credit-once": Mutant("only the first 64 KiB of a window are given back", _no_more_credit(65536)),
    "h2-credit-of-a-mebibyte": Mutant("only the first mebibyte of windows is given back", _no_more_credit(2**20)),
    "h2-connection-not-credited": Mutant(
        "the window of the connection is not given back", replaced(Http2Protocol, "_owe", _one_window_for_all)
    ),
    "h2-send-returns-at-once": Mutant(
        "send() over HTTP/2 does not wait for the windows", replaced(Http2Exchange, "_flush", _send_returns)
    ),
    "h2-unread-body-stops-all": Mutant(
        "a body that is not read stops the connection", replaced(Http2Connection, "__init__", _reader_waits)
    ),
    "h2-ping-waits": Mutant("PING is not answered while a window is empty", incoming(_ping_waits)),
}
