"""The tools that mutants are made with: replacing functions, and changing what passes through them."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from .. import connection
from ..exchange import Exchange
from ..scope import scope_of
from ..service import ServerState
from ..session import WebSocketConversation
from ..stream import ServerStream
from .base_values import PROBE, Install, Mutant, Wrong, constant, replaced, together

Scope = dict[str, Any]
Event = dict[str, Any]
SERVER = __name__.rpartition(".mutants")[0]
OWN = b"x-engine-call"
"""The header that the engine adds to a request, and by which it finds the call."""


def everywhere(function: Callable[..., Any], wrong: Wrong) -> Install:
    """Replace a function by ``wrong(function)`` in every module of the server that has imported it."""

    def put() -> None:
        new = wrong(function)
        found = 0
        own = [module for name, module in sys.modules.items() if name == SERVER or name.startswith(f"{SERVER}.")]
        for module in own:
            for name in [name for name, value in vars(module).items() if value is function]:
                setattr(module, name, new)
                found += 1
        if not found:
            raise LookupError(f"no module of the server has {function.__name__}")

    return put


def is_probe(scope: Scope) -> bool:
    """True if a scope is that of the engine's own readiness check: a target that fails it never becomes ready."""
    return scope["path"] == PROBE and (b"connection", b"close") in scope["headers"]


def scopes(change: Callable[[Scope], Scope | None], *, probes: bool = True) -> Install:
    """Change each scope before the application is called. ``change`` changes it in place, or returns another one.
    Without ``probes`` the scope of the engine's readiness check stays right."""

    def wrong(right: Any) -> Any:
        def wrong_scope(*given: Any, **more: Any) -> Scope:
            scope: Scope = right(*given, **more)
            if not probes and is_probe(scope):
                return scope
            return change(scope) or scope

        return wrong_scope

    return everywhere(scope_of, wrong)


def heads(change: Callable[[bytes], bytes]) -> Install:
    """Change each head, with its empty line, before it is read."""

    def wrong(right: Any) -> Any:
        def take(buffer: bytearray, *more: Any) -> Any:
            end = buffer.find(b"\r\n\r\n")
            if end >= 0:
                buffer[: end + 4] = change(bytes(buffer[: end + 4]))
            return right(buffer, *more)

        return take

    return replaced(connection, "take", wrong)


def written(change: Callable[[bytes], bytes]) -> Install:
    """Change all bytes that the server writes, by each write."""

    def wrong(right: Any) -> Any:
        return lambda self, data: right(self, change(data))

    return replaced(ServerStream, "put", wrong)


def sent(change: Callable[[Any, Event], Event | None], owner: type = Exchange) -> Install:
    """Change each event that an application sends in a call. ``change`` gets the exchange or the conversation and a
    copy of the event; it returns the event to process, or None to drop it."""

    def wrong(right: Any) -> Any:
        async def send(self: Any, event: Event) -> None:
            changed = change(self, dict(event)) if isinstance(event, dict) else event
            if changed is not None:
                await right(self, changed)

        return send

    return replaced(owner, "_send", wrong)


def sent_by_websockets(change: Callable[[Any, Event], Event | None]) -> Install:
    """Change each event that an application sends in the call of a WebSocket; as ``sent``."""
    return sent(change, WebSocketConversation)


def received(change: Callable[[Any, Event], Event | Awaitable[Event]], owner: type = Exchange) -> Install:
    """Change each event that an application receives in a call. ``change`` gets the exchange or the conversation and
    the event; it returns the event to deliver, or an awaitable of it."""

    def wrong(right: Any) -> Any:
        async def receive(self: Any) -> Event:
            event = change(self, await right(self))
            return event if isinstance(event, dict) else await event

        return receive

    return replaced(owner, "_receive", wrong)


def received_by_websockets(change: Callable[[Any, Event], Event | Awaitable[Event]]) -> Install:
    """Change each event that an application receives in the call of a WebSocket; as ``received``."""
    return received(change, WebSocketConversation)


def served_with(**changes: Any) -> Install:
    """Serve with other options than those of the command line; the options of the supervisor stay."""

    def wrong(right: Any) -> Any:
        def init(self: ServerState, app: Any, options: Any, *rest: Any, **more: Any) -> None:
            right(self, app, replace(options, **changes), *rest, **more)

        return init

    return replaced(ServerState, "__init__", wrong)


def header(event: Event, name: bytes) -> list[bytes]:
    """The values of a header of an event; ``name`` is in lower case."""
    return [value for found, value in event.get("headers", ()) if found.lower() == name]


def without_headers(event: Event, *names: bytes) -> Event:
    """The event without some of its headers, whose names are in lower case."""
    return {**event, "headers": [pair for pair in event.get("headers", ()) if pair[0].lower() not in names]}


__all__ = [
    "OWN", "PROBE", "Event", "Install", "Mutant", "Scope", "constant", "everywhere", "header", "heads", "is_probe",
    "received", "received_by_websockets", "replaced", "scopes", "sent", "sent_by_websockets", "served_with", "together",
    "without_headers", "written",
]  # fmt: skip
