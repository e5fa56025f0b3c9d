"""Faults of a connection that keeps something of a request for the requests that follow.

A connection has one ``Leftovers``. Its first request is served correctly; what is left of it then reaches the next
requests, in the way that the mutant names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import h11

from ..body import Chunked
from ..exchange import Exchange
from ..response import reason
from .base import OWN, Event, Install, Mutant, Scope, replaced, together
from .body import CONTINUE

LARGE = 256 * 1024  # bytes of a response that count as many


class Leftovers:
    """The memory of a connection about its requests. ``turn`` counts them, from 1."""

    def __init__(self) -> None:
        self.turn = 0
        self.scope: Scope = {}  # of the first request
        self.body = b""  # of the first request
        self.unread = b""  # the rest of a body that the application left
        self.trailers: list[tuple[bytes, bytes]] = []  # of the request before
        self.start: Event = {}  # of the first response
        self.answer = b""  # the body of the first response
        self.bare = False  # the response before had no body, by its method or its status
        self.size = 0  # of the response before, in bytes
        self.raised = False  # the application has raised
        self.continued = False  # 100 (Continue) was sent for the request before


class Turn:
    """One request on a connection that remembers. A mutant overrides what it does wrong."""

    def __init__(self, memory: Leftovers, exchange: Any) -> None:
        self.memory = memory
        self.exchange = exchange
        self.first = memory.turn == 1
        self.begun = False
        self.was_bare, memory.bare = memory.bare, exchange._request.method == "HEAD"
        self.was_large, memory.size = memory.size >= LARGE, 0

    def scope(self, scope: Scope) -> None:
        """Change the scope of a later request."""

    def start(self, event: Event) -> Event:
        """Change the start of a later response."""
        return event

    def piece(self, data: bytes, last: bool) -> bytes:
        """Change a piece of a later response."""
        return data

    def body(self, data: bytes) -> bytes:
        """Change the first piece of a later request's body."""
        return data

    def sending(self) -> None:
        """Act before an event of a later response is sent."""

    def call(self, scope: Scope, receive: Any, send: Any) -> Any:
        """Call the application between these functions."""
        if self.first:
            kept = [pair for pair in scope["headers"] if pair[0] != OWN]
            self.memory.scope = {**scope, "headers": kept}
        else:
            self.scope(scope)

        async def received() -> Event:
            event: Event = await receive()
            if event["type"] == "http.request":
                if self.first:
                    self.memory.body += event["body"]
                elif not self.begun:
                    event = {**event, "body": self.body(event["body"])}
                self.begun = True
            return event

        async def sent(event: Event) -> None:
            if not self.first:
                self.sending()
            await send(self.sent(event))

        return self.exchange.right_service.call(scope, received, sent)

    def sent(self, event: Event) -> Event:
        """An event as it is sent in the end."""
        memory = self.memory
        if event.get("type") == "http.response.start":
            memory.bare = memory.bare or event.get("status") in (204, 304)
            if not self.first:
                return self.start(event)
            memory.start = {**event, "headers": list(event.get("headers", ()))}
        elif event.get("type") == "http.response.body":
            data = event.get("body", b"")
            memory.size += len(data)
            if not self.first:
                return {**event, "body": self.piece(data, not event.get("more_body", False))}
            memory.answer += data
        return event


class _Service:
    """The state of the server for one exchange, whose calls are those of a turn."""

    def __init__(self, service: Any, turn: Turn) -> None:
        self._service = service
        self.call = turn.call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)


def _with(turn: type[Turn]) -> Install:
    """Serve each request in a turn of that class."""

    def wrong(right: Any) -> Any:
        async def run(self: Any) -> bool:
            memory: Leftovers = self._stream.__dict__.setdefault("leftovers", Leftovers())
            memory.turn += 1
            self.right_service = self._service
            self._service = _Service(self._service, turn(memory, self))
            return bool(await right(self))

        return run

    return replaced(Exchange, "run", wrong)


