"""Faults in a connection's requests: their order, its persistence, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import select
from collections.abc import Callable, Mapping
from typing import Any

from ..connection import ServerConnection
from ..exchange import Exchange
from ..response import ResponseWriter
from ..stream import ServerStream
from .base import PROBE, Event, Mutant, replaced, sent, together
from .calls import swallow

_bodies: list[bytes] = []


def _after(then: Callable[[Any, bool], Any]) -> Callable[[Any], Any]:
    """Do something after each request; ``then`` gets the exchange and whether the connection goes on, and returns that
    or an awaitable of it."""

    def wrong(right: Any) -> Any:
        async def run(self: Exchange) -> bool:
            going = then(self, bool(await right(self)))
            return going if isinstance(going, bool) else bool(await going)

        return run

    return wrong


def _ignoring_close(exchange: Any, going: bool) -> Any:
    if going or not exchange._response.done or exchange._request.target.path == PROBE:
        return going

    async def dropping() -> bool:
        await swallow(exchange._stream)
        return False

    return dropping()


def _always(exchange: Any, going: bool) -> bool:
    return going or (exchange._response.done and exchange._request.target.path != PROBE)


def _dropping(exchange: Any, going: bool) -> bool:
    exchange._stream.buffer.clear()
    return going


def _dropping_third(exchange: Any, going: bool) -> bool:
    stream = exchange._stream
    stream.turn = getattr(stream, "turn", 0) + 1
    if stream.turn == 2:
        stream.buffer.clear()
    return going


def _only_twice(exchange: Any, going: bool) -> bool:
    stream = exchange._stream
    stream.served = getattr(stream, "served", 0) + 1
    return going and stream.served < 2


def _unless_posted(exchange: Any, going: bool) -> bool:
    return going and exchange._request.method in ("GET", "HEAD")


def _unless_error(right: Any) -> Any:
    def own(self: Any, given: Any, status: int) -> Any:
        self.failed = status >= 400
        return right(self, given, status)

    return own


def _after_success(exchange: Any, going: bool) -> bool:
    return going and not getattr(exchange._response, "failed", False)


def _held_back(right: Any) -> Any:
    """Keep what the first of two pipelined requests is answered with until the second one is answered."""

    async def run(self: Any) -> bool:
        stream = self._stream
        late = getattr(stream, "late", None)
        if late is None and b"\r\n\r\n" in stream.buffer:
            stream.late, stream.holding = [], True
            going = bool(await right(self))
            stream.holding = False
            return going
        going = bool(await right(self))
        if late:
            stream.late = None
            stream.put(b"".join(late))
        return going

    return run


def _holding(right: Any) -> Any:
    def put(self: Any, data: bytes) -> None:
        if getattr(self, "holding", False):
            self.late.append(data)
        else:
            right(self, data)

    return put


def _swapped(exchange: Any, event: Event) -> Event:
    data = event.get("body")
    if event.get("type") != "http.response.body" or not data or not isinstance(data, bytes):
        return event
    _bodies.append(data)
    other = next((body for body in _bodies if len(body) == len(data)), data)
    del _bodies[:-50]
    return {**event, "body": other}


def _unsaid(right: Any) -> Any:
    def own(self: ResponseWriter, given: Any, status: int) -> Any:
        return [pair for pair in right(self, given, status) if pair[0].lower() != b"connection"]

    return own


def _at_once(right: Any) -> Any:
    async def close(self: ServerStream, linger: float = 0.0) -> None:
        await right(self, 0.0)

    return close


def _after_a_while(right: Any) -> Any:
    async def close(self: ServerStream, linger: float = 0.0) -> None:
        await asyncio.sleep(4)
        await right(self, linger)

    return close


def _lingers_before_the_others(right: Any) -> Any:
    """Wait for the end of a client, up to two seconds, on the thread that serves all of them."""

    async def close(self: ServerStream, linger: float = 0.0) -> None:
        handle = self._writer.get_extra_info("socket")
        if linger and handle is not None and self.tls is None and not self.lost:
            with contextlib.suppress(OSError):
                await self._writer.drain()
                self._writer.write_eof()
                poll = select.poll()
                poll.register(handle.fileno(), select.POLLIN)
                poll.poll(2000)
        await right(self, linger)

    return close


def _half_closed_is_gone(right: Any) -> Any:
    """Take the client's end of the stream for the end of the connection."""

    async def fill(self: ServerStream) -> bool:
        going = bool(await right(self))
        if not going:
            self._writer.transport.abort()
        return going

    return fill


