"""Faults of connections that last: their options, their pipelines, their time limits, and clients that leave."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..connection import ServerConnection
from ..exchange import Exchange
from ..head import take
from ..refused import RequestRefused
from ..response import refusal
from ..service import ServerState
from ..session import WebSocketConversation
from ..stream import ServerStream
from .base import PROBE, Event, Install, Mutant, heads, replaced, sent, served_with, together
from .connection import _after

KIB_64 = 64 * 1024
_field = re.compile(rb"(?im)^(connection):[ \t]*(.*?)[ \t]*\r$")
_streams: list[Any] = []


def _options_of(head: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """The head, with the values of its Connection lines changed; an empty one is dropped."""
    values = [match[2] for match in _field.finditer(head)]
    if not values:
        return head
    others = [line for line in head.removesuffix(b"\r\n\r\n").split(b"\r\n") if not _field.match(line + b"\r")]
    return b"\r\n".join([*others, *(b"Connection: " + value for value in change(values) if value), b"", b""])


def _option(change: Callable[[list[bytes]], list[bytes]]) -> Install:
    return heads(lambda head: _options_of(head, change))


def _no_lists(values: list[bytes]) -> list[bytes]:
    return [b"x" if b"," in value else value for value in values]


def _exact_case(values: list[bytes]) -> list[bytes]:
    return [value if b"close" in value else re.sub(rb"(?i)close", b"x", value) for value in values]


def _first_line(values: list[bytes]) -> list[bytes]:
    return values[:1]


def _last_line(values: list[bytes]) -> list[bytes]:
    return values[-1:]


def _anywhere(values: list[bytes]) -> list[bytes]:
    return [b"close" if b"close" in value.lower() else value for value in values]


def _keep_alive_wins(values: list[bytes]) -> list[bytes]:
    return [b"keep-alive"] if any(b"keep-alive" in value.lower() for value in values) else values


def _old_persists(exchange: Any, going: bool) -> bool:
    return going or (exchange._response.done and exchange._request.version == "1.0")


def _noting_close(exchange: Any, event: Event) -> Event:
    for name, value in event.get("headers", ()):
        if name.lower() == b"connection" and b"close" in value.lower():
            exchange.asked_to_close = True
    return event


def _close_unheard(exchange: Any, going: bool) -> bool:
    return going or (exchange._response.done and getattr(exchange, "asked_to_close", False))


def _refused_behind_close(right: Any) -> Any:
    async def run(self: Any) -> bool:
        behind = len(self._stream.buffer) > (self._request.length or 0)
        if "close" in self._request.words(b"connection") and behind and self._request.length is not None:
            raise RequestRefused(400, "SEM-22", "there is more behind the last request")
        return bool(await right(self))

    return run


def _noting_start(exchange: Any, event: Event) -> Event:
    if event.get("type") == "http.response.start":
        exchange.status = event.get("status")
        exchange.sized = any(name.lower() == b"content-length" for name, _ in event.get("headers", ()))
    return event


def _closes_after(condition: Callable[[Any], bool]) -> Install:
    """Close the connection, without a word, after the requests for which the condition holds."""
    return together(
        sent(_noting_start),
        replaced(Exchange, "run", _after(lambda exchange, going: going and not condition(exchange))),
    )


def _only_thirty(exchange: Any, going: bool) -> bool:
    stream = exchange._stream
    stream.turns = getattr(stream, "turns", 0) + 1
    return going and stream.turns < 30


def _spilling(exchange: Any, event: Event) -> Event:
    if event.get("type") == "http.response.body" and exchange._request.method == "HEAD":
        exchange.pieces = getattr(exchange, "pieces", 0) + 1
        if exchange.pieces > 1:
            exchange._stream.put(event.get("body", b""))
    return event


# the end of a call

_calls: dict[Any, Any] = {}


def _noting_call(right: Any) -> Any:
    def call(self: Any, *given: Any, **more: Any) -> Any:
        task = _calls[asyncio.current_task()] = right(self, *given, **more)
        return task

    return call


def _soon_cancelled(right: Any) -> Any:
    """Cancel the application half a second after the end of its response or its connection."""

    async def run(self: Any) -> Any:
        try:
            return await right(self)
        finally:
            call = _calls.pop(asyncio.current_task(), None)
            if call is not None and not call.done():
                asyncio.get_running_loop().call_later(0.5, call.cancel)

    return run


# pipelines


def _capped(exchange: Any, going: bool) -> bool:
    del exchange._stream.buffer[16 * 1024 :]
    return going


def _half_dropped(exchange: Any, going: bool) -> bool:
    if b"\r\n\r\n" not in exchange._stream.buffer:
        exchange._stream.buffer.clear()
    return going


def _error_first(right: Any) -> Any:
    async def run(self: Any) -> bool:
        rest, length = bytearray(self._stream.buffer), self._request.length
        try:
            while length is not None and len(rest) > length:
                del rest[:length]
                request = take(rest, self._service.options.limits)
                length = None if request is None else request.length
        except RequestRefused as error:
            self._stream.put(refusal(None, error))
            return False
        return bool(await right(self))

    return run


def _reading_ahead(right: Any) -> Any:
    async def run(self: Any) -> bool:
        async def swallow() -> None:
            while await self._stream.fill():  # noqa: ASYNC110 (it yields, so that the call runs)
                await asyncio.sleep(0)

        if self._request.target.path == PROBE or self._request.length != 0:
            return bool(await right(self))
        reading = asyncio.ensure_future(swallow())
        try:
            return bool(await right(self))
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading

    return run


# time


def _timer_stays(exchange: Any, going: bool) -> bool:
    stream, after = exchange._stream, exchange._service.options.keep_alive
    if not hasattr(stream, "timer"):
        stream.timer = asyncio.get_running_loop().call_later(after, stream._writer.transport.abort)
    return going


def _timer_set(exchange: Any, going: bool) -> bool:
    stream, after = exchange._stream, exchange._service.options.keep_alive
    stream.timer = asyncio.get_running_loop().call_later(after, stream._writer.transport.abort)
    return going


def _timer_unset_by_bytes(right: Any) -> Any:
    async def fill(self: Any) -> bool:
        going = bool(await right(self))
        if hasattr(self, "timer"):
            self.timer.cancel()
        return going

    return fill


def _head_is_idle(right: Any) -> Any:
    async def head(self: Any) -> Any:
        try:
            async with asyncio.timeout(self._service.options.keep_alive):
                return await right(self)
        except TimeoutError:
            return None

    return head


def _zero_is_default(right: Any) -> Any:
    def init(self: ServerState, app: Any, options: Any, *rest: Any, **more: Any) -> None:
        right(self, app, options if options.keep_alive else replace(options, keep_alive=15.0), *rest, **more)

    return init


# clients that leave


def _end_ignored(right: Any) -> Any:
    async def close(self: Any, *given: Any) -> None:
        if self.ended and not self.lost:
            await asyncio.sleep(8)
        await right(self, *given)

    return close


def _waits_after_the_response(right: Any) -> Any:
    async def receive(self: Any) -> Event:
        if self._over.is_set() and self._response.done:
            await asyncio.sleep(8)
        return dict(await right(self))

    return receive


def _never_released(right: Any) -> Any:
    async def drain(self: Any) -> None:
        try:
            await self._writer.drain()
        except OSError:
            await asyncio.sleep(8)
            raise

    return drain


def _reset_harms_all(right: Any) -> Any:
    async def run(self: ServerConnection) -> None:
        _streams.append(self._stream)
        try:
            await right(self)
        finally:
            _streams.remove(self._stream)
            if self._stream.lost and self._served:
                for other in _streams:
                    other._writer.transport.abort()

    return run


def _slow_is_gone(right: Any) -> Any:
    async def drain(self: Any) -> None:
        try:
            async with asyncio.timeout(1.0):
                await right(self)
        except TimeoutError:
            self._writer.transport.abort()

    return drain


def _unflushed(right: Any) -> Any:
    async def close(self: Any, *given: Any) -> None:
        if self._writer.transport.get_write_buffer_size():
            self._writer.transport.abort()
        await right(self, *given)

    return close


def _later_first(right: Any) -> Any:
    """Go on behind a refused request with a body, and serve what came with it only behind what comes later."""

    async def following(self: Any) -> Any:
        try:
            return await right(self)
        except RequestRefused as error:
            _, body, rest = bytes(self._stream.buffer).partition(b"five!")
            if not body or error.status != 400:
                raise
            self._stream.put(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            self._stream.buffer.clear()
            await self._stream.fill()
            self._stream.buffer += rest.removeprefix(b"\r\n0\r\n\r\n")
            return await following(self)

    return following


MUTANTS: Mapping[str, Mutant] = {
    "refused-then-reversed": Mutant(
        "requests behind a refused one with a body are answered behind a later one",
        replaced(ServerConnection, "_next", _later_first),
    ),
    "close-not-in-lists": Mutant("the option close is not found in a list", _option(_no_lists)),
    "close-in-lower-case": Mutant("the option close is only found in lower case", _option(_exact_case)),
    "close-on-the-first-line": Mutant("only the first Connection line is read", _option(_first_line)),
    "close-on-the-last-line": Mutant("only the last Connection line is read", _option(_last_line)),
    "close-as-a-part": Mutant("any option that contains close ends the connection", _option(_anywhere)),
    "close-beside-keep-alive": Mutant("keep-alive takes precedence over close", _option(_keep_alive_wins)),
    "old-version-persists": Mutant(
        "the connection of an HTTP/1.0 request stays open", replaced(Exchange, "run", _after(_old_persists))
    ),
    "close-of-the-application": Mutant(
        "the application's Connection: close does not end the connection",
        together(sent(_noting_close), replaced(Exchange, "run", _after(_close_unheard))),
    ),
    "close-then-junk-refused": Mutant(
        "bytes behind a request with Connection: close are answered instead of it",
        replaced(Exchange, "run", _refused_behind_close),
    ),
    "closes-after-304-with-length": Mutant(
        "a 304 with Content-Length closes the connection",
        _closes_after(lambda exchange: exchange.status == 304 and exchange.sized),
    ),
    "closes-after-empty": Mutant(
        "a response without a body closes the connection", _closes_after(lambda exchange: not exchange._response.size)
    ),
    "closes-after-64-kib": Mutant(
        "a response of more than 64 KiB closes the connection",
        _closes_after(lambda exchange: exchange._response.size > KIB_64),
    ),
    "persists-for-thirty": Mutant(
        "a connection is closed after thirty responses, without a word", replaced(Exchange, "run", _after(_only_thirty))
    ),
    "head-of-pieces": Mutant("the second piece of a response to HEAD is sent", sent(_spilling)),
    "pipeline-capped": Mutant(
        "of what arrived during a response only 16 KiB are kept", replaced(Exchange, "run", _after(_capped))
    ),
    "late-work-cancelled": Mutant(
        "an application that works on after the end is cancelled within a second",
        together(
            replaced(ServerState, "call", _noting_call),
            replaced(Exchange, "run", _soon_cancelled),
            replaced(WebSocketConversation, "run", _soon_cancelled),
        ),
    ),
    "pipeline-half-lost": Mutant(
        "a part of a request that arrived during a response is lost", replaced(Exchange, "run", _after(_half_dropped))
    ),
    "pipeline-error-first": Mutant(
        "a malformed request is answered before the requests in front of it", replaced(Exchange, "run", _error_first)
    ),
    "pipeline-unbounded": Mutant(
        "requests behind one that is under way are read without end", replaced(Exchange, "run", _reading_ahead)
    ),
    "idle-timer-of-the-first": Mutant(
        "the timer that the first response has started is never stopped",
        replaced(Exchange, "run", _after(_timer_stays)),
    ),
    "idle-timer-in-pipelines": Mutant(
        "the timer of an idle connection is only stopped by further bytes",
        together(replaced(Exchange, "run", _after(_timer_set)), replaced(ServerStream, "fill", _timer_unset_by_bytes)),
    ),
    "idle-in-a-head": Mutant(
        "a connection on which a head arrives counts as idle", replaced(ServerConnection, "_head", _head_is_idle)
    ),
    "keep-alive-0-is-default": Mutant(
        "a timeout of zero is taken for none given", replaced(ServerState, "__init__", _zero_is_default)
    ),
    "client-end-ignored": Mutant(
        "a connection whose client has ended its side stays open", replaced(ServerStream, "close", _end_ignored)
    ),
    "no-disconnect-after-the-response": Mutant(
        "receive() waits after the response is complete", replaced(Exchange, "_receive", _waits_after_the_response)
    ),
    "send-never-released": Mutant(
        "a send() that waits for its client goes on waiting when the client leaves",
        replaced(ServerStream, "drain", _never_released),
    ),
    "reset-harms-all": Mutant(
        "a client that resets its connection ends those of others", replaced(ServerConnection, "run", _reset_harms_all)
    ),
    "slow-is-gone": Mutant(
        "a client that reads nothing for a second is cut off", replaced(ServerStream, "drain", _slow_is_gone)
    ),
    "last-response-unflushed": Mutant(
        "a connection is closed before its last response is out", replaced(ServerStream, "close", _unflushed)
    ),
    "crowd-refused": Mutant("more than a hundred connections are refused", served_with(limit_connections=100)),
}
