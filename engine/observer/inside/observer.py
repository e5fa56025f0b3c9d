"""The observer: an ASGI application around another one, which records the traffic at the boundary.

It changes nothing else. The app is awaited in the server's own task and context; ``receive`` and ``send`` pass
through; every exception is passed on unchanged. Only the engine's own headers are removed: they name the job and the
step of a call, and behind a gateway the client.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from .calls import RecordedCall, address, address_of
from .origin import OWNERS
from .records import Writer, quote

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[Any]]
App = Callable[[Scope, Receive, Send], Awaitable[Any]]

# The engine's headers, as bytes and as text: a server that gives text is reported, and must not be broken by it.
CALL = (b"x-engine-call", "x-engine-call")
PEER = (b"x-engine-peer", "x-engine-peer")
NAMES = (*CALL, *PEER)
LENGTH = len(CALL[0])  # of each of them

_loops: dict[type, str] = {}


class AsgiObserver:
    """``AsgiObserver(app, writer)`` is the application that a server loads."""

    def __init__(self, app: App, writer: Writer) -> None:
        self._app = app
        self._writer = writer
        self._numbers = itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        call = AsgiCall(next(self._numbers), self._writer, scope, receive, send)
        try:
            result = await self._app(scope, call.receive, call.send)
        except BaseException as error:
            call.end(error)
            raise
        call.end(None)
        return result


class AsgiCall(RecordedCall):
    """One call of the application, as it is being recorded.

    The app is given ``receive`` and ``send`` of this object; that is how the player, which stands next to the observer,
    finds it (``call_of``).
    """

    __slots__ = ("_receive", "_send")

    def __init__(
        self, number: int, writer: Writer, scope: Scope, receive: Receive, send: Send, *, token: str | None = None
    ) -> None:
        """``token`` is the token of a call without a header."""
        self._receive = receive
        self._send = send
        peer = ""
        if token is None:
            token, peer = take_own(scope)
        client = address_of(peer) if peer else _peer(scope)
        super().__init__(number, writer, scope, token=token, peer=client, loop=_loop())

    async def receive(self) -> Any:
        """The server's ``receive``."""
        try:
            message = await self._receive()
        except BaseException as error:
            self.record("received_failed", f',"raised":{quote(type(error).__name__)}')
            raise
        self.record("received", f',"message":{self._received.encode(message)}')
        return message

    async def send(self, message: Any) -> Any:
        """The server's ``send``."""
        number = self.record("send", f',"message":{self._sent.encode(message)}{OWNERS.sender(sys._getframe(1))}')
        try:
            result = await self._send(message)
        except BaseException as error:
            self.record("sent", f',"of":{number},"raised":{quote(type(error).__name__)}')
            raise
        self.record("sent", f',"of":{number},"raised":""')
        return result


def call_of(receive: Receive) -> AsgiCall | None:
    """The call that has this ``receive``, or None if it is not an observer's."""
    call = getattr(receive, "__self__", None)
    return call if isinstance(call, AsgiCall) else None


def take_own(scope: Scope) -> tuple[str, str]:
    """Take the engine's headers out of a scope: the call's token, and the client's address from the gateway, each ""
    if there is none.

    The scope stays the server's own object, and the class of its headers is kept if possible. A scope
    without such a header is not touched. Never raises.
    """
    try:
        headers = scope.get("headers")
        if type(headers) is not list and not isinstance(headers, Sequence):  # an iterator would be used up by looking
            return "", ""
        ours = [index for index, item in enumerate(headers) if len(item[0]) == LENGTH and item[0].lower() in NAMES]
        if not ours:
            return "", ""
        found = [(headers[index][0].lower() in CALL, headers[index][1]) for index in ours]
        kept: Any = list(headers)
        for index in reversed(ours):
            del kept[index]
        if type(headers) is not list:
            kept = _like(headers, kept)
        scope["headers"] = kept
        return _first(found, True), _first(found, False)
    except Exception:  # a scope that is none, or may not be changed: it is for the cases to say so
        return "", ""


def _first(found: Sequence[tuple[bool, Any]], is_call: bool) -> str:
    """The first value of a header, as text."""
    value = next((value for sort, value in found if sort is is_call), "")
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _like(headers: Sequence[Any], kept: list[Any]) -> Any:
    try:
        return type(headers)(kept)  # type: ignore[call-arg]  # list, tuple and their like
    except Exception:
        return kept


def _peer(scope: Scope) -> str:
    """The client's address as JSON, its port a number; ``null`` if the server gives none."""
    try:
        host, port = scope["client"]
    except Exception:
        return "null"
    return address(host, port)


def _loop() -> str:
    """The class of the running loop: ``uvloop.Loop``; ``trio`` for Trio's, and "" for any other that is not
    asyncio's."""
    try:
        kind = type(asyncio.get_running_loop())
    except RuntimeError:
        return _other_loop()
    name = _loops.get(kind)
    if name is None:
        module = "uvloop" if kind.__module__.startswith("uvloop.") else kind.__module__
        name = _loops[kind] = f"{module}.{kind.__qualname__}"
    return name


def _other_loop() -> str:
    """``trio`` if the call runs on Trio, else "". Never raises, and never imports Trio."""
    try:
        return "trio" if sys.modules["trio"].lowlevel.in_trio_run() else ""
    except (KeyError, AttributeError):
        return ""