def _no_clean_end(right: Any) -> Any:
    return lambda self: None


def _unread_kept(right: Any) -> Any:
    """Close a connection with an unread body at once."""

    async def read_out(self: Exchange) -> bool:
        return self._body.done and bool(await right(self))

    return read_out


def _unread_forever(right: Any) -> Any:
    async def read_out(self: Exchange) -> bool:
        if self._body.done or self._request.target.path == PROBE:
            return bool(await right(self))
        await swallow(self._stream)
        return False

    return read_out


MUTANTS: Mapping[str, Mutant] = {
    "keeps-open": Mutant(
        "a connection that should be closed stays open", replaced(Exchange, "run", _after(_ignoring_close))
    ),
    "close-ignored": Mutant(
        "after Connection: close the next request is served", replaced(Exchange, "run", _after(_always))
    ),
    "close-not-said": Mutant(
        "a connection is closed without Connection: close", replaced(ResponseWriter, "_own", _unsaid)
    ),
    "never-persists": Mutant(
        "every connection is closed after one response",
        replaced(Exchange, "run", _after(lambda exchange, going: False)),
    ),
    "persists-once": Mutant(
        "a connection is closed after two responses", replaced(Exchange, "run", _after(_only_twice))
    ),
    "persists-after-get": Mutant(
        "a connection is closed after a request that is no GET", replaced(Exchange, "run", _after(_unless_posted))
    ),
    "persists-after-success": Mutant(
        "a connection is closed after an error of the application",
        together(replaced(ResponseWriter, "_own", _unless_error), replaced(Exchange, "run", _after(_after_success))),
    ),
    "pipeline-reversed": Mutant(
        "two pipelined requests are answered last first",
        together(replaced(ServerStream, "put", _holding), replaced(Exchange, "run", _held_back)),
    ),
    "pipeline-dropped": Mutant(
        "a second request that came with the first is lost", replaced(Exchange, "run", _after(_dropping))
    ),
    "pipeline-third-lost": Mutant(
        "a third request that came with the first two is lost", replaced(Exchange, "run", _after(_dropping_third))
    ),
    "answers-swapped": Mutant("requests are given the bodies of others of the same size", sent(_swapped)),
    "closes-before-reading": Mutant(
        "a connection with unread bytes is closed at once", replaced(ServerStream, "close", _at_once)
    ),
    "closes-late": Mutant("connections are closed seconds later", replaced(ServerStream, "close", _after_a_while)),
    "lingers-before-the-others": Mutant(
        "nobody is served while the server waits for a client's end",
        replaced(ServerStream, "close", _lingers_before_the_others),
    ),
    "half-close-is-the-end": Mutant(
        "a client that ends its side gets no response", replaced(ServerStream, "fill", _half_closed_is_gone)
    ),
    "cut-never-noticed": Mutant(
        "a response that breaks off looks complete", replaced(ServerStream, "reset", _no_clean_end)
    ),
    "cut-head-is-quiet": Mutant(
        "a head that breaks off is not answered", replaced(ServerConnection, "_cut", _no_clean_end)
    ),
    "unread-body-closes": Mutant(
        "a body that was not read closes the connection", replaced(Exchange, "_read_out", _unread_kept)
    ),
    "unread-body-hangs": Mutant(
        "after a body that was not read the connection is deaf", replaced(Exchange, "_read_out", _unread_forever)
    ),
}
