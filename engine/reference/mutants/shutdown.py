"""Faults in the end of the server."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from typing import Any

from ..connection import ServerConnection
from ..exchange import Exchange
from ..server import ReferenceServer
from ..session import WebSocketConversation
from .base import Install, Mutant, replaced, together

LONG = 60.0
"""Seconds that no case waits for the end of a server."""


def _cutting(right: Any) -> Any:
    async def finish(self: ReferenceServer) -> None:
        for task in {*self._connections, *self._service.calls}:
            task.cancel()
        await right(self)

    return finish


def _accepting(right: Any) -> Any:
    """Accept connections until the very end."""

    async def accept(self: ReferenceServer, listener: Any) -> Any:
        server = await right(self, listener)

        class Open:
            def close(self) -> None:
                """Go on."""

        self.__dict__["accepting"] = server
        return Open()

    return accept


def _next_while_stopping(right: Any) -> Any:
    """Read the first request of a connection as if the server were not stopping."""

    async def next_request(self: ServerConnection) -> Any:
        stopping = self._service.stopping
        if not stopping or self._served:
            return await right(self)
        self._service.stopping = False
        try:
            return await right(self)
        finally:
            self._service.stopping = True

    return next_request


def _waiting_for_idle(right: Any) -> Any:
    def stop(self: ServerConnection) -> None:
        if self._session is not None:
            self._session.go_away()

    return stop


def _slow(right: Any) -> Any:
    async def finish(self: ReferenceServer) -> None:
        await asyncio.sleep(7)
        await right(self)

    return finish


def _exits_1(right: Any) -> Any:
    async def run(self: ReferenceServer, listener: Any) -> int:
        status = int(await right(self, listener))
        return status or 1

    return run


def _exits_143(right: Any) -> Any:
    async def run(self: ReferenceServer, listener: Any) -> int:
        status = int(await right(self, listener))
        return status or 128 + signal.SIGTERM

    return run


def _int_ignored(right: Any) -> Any:
    async def run(self: ReferenceServer, listener: Any) -> int:
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, loop.add_signal_handler, signal.SIGINT, lambda: None)
        return int(await right(self, listener))

    return run


def _int_kills(right: Any) -> Any:
    async def run(self: ReferenceServer, listener: Any) -> int:
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, signal.signal, signal.SIGINT, signal.SIG_DFL)
        return int(await right(self, listener))

    return run


def _one_signal(right: Any) -> Any:
    return lambda self: self.stop()


def _first_forces(right: Any) -> Any:
    def signalled(self: ReferenceServer) -> None:
        self.stop()
        right(self)

    return signalled


def _dropped(right: Any) -> Any:
    def go_away(self: WebSocketConversation) -> None:
        self._stream.reset()

    return go_away


def _not_told(right: Any) -> Any:
    def go_away(self: WebSocketConversation) -> None:
        """Send no close."""

    return go_away


def _as_normal(right: Any) -> Any:
    def go_away(self: WebSocketConversation) -> None:
        close = self._close
        self._close = lambda code, why: close(1000, why)  # type: ignore[method-assign]
        right(self)

    return go_away


def _ended_websockets_stay() -> Install:
    """Wait in the end for WebSockets that had ended before, which nothing takes from the list."""

    def running(right: Any) -> Any:
        async def run(self: WebSocketConversation) -> None:
            try:
                await right(self)
            finally:
                if not self._service.stopping:
                    ended.append(self)

        return run

    def finishing(right: Any) -> Any:
        async def finish(self: ReferenceServer) -> None:
            await right(self)
            if ended:
                await asyncio.sleep(LONG)

        return finish

    ended: list[WebSocketConversation] = []
    return together(replaced(WebSocketConversation, "run", running), replaced(ReferenceServer, "_finish", finishing))


def _persisting(right: Any) -> Any:
    """Say nothing of the end in the last response of a connection."""

    async def send(self: Exchange, event: Any) -> None:
        stopping, self._service.stopping = self._service.stopping, False
        try:
            await right(self, event)
        finally:
            self._service.stopping = self._service.stopping or stopping

    return send


MUTANTS: Mapping[str, Mutant] = {
    "term-cuts-requests": Mutant(
        "requests are cut off when the server stops", replaced(ReferenceServer, "_finish", _cutting)
    ),
    "accepts-while-stopping": Mutant(
        "connections are accepted until the very end",
        together(
            replaced(ReferenceServer, "_accept", _accepting), replaced(ServerConnection, "_next", _next_while_stopping)
        ),
    ),
    "idle-connections-block": Mutant(
        "idle connections delay the end", replaced(ServerConnection, "stop", _waiting_for_idle)
    ),
    "slow-stop": Mutant("the server ends seven seconds after a signal", replaced(ReferenceServer, "_finish", _slow)),
    "stop-exits-1": Mutant("a server ends after a signal with status 1", replaced(ReferenceServer, "run", _exits_1)),
    "stop-exits-143": Mutant(
        "a server ends after a signal with status 143", replaced(ReferenceServer, "run", _exits_143)
    ),
    "int-ignored": Mutant("SIGINT is ignored", replaced(ReferenceServer, "run", _int_ignored)),
    "int-kills": Mutant("SIGINT ends the server at once", replaced(ReferenceServer, "run", _int_kills)),
    "first-signal-forces": Mutant(
        "the first signal ends the server at once", replaced(ReferenceServer, "_signalled", _first_forces)
    ),
    "second-signal-ignored": Mutant("a second signal is ignored", replaced(ReferenceServer, "_signalled", _one_signal)),
    "ws-dropped-at-stop": Mutant(
        "WebSockets are dropped when the server stops", replaced(WebSocketConversation, "go_away", _dropped)
    ),
    "ws-kept-at-stop": Mutant(
        "WebSockets are not closed when the server stops", replaced(WebSocketConversation, "go_away", _not_told)
    ),
    "ws-stop-is-1000": Mutant(
        "WebSockets are closed with 1000 when the server stops", replaced(WebSocketConversation, "go_away", _as_normal)
    ),
    "ended-websockets-stay": Mutant(
        "a server waits in the end for WebSockets that have ended", _ended_websockets_stay()
    ),
    "stop-not-said": Mutant(
        "the last response before the end has no Connection: close", replaced(Exchange, "_send", _persisting)
    ),
}
