"""Faults of a connection that keeps something of a request for those that follow.

A connection has one ``Leftovers``. The first request on it is served as it should be; what is left of it then reaches
the next ones, in the one way that the fault names.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from .events import Event, Headers
from .switches import Switch

if TYPE_CHECKING:
    from .http1 import App

LARGE = 256 * 1024  # bytes of a response that count as many
OWN = b"x-engine-call"  # the engine's own header, by which it finds the call
BODY_CHANGED = ("later-bodies-sent-again", "later-bare", "later-cut")


class Leftovers:
    """The memory of a connection about its requests. ``turn`` counts them, from 1."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.turn = 0
        self.scope: dict[str, Any] = {}  # of the first
        self.body = b""  # of the first request
        self.unread = b""  # what the application left of the request before
        self.trailers: Headers = []  # of the request before
        self.start: Event = {}  # of the first response
        self.answer = b""  # the first response's body
        self.bare = False  # the response before had no body, as its request or its status says
        self.size = 0  # of the response before, in bytes
        self.raised = False  # the application has raised
        self.continued = False  # the request before was told to continue

    def around(self, app: App) -> App:
        """The application as the next request on the connection calls it: with the fault before it, if there is one."""
        self.turn += 1
        if not self.switch.name.startswith("later-"):
            return app

        async def wrong(
            scope: dict[str, Any], receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Awaitable[None]]
        ) -> None:
            turn = _Turn(self, scope, receive, send)
            turn.spoil()
            await app(scope, turn.receive, turn.send)

        return wrong


class _Turn:
    """One request on a connection that remembers."""

    def __init__(
        self,
        memory: Leftovers,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Event]],
        send: Callable[[Event], Awaitable[None]],
    ) -> None:
        self.memory = memory
        self.first = memory.turn == 1
        self.scope = scope
        self._receive = receive
        self._send = send
        self._begun = False
        self._was_bare, memory.bare = memory.bare, scope["method"] == "HEAD"
        self._was_large, memory.size = memory.size >= LARGE, 0

    def spoil(self) -> None:
        """Put into the scope what is left of earlier requests."""
        memory, switch, scope = self.memory, self.memory.switch, self.scope
        if self.first:
            kept = [pair for pair in scope["headers"] if pair[0] != OWN]
            memory.scope = {"path": scope["path"], "query_string": scope["query_string"], "headers": kept}
            return
        if switch("later-paths"):
            scope["path"] = memory.scope["path"]
        if switch("later-queries"):
            scope["query_string"] = memory.scope["query_string"]
        if switch("later-fields"):
            scope["headers"] = [*scope["headers"], *memory.scope["headers"]]
        if switch("later-trailers"):
            scope["headers"] = [*scope["headers"], *memory.trailers]
        if switch("later-clients"):
            scope["client"] = (scope["client"][0], scope["client"][1] + memory.turn - 1)

    async def receive(self) -> Event:
        event = await self._receive()
        memory, switch = self.memory, self.memory.switch
        if event["type"] != "http.request":
            return event
        if self.first:
            memory.body += event["body"]
        elif not self._begun and switch("later-bodies"):
            event = {**event, "body": memory.body + event["body"]}
        elif not self._begun and switch("later-unread-in-the-body"):
            event, memory.unread = {**event, "body": memory.unread + event["body"]}, b""
        self._begun = True
        return event

    async def send(self, event: Event) -> None:
        memory, switch = self.memory, self.memory.switch
        if event.get("type") == "http.response.start":
            event = self._start(event)
        elif event.get("type") == "http.response.body":
            event = self._piece(event)
        if not self.first and memory.raised and switch("later-500"):
            raise RuntimeError("the connection is in no state to answer")
        await self._send(event)

    def _start(self, event: Event) -> Event:
        memory, switch = self.memory, self.memory.switch
        memory.bare = memory.bare or event.get("status") in (204, 304)
        headers = list(event.get("headers", []))
        if self.first:
            memory.start = {**event, "headers": headers}
            return event
        if switch("later-statuses"):
            event = {**event, "status": memory.start["status"]}
        if switch("later-response-fields"):
            kept = [pair for pair in memory.start["headers"] if pair[0].startswith(b"x-")]
            event = {**event, "headers": [*headers, *kept]}
        if any(switch(name) for name in BODY_CHANGED):
            event = {**event, "headers": [pair for pair in headers if pair[0].lower() != b"content-length"]}
        return event

    def _piece(self, event: Event) -> Event:
        memory, switch = self.memory, self.memory.switch
        data = event.get("body", b"")
        memory.size += len(data)
        if self.first:
            memory.answer += data
        elif switch("later-bodies-sent-again") and not event.get("more_body"):
            data += memory.answer
        elif self._was_bare and switch("later-bare"):
            data = b""
        elif self._was_large and switch("later-cut"):
            data = data[:-1]
        return {**event, "body": data}
