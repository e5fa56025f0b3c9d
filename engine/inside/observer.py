"""The observer: an ASGI application around another one, that records what crosses the line between server and app.

It changes nothing else. The app is awaited in the server's own task and context; ``receive`` and ``send`` go straight
through; every exception goes on its way untouched. The one thing taken away is the engine's own header, which says
to which step of which job a call belongs.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from .bodies import Body
from .records import Writer, encode, quote

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[Any]]
App = Callable[[Scope, Receive, Send], Awaitable[Any]]

NAMES = (
    b"x-engine-call",
    "x-engine-call",
)  # the engine's header; a server that gives text for it is told on, not broken
LENGTH = len(NAMES[0])
CUT = 300  # characters kept of an exception's message

_token = re.compile(r"(([a-z0-9-]+)\.[0-9]+)( after)?")
_loops: dict[type, str] = {}


class Observer:
    """``Observer(app, writer)`` is the application that a server loads."""

    def __init__(self, app: App, writer: Writer) -> None:
        self._app = app
        self._writer = writer
        self._numbers = itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        call = Call(next(self._numbers), self._writer, scope, receive, send)
        try:
            result = await self._app(scope, call.receive, call.send)
        except BaseException as error:
            call.end(error)
            raise
        call.end(None)
        return result


class Call:
    """One call of the application, as it is being recorded.

    ``token`` and ``job`` are what the engine's header said, "" without one. The app is given ``receive`` and ``send``
    of this object; that is how the player, which stands next to the observer, finds it (``call_of``).
    """

    __slots__ = ("_after", "_numbers", "_receive", "_received", "_scope", "_send", "_sent", "_writer", "job", "token")

    def __init__(
        self, number: int, writer: Writer, scope: Scope, receive: Receive, send: Send, *, token: str | None = None
    ) -> None:
        """``token`` is given where no header says it."""
        self._writer = writer
        self._receive = receive
        self._send = send
        self._scope = scope
        self._numbers = f',"c":{number}'
        self._received = Body("http.request")
        self._sent = Body("http.response.body")
        self.token = take_token(scope) if token is None else token
        match = _token.fullmatch(self.token)
        self.token, self.job, after = match.groups("") if match else (self.token, "", "")
        self._after = bool(after)
        members = f',"token":{quote(self.token)},"job":"{self.job}","peer":{_peer(scope)},"loop":{quote(_loop())}'
        self.record("call", f'{members},"scope":{encode(scope)}')

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
        number = self.record("send", f',"message":{self._sent.encode(message)}')
        try:
            result = await self._send(message)
        except BaseException as error:
            self.record("sent", f',"of":{number},"raised":{quote(type(error).__name__)}')
            raise
        self.record("sent", f',"of":{number},"raised":""')
        return result

    def record(self, kind: str, members: str) -> int:
        """Write a record of this call; its number. ``members`` as ``Writer.write`` wants them. Never raises."""
        return self._writer.write(kind, self._numbers + members)

    def note(self, text: str) -> None:
        """Tell the engine something about this call in words."""
        self.record("note", f',"text":{quote(text)}')

    def mark(self, name: str) -> None:
        """Say that the script set a mark."""
        self.record("mark", f',"name":{quote(name)}')

    def end(self, error: BaseException | None) -> None:
        """The application returned, or raised. Never raises."""
        members = ',"returned":true'
        if error is not None:
            text = quote(message_of(error))
            members = f',"returned":false,"raised":{quote(type(error).__name__)},"message":{text}'
        if self._after:
            members += f',"scope_after":{encode(self._scope)}'
        self.record("end", f"{members}{self._received.total('received_total')}{self._sent.total('sent_total')}")


def call_of(receive: Receive) -> Call | None:
    """The call whose ``receive`` this is, or None where no observer made it."""
    call = getattr(receive, "__self__", None)
    return call if isinstance(call, Call) else None


def message_of(error: BaseException) -> str:
    """What an exception says, cut at CUT characters."""
    try:
        return str(error)[:CUT]
    except Exception as second:
        return f"<its text raises {type(second).__name__}>"


def take_token(scope: Scope) -> str:
    """Take the engine's header out of a scope; its value, "" where there is none.

    The scope stays the server's own object, and its headers' class stays what it was where that can be had. A scope
    without the header is not touched. Never raises.
    """
    try:
        headers = scope.get("headers")
        if type(headers) is not list and not isinstance(headers, Sequence):  # an iterator would be used up by looking
            return ""
        ours = [index for index, item in enumerate(headers) if len(item[0]) == LENGTH and item[0].lower() in NAMES]
        if not ours:
            return ""
        value = headers[ours[0]][1]
        kept: Any = list(headers)
        for index in reversed(ours):
            del kept[index]
        if type(headers) is not list:
            kept = _like(headers, kept)
        scope["headers"] = kept
        return value.decode("latin-1") if isinstance(value, bytes) else str(value)
    except Exception:  # a scope that is none, or may not be changed: it is for the cases to say so
        return ""


def _like(headers: Sequence[Any], kept: list[Any]) -> Any:
    try:
        return type(headers)(kept)  # type: ignore[call-arg]
    except Exception:
        return kept


def _peer(scope: Scope) -> str:
    """The client's address as JSON, its port a number; ``null`` where the server gives none."""
    try:
        host, port = scope["client"]
        return f"[{quote(host)},{int(port)}]"
    except Exception:
        return "null"


def _loop() -> str:
    """The class of the running loop: ``uvloop.Loop``; "" where the server runs none of asyncio's kind."""
    try:
        kind = type(asyncio.get_running_loop())
    except RuntimeError:
        return ""
    name = _loops.get(kind)
    if name is None:
        module = "uvloop" if kind.__module__.startswith("uvloop.") else kind.__module__
        name = _loops[kind] = f"{module}.{kind.__qualname__}"
    return name
