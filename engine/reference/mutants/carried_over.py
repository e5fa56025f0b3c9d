"""Faults that carry a part of one call over to a later one, or keep what has ended."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Any

import h11

from .. import main
from ..connection import ServerConnection
from ..http2.exchange import Http2Exchange
from ..response import ResponseWriter
from ..session import WebSocketConversation
from ..stream import ServerStream
from ..violations import Disconnected
from .base import PROBE, Install, Mutant, Scope, replaced, scopes, together


def _shared(name: str) -> Install:
    """All calls of a type have one object as a part of their scopes."""
    kept: dict[str, Any] = {}

    def change(scope: Scope) -> None:
        scope[name] = kept.setdefault(scope["type"], scope[name])

    return scopes(change)


def _unless_more_has_come(right: Any) -> Any:
    async def gone(self: ServerStream) -> None:
        await right(self)
        if self.buffer:
            await asyncio.Event().wait()

    return gone


def _never_raising(path: Callable[[Any], str]) -> Callable[[Any], Any]:
    """Let a send() wait for ever in place of raising that the client has left."""

    def wrong(right: Any) -> Any:
        async def send(self: Any, event: Any) -> None:
            try:
                await right(self, event)
            except Disconnected:
                if path(self) != PROBE:
                    await asyncio.Event().wait()
                raise

        return send

    return wrong


def _target(conversation: Any) -> str:
    return str(conversation._request.target.path)


def _with_the_timer_of_requests(right: Any) -> Any:
    async def converse(self: ServerConnection, request: Any) -> bool:
        earlier = getattr(self, "requests", 0)
        if not earlier:
            return bool(await right(self, request))
        asyncio.get_running_loop().call_later(self._service.options.keep_alive, self._stream.reset)
        return bool(await right(self, request))

    return converse


def _counting(right: Any) -> Any:
    async def serve(self: Any, request: Any) -> bool:
        going = bool(await right(self, request))
        self.requests = getattr(self, "requests", 0) + 1
        return going

    return serve


def _kept_until_the_timer(right: Any) -> Any:
    """Keep the requests of a connection that has ended for as long as it might have been idle."""

    async def serve(self: ServerConnection, request: Any) -> bool:
        going = bool(await right(self, request))
        if going:
            kept = [request, bytes(sum(len(value) for _, value in request.fields))]
            asyncio.get_running_loop().call_later(self._service.options.keep_alive, kept.clear)
        return going

    return serve


def _status_lines_kept() -> Install:
    """Keep each status line by its status, with the version of the first request."""
    kept: dict[int, bytes] = {}

    def keeping(right: Any) -> Any:
        def emit(self: ResponseWriter, event: Any) -> bytes:
            data = bytes(right(self, event))
            if not isinstance(event, h11.Response):
                return data
            version = bytes(getattr(self._protocol, "their_http_version", None) or b"1.1")
            return b"HTTP/" + kept.setdefault(event.status_code, version) + data[8:]

        return emit

    return replaced(ResponseWriter, "_emit", keeping)


def _ending_well(right: Any) -> Any:
    """End with status 0, and without a word, if the address cannot be bound."""

    def listening(options: Any) -> Any:
        try:
            return right(options)
        except OSError:
            os._exit(0)

    return listening


MUTANTS: Mapping[str, Mutant] = {
    "versions-shared-by-calls": Mutant("all scopes share the dict of the versions", _shared("asgi")),
    "extensions-shared-by-calls": Mutant("all scopes share the dict of the extensions", _shared("extensions")),
    "disconnect-hidden-by-a-queue": Mutant(
        "a client that leaves with a further request on its connection is not reported to the application",
        replaced(ServerStream, "gone", _unless_more_has_come),
    ),
    "websocket-send-never-released": Mutant(
        "the send() of a WebSocket whose client has left waits for ever",
        replaced(WebSocketConversation, "_send", _never_raising(_target)),
    ),
    "http2-send-never-released": Mutant(
        "a send() over HTTP/2 whose client has left waits for ever",
        replaced(Http2Exchange, "_send", _never_raising(_target)),
    ),
    "idle-timer-ends-a-websocket": Mutant(
        "a WebSocket behind a request ends when its connection would have been idle for too long",
        together(
            replaced(ServerConnection, "_converse", _with_the_timer_of_requests),
            replaced(ServerConnection, "_serve", _counting),
        ),
    ),
    "stale-socket-stays": Mutant(
        "a Unix socket that an earlier server has left behind is not removed",
        replaced(main, "remove_stale", lambda right: lambda path: None),
    ),
    "status-lines-kept-by-status": Mutant(
        "a status line has the version of the first response with its status", _status_lines_kept()
    ),
    "no-address-is-no-error": Mutant(
        "a server that cannot listen on its address ends with status 0", replaced(main, "listening", _ending_well)
    ),
    "requests-kept-until-the-idle-timeout": Mutant(
        "the requests of a connection are kept after its end, until it would have been idle for too long",
        replaced(ServerConnection, "_serve", _kept_until_the_timer),
    ),
}
