"""Faults between a request's body, the application and the connection: Expect, offers of other protocols, early
responses, uploads that stall or break off."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import connection, opening
from ..exchange import Exchange
from ..head import Request
from ..refused import RequestRefused
from ..response import refusal
from ..stream import ServerStream
from .base import PROBE, Event, Mutant, everywhere, received, replaced
from .body import CONTINUE


def _exactly(right: Any) -> Any:
    return property(lambda self: self.version == "1.1" and self.values(b"expect") == [b"100-continue"])


def _in_any_version(right: Any) -> Any:
    return property(lambda self: "100-continue" in self.words(b"expect"))


def _first_line(right: Any) -> Any:
    return property(lambda self: self.version == "1.1" and self.values(b"expect")[:1] == [b"100-continue"])


def _each_line(right: Any) -> Any:
    async def go_on(self: Exchange) -> None:
        await right(self)
        for _ in self._request.values(b"expect")[1:]:
            await self._stream.write(CONTINUE)

    return go_on


def _late(right: Any) -> Any:
    """Send 100 for a body that is not done, whatever was sent before."""

    async def receive(self: Exchange) -> Event:
        if self._request.expects and self._response.sent and not self._body.done and not self._stream.buffer:
            self._stream.put(CONTINUE)
        event: Event = await right(self)
        return event

    return receive


def _remembered(right: Any) -> Any:
    """Send 100 for each request with a body once one on the connection has expected it."""

    async def run(self: Any) -> bool:
        if getattr(self._stream, "expecting", False) and self._request.length != 0:
            await self._stream.write(CONTINUE)
        self._stream.expecting = self._expected or getattr(self._stream, "expecting", False)
        return bool(await right(self))

    return run


def _once_a_connection(right: Any) -> Any:
    async def go_on(self: Any) -> None:
        if getattr(self._stream, "continued", False):
            self._expected = False
            return
        self._stream.continued = True
        await right(self)

    return go_on


def _offers_drop(right: Any) -> Any:
    """Serve a request with an offer of another protocol as if it had no body."""

    def take(buffer: bytearray, *more: Any) -> Any:
        request = right(buffer, *more)
        if request is not None and "upgrade" in request.words(b"connection") and request.length != 0:
            buffer.clear()
            return replace(request, length=0)
        return request

    return take


def _offers_end(right: Any) -> Any:
    async def run(self: Exchange) -> bool:
        going = bool(await right(self))
        if "upgrade" in self._request.words(b"connection") and self._request.words(b"upgrade"):
            self._stream.buffer.clear()
        return going

    return run


def _offers_refused(right: Any) -> Any:
    async def run(self: Exchange) -> bool:
        if self._request.words(b"upgrade"):
            self._refuse(RequestRefused(400, "SEM-35", "the protocol is unknown"))
            return False
        return bool(await right(self))

    return run


def _any_offer(right: Any) -> Any:
    async def run(self: Exchange) -> bool:
        words = self._request.words(b"upgrade")
        if words and self._request.target.path != PROBE:
            self._stream.put(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n\r\n")
            return False
        return bool(await right(self))

    return run


def _handshake(*, version: bool = True, option: bool = True) -> Any:
    def wrong(right: Any) -> Any:
        def is_handshake(request: Request) -> bool:
            return (
                request.method == "GET"
                and (request.version == "1.1" or not version)
                and ("upgrade" in request.words(b"connection") or not option)
                and "websocket" in request.words(b"upgrade")
            )

        return is_handshake

    return wrong


def _part_of_a_word(right: Any) -> Any:
    def is_handshake(request: Request) -> bool:
        option = b",".join(request.values(b"connection")).lower()
        return request.method == "GET" and b"upgrade" in option and "websocket" in request.words(b"upgrade")

    return is_handshake


def _without_upgrade(right: Any) -> Any:
    def refused(request: Any, error: RequestRefused) -> bytes:
        error.fields = [pair for pair in error.fields if pair[0] != b"upgrade"]
        answer: bytes = right(request, error)
        return answer

    return refused


def _tunnel(right: Any) -> Any:
    def refuse(self: Any, error: RequestRefused) -> None:
        if error.clause in ("SEM-39", "SEM-40"):
            self._stream.put(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            right(self, error)

    return refuse


def _echo_head(right: Any) -> Any:
    async def run(self: Exchange) -> bool:
        if self._request.method == "TRACE":
            self._stream.put(refusal(self._request, RequestRefused(405, "SEM-43", repr(self._request.fields))))
            return False
        return bool(await right(self))

    return run


def _unsaid_101(right: Any) -> Any:
    def put(self: ServerStream, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 101"):
            head, _, rest = data.partition(b"\r\n\r\n")
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"upgrade:")]
            data = b"\r\n".join(lines) + b"\r\n\r\n" + rest
        right(self, data)

    return put


def _bodiless(*methods: str) -> Any:
    """Requests with these methods have no body, whatever their framing says."""

    def wrong(right: Any) -> Any:
        def take(buffer: bytearray, *more: Any) -> Any:
            request = right(buffer, *more)
            if request is not None and request.method in methods and request.length != 0:
                return replace(request, length=0)
            return request

        return take

    return wrong


def _small_only(right: Any) -> Any:
    async def read_out(self: Exchange) -> bool:
        if not self._body.done and self._request.length is not None and self._request.length > 64 * 1024:
            return True
        return bool(await right(self))

    return read_out


def _after_its_time(right: Any) -> Any:
    """Read the bytes that came with the end of an unread body only when more bytes come, or seconds later."""

    async def read_out(self: Exchange) -> bool:
        unread = not self._body.done
        going = bool(await right(self))
        if going and unread and self._stream.buffer:
            await asyncio.wait([asyncio.ensure_future(self._stream.fill())], timeout=5)
        return going

    return read_out


def _closes_at_once(right: Any) -> Any:
    """Close after an unread body at once, with bytes that nobody has read."""

    async def read_out(self: Exchange) -> bool:
        if not self._body.done and self._request.length != 0 and self._request.target.path != PROBE:
            self._stream._writer.close()
            return False
        return bool(await right(self))

    return read_out


def _stops_reading(right: Any) -> Any:
    async def read_out(self: Exchange) -> bool:
        if not self._body.done and self._request.target.path != PROBE:
            await asyncio.sleep(8)
            return False
        return bool(await right(self))

    return read_out


def _whole_first(right: Any) -> Any:
    """Call the application when the whole body is there."""

    async def run(self: Exchange) -> bool:
        if self._expected:
            await self._go_on()
        length = self._request.length
        while not self._stream.ended and (
            not self._stream.buffer.endswith(b"0\r\n\r\n") if length is None else len(self._stream.buffer) < length
        ):
            if not await self._stream.fill():
                break
        return bool(await right(self))

    return run


def _never_resumes(right: Any) -> Any:
    """After a pause of the application nothing more is read from the socket."""

    async def next_piece(self: Any) -> Event | None:
        loop = asyncio.get_running_loop()
        last, self.last = getattr(self, "last", loop.time()), loop.time()
        if loop.time() - last > 0.2 and self._received > 1024:
            await asyncio.sleep(10)
        event: Event | None = await right(self)
        self.last = loop.time()
        return event

    return next_piece


def _cancelled_is_gone(right: Any) -> Any:
    async def receive(self: Any) -> Event:
        if getattr(self, "cancelled", False) and self._delivered:
            return {"type": "http.disconnect"}
        try:
            event: Event = await right(self)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return event

    return receive


def _cancelled_loses(right: Any) -> Any:
    async def receive(self: Any) -> Event:
        try:
            event: Event = await right(self)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if getattr(self, "cancelled", False) and event["type"] == "http.request":
            self.cancelled = False
            return {**event, "body": b""}
        return event

    return receive


def _waits_after_the_response(right: Any) -> Any:
    async def receive(self: Exchange) -> Event:
        if self._over.is_set():
            await asyncio.sleep(5)
        event: Event = await right(self)
        return event

    return receive


def _waits_for_the_call(right: Any) -> Any:
    async def read_out(self: Exchange) -> bool:
        calls = [call for call in self._service.calls if not call.done()]
        if calls and self._request.target.path != PROBE:
            await asyncio.wait(calls, timeout=5)
        return bool(await right(self))

    return read_out


def _crossed(exchange: Any, event: Event) -> Event:
    """Pieces of large bodies are mixed up between connections."""
    if event["type"] == "http.request" and len(event["body"]) > 16 * 1024:
        event, _held[:] = {**event, "body": _held[0] if _held else event["body"]}, [event["body"]]
    return event


_held: list[bytes] = []

MUTANTS: Mapping[str, Mutant] = {
    "expect-only-exactly": Mutant(
        "Expect counts only as one line with exactly 100-continue", replaced(Request, "expects", _exactly)
    ),
    "expect-first-line": Mutant("only the first Expect line counts", replaced(Request, "expects", _first_line)),
    "expect-in-http-1-0": Mutant("100 (Continue) is sent to HTTP/1.0", replaced(Request, "expects", _in_any_version)),
    "continue-for-each-line": Mutant(
        "100 (Continue) is sent once for each Expect line", replaced(Exchange, "_go_on", _each_line)
    ),
    "continue-after-the-response": Mutant(
        "receive() sends 100 (Continue) after the response has begun", replaced(Exchange, "_receive", _late)
    ),
    "continue-remembered": Mutant(
        "after a request with Expect every request gets 100 (Continue)", replaced(Exchange, "run", _remembered)
    ),
    "continue-once-a-connection": Mutant(
        "only the first request with Expect gets 100 (Continue)", replaced(Exchange, "_go_on", _once_a_connection)
    ),
    "offer-drops-the-body": Mutant(
        "a request with an offer of another protocol loses its body", replaced(connection, "take", _offers_drop)
    ),
    "offer-ends-the-parser": Mutant(
        "bytes behind a request with an offer are lost", replaced(Exchange, "run", _offers_end)
    ),
    "offer-refused": Mutant("an offer of another protocol is refused", replaced(Exchange, "run", _offers_refused)),
    "offer-always-taken": Mutant("any offer is answered with 101", replaced(Exchange, "run", _any_offer)),
    "handshake-with-any-option": Mutant(
        "Upgrade counts without the connection option", everywhere(opening.is_handshake, _handshake(option=False))
    ),
    "handshake-with-part-of-a-word": Mutant(
        "any connection option that contains upgrade counts", everywhere(opening.is_handshake, _part_of_a_word)
    ),
    "handshake-in-http-1-0": Mutant(
        "an offer of WebSocket counts in HTTP/1.0", everywhere(opening.is_handshake, _handshake(version=False))
    ),
    "upgrade-not-named": Mutant("a 426 has no Upgrade", everywhere(refusal, _without_upgrade)),
    "switch-not-named": Mutant("a 101 has no Upgrade", replaced(ServerStream, "put", _unsaid_101)),
    "connect-tunnels": Mutant(
        "CONNECT is answered with 200 by the server", replaced(connection.ServerConnection, "_refuse", _tunnel)
    ),
    "trace-echoes": Mutant("TRACE is answered with the fields of the request", replaced(Exchange, "run", _echo_head)),
    "get-has-no-body": Mutant(
        "GET, HEAD and DELETE have no body", replaced(connection, "take", _bodiless("GET", "HEAD", "DELETE", "OPTIONS"))
    ),
    "other-methods-have-no-body": Mutant(
        "TRACE and unknown methods have no body",
        replaced(connection, "take", _bodiless("TRACE", "QUERY", "EXTENSION-X", "PROPFIND", "SEARCH")),
    ),
    "unread-large-is-a-request": Mutant(
        "an unread body of more than 64 KiB is taken as requests", replaced(Exchange, "_read_out", _small_only)
    ),
    "unread-end-waits": Mutant(
        "a request that came with the end of an unread body waits", replaced(Exchange, "_read_out", _after_its_time)
    ),
    "unread-is-reset": Mutant(
        "a connection with an unread body is closed with bytes unread", replaced(Exchange, "_read_out", _closes_at_once)
    ),
    "unread-stalls": Mutant(
        "after an early response nothing is read or closed", replaced(Exchange, "_read_out", _stops_reading)
    ),
    "body-buffered-whole": Mutant(
        "the application is called when the whole body is there", replaced(Exchange, "run", _whole_first)
    ),
    "stall-never-ends": Mutant(
        "an upload that stalled never goes on", replaced(Exchange, "_next_piece", _never_resumes)
    ),
    "cancelled-is-a-disconnect": Mutant(
        "after a cancelled receive() the client seems to have left", replaced(Exchange, "_receive", _cancelled_is_gone)
    ),
    "cancelled-loses-a-piece": Mutant(
        "the piece after a cancelled receive() is lost", replaced(Exchange, "_receive", _cancelled_loses)
    ),
    "waits-after-the-response": Mutant(
        "receive() waits after the response", replaced(Exchange, "_receive", _waits_after_the_response)
    ),
    "next-waits-for-the-call": Mutant(
        "a connection serves no request before the application returns",
        replaced(Exchange, "_read_out", _waits_for_the_call),
    ),
    "uploads-crossed": Mutant("pieces of concurrent uploads are mixed up", received(_crossed)),
}