class _Watched:
    """A service that remembers the scope of the call it makes."""

    def __init__(self, right: Any) -> None:
        self.right = right
        self.scope: Scope = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.right, name)

    def call(self, scope: Scope, *given: Any) -> Any:
        self.scope = scope
        return self.right.call(scope, *given)


def _read_ahead(right: Any) -> Any:
    """The head of the next request is read during the call, into the scope of the call."""

    async def run(self: Any) -> bool:
        service = self._service = _Watched(self._service)

        async def watch() -> None:
            while await self._stream.fill():
                line, _, fields = bytes(self._stream.buffer).partition(b"\r\n")
                if line.endswith(b" HTTP/1.1"):
                    service.scope["method"], service.scope["path"] = line.decode("latin-1").split(" ")[:2]
                    service.scope["headers"] += [
                        (name.lower(), value.strip())
                        for name, colon, value in (one.partition(b":") for one in fields.split(b"\r\n"))
                        if colon and name.lower() != OWN
                    ]

        if self._request.method != "GET":
            return bool(await right(self))
        watching = asyncio.create_task(watch())
        try:
            return bool(await right(self))
        finally:
            watching.cancel()

    return run


def _of(exchange: Any) -> Leftovers:
    found: Leftovers = exchange._stream.leftovers
    return found


class _Path(Turn):
    def scope(self, scope: Scope) -> None:
        scope["path"] = self.memory.scope["path"]


class _Query(Turn):
    def scope(self, scope: Scope) -> None:
        scope["query_string"] = self.memory.scope["query_string"]


class _Method(Turn):
    def scope(self, scope: Scope) -> None:
        scope["method"] = self.memory.scope["method"]


class _Fields(Turn):
    def scope(self, scope: Scope) -> None:
        scope["headers"] = [*scope["headers"], *self.memory.scope["headers"]]


class _Trailers(Turn):
    def scope(self, scope: Scope) -> None:
        scope["headers"] = [*scope["headers"], *self.memory.trailers]


class _Client(Turn):
    def scope(self, scope: Scope) -> None:
        scope["client"] = (scope["client"][0], scope["client"][1] + self.memory.turn - 1)


class _State(Turn):
    def scope(self, scope: Scope) -> None:
        if "state" in self.memory.scope:
            scope["state"] = self.memory.scope["state"]


class _Body(Turn):
    def body(self, data: bytes) -> bytes:
        return self.memory.body + data


class _Unread(Turn):
    def body(self, data: bytes) -> bytes:
        left, self.memory.unread = self.memory.unread, b""
        return left + data


class _Status(Turn):
    def start(self, event: Event) -> Event:
        return {**event, "status": self.memory.start["status"]}


class _ResponseFields(Turn):
    def start(self, event: Event) -> Event:
        kept = [pair for pair in self.memory.start["headers"] if pair[0].startswith(b"x-")]
        return {**event, "headers": [*event.get("headers", ()), *kept]}


class _Unsized(Turn):
    def start(self, event: Event) -> Event:
        kept = [pair for pair in event.get("headers", ()) if pair[0].lower() != b"content-length"]
        return {**event, "headers": kept}


class _SentAgain(_Unsized):
    def piece(self, data: bytes, last: bool) -> bytes:
        return data + self.memory.answer if last else data


class _Bare(_Unsized):
    def piece(self, data: bytes, last: bool) -> bytes:
        return b"" if self.was_bare else data


class _Cut(_Unsized):
    def piece(self, data: bytes, last: bool) -> bytes:
        return data[:-1] if self.was_large else data


class _Continue(Turn):
    def scope(self, scope: Scope) -> None:
        if self.memory.continued:
            self.exchange._stream.put(CONTINUE)


class _Error(Turn):
    def sending(self) -> None:
        if self.memory.raised:
            raise RuntimeError("the connection cannot be used")


def _keep_trailers(right: Any) -> Any:
    def next_line(self: Any, buffer: bytearray) -> bytes | None:
        line: bytes | None = right(self, buffer)
        if self._trailing and line:
            name, _, value = line.partition(b":")
            self.__dict__.setdefault("kept", []).append((name.strip().lower(), value.strip()))
        return line

    return next_line


