"""Servers that give one answer to everything. A case that passes on one of them passes for the wrong reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..connection import ServerConnection
from ..frames import ClientFrames
from ..opening import is_handshake
from ..response import answer
from ..session import WebSocketConversation
from .base import PROBE, Event, Install, Mutant, replaced


def _served(status: int, *, handshakes: bool = False) -> Install:
    """Answer every request with a status, 0 for no answer; or only handshakes."""

    def wrong(right: Any) -> Any:
        async def serve(self: ServerConnection, request: Any) -> bool:
            probe = request.target.path == PROBE and "close" in request.words(b"connection")
            if probe or (handshakes and not is_handshake(request)):
                return bool(await right(self, request))
            if status:
                self._stream.put(answer(request, status, ""))
            return False

        return serve

    return replaced(ServerConnection, "_serve", wrong)


def _failing(right: Any) -> Any:
    def feed(self: ClientFrames, data: bytes) -> list[str | bytes]:
        self._fail(1002, "")
        return []

    return feed


def _closing(right: Any) -> Any:
    def accept(self: WebSocketConversation, event: Event) -> None:
        right(self, event)
        self._close(1011, "")

    return accept


MUTANTS: Mapping[str, Mutant] = {
    "always-500": Mutant("every request is answered with 500, and no application is called", _served(500)),
    "always-400": Mutant("every request is answered with 400, and no application is called", _served(400)),
    "always-200": Mutant("every request is answered with 200, and no application is called", _served(200)),
    "always-closes": Mutant("every connection is closed at its first request, without an answer", _served(0)),
    "ws-always-403": Mutant("every handshake is refused, and no application is called", _served(403, handshakes=True)),
    "ws-always-1002": Mutant(
        "every WebSocket is failed with 1002 at the client's first frame", replaced(ClientFrames, "feed", _failing)
    ),
    "ws-always-1011": Mutant(
        "every WebSocket is closed with 1011 once it is accepted", replaced(WebSocketConversation, "_accept", _closing)
    ),
}
