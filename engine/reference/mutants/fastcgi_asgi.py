"""Faults of the strict FastCGI server with ASGI applications: the scope, aborts, the body, and the lifespan."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Any

from .. import fastcgi, fastcgi_asgi
from ..fastcgi import Connection, Request
from ..fastcgi_asgi import AsgiCall, AsgiConnection
from ..fastcgi_calls import Pair
from ..lifespan import Failed, Lifespan
from .base_values import PROBE, Install, Mutant, replaced, together

OFTEN_SENT = (b"REQUEST_URI", b"REQUEST_SCHEME", b"REMOTE_PORT", b"HTTP_HOST")


def _scopes(change: Callable[[dict[str, Any]], object]) -> Install:
    """Change the scope of each call."""

    def wrong(right: Any) -> Any:
        def scope_of(pairs: Any) -> Any:
            scope = right(pairs)
            change(scope)
            return scope

        return scope_of

    return replaced(fastcgi_asgi, "scope_of", wrong)


def _without_root(scope: dict[str, Any]) -> None:
    scope["path"] = scope["path"].removeprefix(scope["root_path"])


def _needing(right: Any) -> Any:
    def scope_of(pairs: list[Pair]) -> Any:
        scope = right(pairs)
        if scope["path"] != PROBE and not {*OFTEN_SENT} <= {name for name, _ in pairs}:
            raise LookupError("a variable is missing")
        return scope

    return scope_of


def _uri(right: Any) -> Any:
    def scope_of(pairs: list[Pair]) -> Any:
        return {**right(pairs), "raw_path": dict(pairs).get(b"REQUEST_URI", b"")}

    return scope_of


def _whole_body(right: Any) -> Any:
    async def run(self: AsgiCall) -> None:
        while not self._request.called:
            if self._left:
                return
            self._news.clear()
            await self._news.wait()
        await right(self)

    return run


def _beyond_its_length(right: Any) -> Any:
    def part(self: Any) -> Any:
        data = b"".join(self._request.body[self._taken :])
        self._taken = len(self._request.body)
        self._delivered = self._request.called
        return {"type": "http.request", "body": data, "more_body": not self._delivered}

    return part


def _abort_waits(right: Any) -> Any:
    def abort(self: AsgiConnection, request: Request) -> None:
        if request.called:
            right(self, request)

    return abort


def _abort_remembered(right: Any) -> Any:
    def abort(self: Any, request: Request) -> None:
        right(self, request)
        self.__dict__.setdefault("aborted", set()).add(request.id)

    return abort


def _aborted_again(right: Any) -> Any:
    def play(self: Any, request: Request) -> None:
        right(self, request)
        if request.id in self.__dict__.get("aborted", ()):
            self.calls[request]._gone = True

    return play


def _end_unheard(right: Any) -> Any:
    return Connection.serve


def _other_roles_dropped(right: Any) -> Any:
    def begin(self: Connection, id: int, content: bytes) -> None:
        if int.from_bytes(content[:2], "big") not in (2, 3):
            right(self, id, content)

    return begin


def _not_awaited(right: Any) -> Any:
    async def started(life: Lifespan, signalled: asyncio.Event) -> bool:
        asyncio.get_running_loop().create_task(life.start()).add_done_callback(lambda done: done.exception())
        await asyncio.sleep(0)
        return True

    return started


def _failure_ignored(right: Any) -> Any:
    async def started(life: Lifespan, signalled: asyncio.Event) -> bool:
        try:
            return bool(await right(life, signalled))
        except Failed:
            return True

    return started


def _raise_fails(right: Any) -> Any:
    async def started(life: Lifespan, signalled: asyncio.Event) -> bool:
        started = bool(await right(life, signalled))
        if started and life.state is None:
            raise Failed
        return started

    return started


def _deaf_in_startup(right: Any) -> Any:
    async def started(life: Lifespan, signalled: asyncio.Event) -> bool:
        await life.start()
        return True

    return started


def _no_shutdown(right: Any) -> Any:
    async def stop(self: Lifespan) -> None:
        """Send no shutdown event."""

    return stop


def _requests_cut(right: Any) -> Any:
    async def accept(app: Any, listener: Any, connection: Any, life: Any, signalled: asyncio.Event) -> None:
        serving = asyncio.ensure_future(right(app, listener, connection, life, signalled))
        await signalled.wait()
        await life.stop()
        os._exit(0)
        await serving

    return accept


MUTANTS: Mapping[str, Mutant] = {
    "asgi-root-path-lost": Mutant("the root path is always empty", _scopes(lambda scope: scope.update(root_path=""))),
    "asgi-path-without-root": Mutant("the path of a scope is PATH_INFO without SCRIPT_NAME", _scopes(_without_root)),
    "asgi-raw-path-with-query": Mutant("raw_path has the query", replaced(fastcgi_asgi, "scope_of", _uri)),
    "asgi-scheme-http": Mutant("the scheme is always http", _scopes(lambda scope: scope.update(scheme="http"))),
    "asgi-variables-needed": Mutant(
        "a request without REQUEST_URI, REQUEST_SCHEME, REMOTE_PORT or HTTP_HOST is no request",
        replaced(fastcgi_asgi, "scope_of", _needing),
    ),
    "asgi-whole-bodies": Mutant(
        "the application is called when the whole body has arrived", replaced(AsgiCall, "run", _whole_body)
    ),
    "asgi-body-beyond-its-length": Mutant(
        "an ASGI application receives more than CONTENT_LENGTH of a longer body",
        replaced(AsgiCall, "_part", _beyond_its_length),
    ),
    "asgi-abort-waits-for-the-body": Mutant(
        "an abort within the body is ignored", replaced(AsgiConnection, "abort", _abort_waits)
    ),
    "asgi-abort-remembered": Mutant(
        "the next request with the id of an aborted one receives a disconnect",
        together(
            replaced(AsgiConnection, "abort", _abort_remembered), replaced(AsgiConnection, "play", _aborted_again)
        ),
    ),
    "asgi-end-unheard": Mutant(
        "an ASGI application does not hear of the end of the connection",
        replaced(AsgiConnection, "serve", _end_unheard),
    ),
    "other-roles-dropped": Mutant(
        "a request in the role of an authorizer or a filter is dropped",
        replaced(Connection, "begin", _other_roles_dropped),
    ),
    "startup-not-awaited": Mutant(
        "connections are accepted before startup is complete", replaced(fastcgi, "started", _not_awaited)
    ),
    "startup-failure-ignored": Mutant(
        "an application whose startup failed is served", replaced(fastcgi, "started", _failure_ignored)
    ),
    "startup-raise-fails": Mutant(
        "an application without a lifespan ends the server", replaced(fastcgi, "started", _raise_fails)
    ),
    "deaf-in-startup": Mutant(
        "signals that arrive during startup count when it is complete", replaced(fastcgi, "started", _deaf_in_startup)
    ),
    "no-shutdown-event": Mutant("the application gets no shutdown event", replaced(Lifespan, "stop", _no_shutdown)),
    "requests-cut-at-the-stop": Mutant(
        "requests that run are ended when the server is asked to stop", replaced(fastcgi, "accept", _requests_cut)
    ),
}