def _pass_trailers(right: Any) -> Any:
    async def read_out(self: Any) -> bool:
        going = bool(await right(self))
        _of(self).trailers = getattr(self._body, "kept", [])
        return going

    return read_out


def _as_a_request(right: Any) -> Any:
    async def read_out(self: Any) -> bool:
        if not self._body.done and self._stream.buffer:
            return True
        return bool(await right(self))

    return read_out


def _into_memory(right: Any) -> Any:
    async def read_out(self: Any) -> bool:
        while not self._body.done:
            _of(self).unread += self._body.take(self._stream.buffer)
            if not self._body.done and not await self._stream.fill():
                return False
        return bool(await right(self))

    return read_out


def _noting(right: Any) -> Any:
    async def go_on(self: Any) -> None:
        await right(self)
        _of(self).continued = True

    return go_on


def _kept_open(right: Any) -> Any:
    """Answer an exception with 500, and keep the connection."""

    async def break_off(self: Any) -> None:
        if self._response.sent or self._stream.lost:
            await right(self)
            return
        _of(self).raised = self.stays = True
        protocol = self._request.protocol
        head = h11.Response(status_code=500, headers=[(b"content-length", b"0")], reason=reason(500))
        self._stream.put(protocol.send(head) + protocol.send(h11.EndOfMessage()))

    return break_off


def _staying(right: Any) -> Any:
    async def run(self: Any) -> bool:
        return bool(await right(self)) or getattr(self, "stays", False)

    return run


MUTANTS: Mapping[str, Mutant] = {
    "next-head-in-the-scope": Mutant(
        "the next request on a connection is read into the scope of the call under way",
        replaced(Exchange, "run", _read_ahead),
    ),
    "later-paths": Mutant("later requests on a connection have the path of the first", _with(_Path)),
    "later-queries": Mutant("later requests on a connection have the query of the first", _with(_Query)),
    "later-methods": Mutant("later requests on a connection have the method of the first", _with(_Method)),
    "later-fields": Mutant("later requests on a connection also have the fields of the first", _with(_Fields)),
    "later-trailers": Mutant(
        "the trailers of a request are fields of the next",
        together(
            _with(_Trailers),
            replaced(Chunked, "_next_line", _keep_trailers),
            replaced(Exchange, "_read_out", _pass_trailers),
        ),
    ),
    "later-clients": Mutant("the client's port is another one for each request on a connection", _with(_Client)),
    "later-states": Mutant("all requests on a connection share one state", _with(_State)),
    "later-bodies": Mutant("later requests on a connection have the body of the first before their own", _with(_Body)),
    "later-unread-in-the-body": Mutant(
        "the unread rest of a body is in the body of the next request",
        together(_with(_Unread), replaced(Exchange, "_read_out", _into_memory)),
    ),
    "later-unread-is-a-request": Mutant(
        "the unread rest of a body is taken for a request",
        replaced(Exchange, "_read_out", _as_a_request),
    ),
    "later-statuses": Mutant("later responses on a connection have the status of the first", _with(_Status)),
    "later-response-fields": Mutant("later responses on a connection have fields of the first", _with(_ResponseFields)),
    "later-bodies-sent-again": Mutant(
        "later responses on a connection have the body of the first behind their own", _with(_SentAgain)
    ),
    "later-bare": Mutant("the response after one without a body has none either", _with(_Bare)),
    "later-cut": Mutant("the response after a large one loses its last byte", _with(_Cut)),
    "later-continue": Mutant(
        "the request after one with 100 (Continue) is answered with it too",
        together(_with(_Continue), replaced(Exchange, "_go_on", _noting)),
    ),
    "later-500": Mutant(
        "a connection on which the application raised answers with 500 from then on",
        together(_with(_Error), replaced(Exchange, "_break_off", _kept_open), replaced(Exchange, "run", _staying)),
    ),
}
