"""Faults in a graceful stop and in the replacement of workers while something is under way."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import session
from ..connection import ServerConnection
from ..exchange import Exchange
from ..server import RETIRED, ReferenceServer
from ..service import ServerState
from ..session import WebSocketConversation
from ..workers import Workers
from .base import PROBE, Install, Mutant, constant, replaced, together

LONG = 1e6
"""Seconds that are as good as for ever."""


def _graceful(seconds: float) -> Install:
    """Give running requests another time than the option says."""

    def wrong(right: Any) -> Any:
        async def finish(self: ReferenceServer) -> None:
            self._options = replace(self._options, graceful=seconds)
            await right(self)

        return finish

    return replaced(ReferenceServer, "_finish", wrong)


def waiting_for_traffic() -> Install:
    """End only when another connection comes after the signal, or some time after it."""

    def finishing(right: Any) -> Any:
        async def finish(self: ReferenceServer) -> None:
            if not served:
                await asyncio.sleep(9)
            await right(self)

        return finish

    def serving(right: Any) -> Any:
        async def serve(self: ServerConnection, request: Any) -> bool:
            if request.target.path != PROBE:
                served.append(True)
            return bool(await right(self, request))

        return serve

    served: list[bool] = []
    return together(replaced(ReferenceServer, "_finish", finishing), replaced(ServerConnection, "_serve", serving))


def _noted(right: Any) -> Any:
    def init(self: Any, stream: Any, request: Any, service: Any) -> None:
        right(self, stream, request, service)
        stream.exchange = self

    return init


def _uploads_cut(right: Any) -> Any:
    """Reset the connections whose request is not complete when the server stops."""

    def stop(self: ServerConnection) -> None:
        exchange = getattr(self._stream, "exchange", None)
        if exchange is not None and not exchange._body.done:
            self._stream.reset()
        right(self)

    return stop


def _unwritten_dropped(right: Any) -> Any:
    """Drop what a client has not read when the server ends."""

    async def finish(self: ReferenceServer) -> None:
        for connection in list(self._connections.values()):
            connection._stream.reset()
        await right(self)

    return finish


def _nothing(right: Any) -> Any:
    def nothing(*given: Any) -> None:
        """Do nothing."""

    return nothing


def _one_more(right: Any) -> Any:
    """Start one worker more at each reload."""

    def start(self: Any) -> None:
        if self.__dict__.get("begun") and self._retired and not self._running:
            self._count += 1
        self.begun = True
        right(self)

    return start


def _ends_at_its_number(right: Any) -> Any:
    def count(self: ServerState) -> None:
        right(self)
        if self.retired:
            os._exit(RETIRED)

    return count


def _not_replaced(right: Any) -> Any:
    """Start no worker for one that has served its last request."""

    def start(self: Any) -> None:
        if not self.__dict__.get("begun") or self._retired:
            self.begun = True
            right(self)
        elif not self._running:
            self._stop()

    return start


def _replaced_twice(right: Any) -> Any:
    def start(self: Any) -> None:
        if self.__dict__.get("begun") and not self._retired:
            self._count += 1
        self.begun = True
        right(self)

    return start


MUTANTS: Mapping[str, Mutant] = {
    "grace-ignored": Mutant("a stopping server waits for its requests, however long they take", _graceful(LONG)),
    "grace-is-short": Mutant("a stopping server gives its requests half a second", _graceful(0.5)),
    "stop-waits-for-traffic": Mutant("a server that has served nobody does not stop", waiting_for_traffic()),
    "stop-cuts-uploads": Mutant(
        "requests that are not complete are cut off when the server stops",
        together(replaced(Exchange, "__init__", _noted), replaced(ServerConnection, "stop", _uploads_cut)),
    ),
    "stop-drops-unwritten": Mutant(
        "connections are reset when the server stops", replaced(ReferenceServer, "_finish", _unwritten_dropped)
    ),
    "ws-pending-kept-at-stop": Mutant(
        "a WebSocket stays open while the server stops, for ever",
        together(replaced(WebSocketConversation, "go_away", _nothing), _graceful(LONG)),
    ),
    "stop-waits-for-closes": Mutant(
        "a stopping server waits for the close frames of its clients, for ever",
        together(constant(session, "CLOSES_WITHIN", LONG), _graceful(LONG)),
    ),
    "reload-adds-a-worker": Mutant("each reload adds a worker", replaced(Workers, "_start", _one_more)),
    "retired-cuts-requests": Mutant(
        "a worker ends with its last request, and cuts the others off",
        replaced(ServerState, "count", _ends_at_its_number),
    ),
    "retired-not-replaced": Mutant(
        "a worker that has served its last request is not replaced", replaced(Workers, "_start", _not_replaced)
    ),
    "retired-replaced-twice": Mutant(
        "two workers are started for one that has served its last request", replaced(Workers, "_start", _replaced_twice)
    ),
}
