"""One call of an application during recording: the common part of ASGI and WSGI.

A call is assigned to its step by a header of the engine, and to its client by another one that a gateway of the engine
sets. The observers remove both before the application reads them.
"""

from __future__ import annotations

import re
from typing import Any

from .bodies import Body
from .origin import OWNERS
from .records import Writer, encode, quote

CUT = 300  # characters kept of an exception's message
MESSAGES = frozenset({"received", "received_failed", "send", "sent"})
# The limit of message records of one call: more than the engine keeps (``engine.observer.calls.MOST``), so that it
# notices. A server whose receive() always has a message at once would let a waiting application fill the disk.
ENOUGH = 60_000

_token = re.compile(r"(([a-z0-9-]+)\.[0-9]+)( after)?")


class RecordedCall:
    """A call that has begun. ``token`` and ``job`` are those of the engine's header, "" without one; ``peer`` is the
    client's address as JSON, or ``null``: behind a gateway the one that the gateway names."""

    __slots__ = ("_after", "_messages", "_numbers", "_received", "_scope", "_sent", "_writer", "job", "peer", "token")

    def __init__(self, number: int, writer: Writer, scope: Any, *, token: str, peer: str, loop: str = "") -> None:
        """``number`` identifies it among the process's calls; ``peer`` is JSON: the client's address, or ``null``."""
        self._writer = writer
        self._scope = scope
        self._numbers = f',"c":{number}'
        self._messages = 0
        self.peer = peer
        self._received = Body("http.request")
        self._sent = Body("http.response.body")
        match = _token.fullmatch(token)
        self.token, self.job, after = match.groups("") if match else (token, "", "")
        self._after = bool(after)
        members = f',"token":{quote(self.token)},"job":"{self.job}","peer":{peer},"loop":{quote(loop)}'
        self.record("call", f'{members},"scope":{self.encode_scope(scope)}')

    def encode_scope(self, scope: Any) -> str:
        """The scope as tagged JSON. Never raises."""
        return encode(scope)

    def record(self, kind: str, members: str) -> int:
        """Write a record of this call. Returns its number, -1 if it was lost, as is a message beyond ENOUGH.
        ``members`` are those of ``Writer.write``. Never raises."""
        if kind in MESSAGES:
            self._messages += 1
            if self._messages > ENOUGH:
                self._writer.miss(f"a call has more than {ENOUGH} messages")
                return -1
        return self._writer.write(kind, self._numbers + members)

    def note(self, text: str) -> None:
        """Record a note for the engine about this call."""
        self.record("note", f',"text":{quote(text)}')

    def mark(self, name: str) -> None:
        """Record that the script set a mark."""
        self.record("mark", f',"name":{quote(name)}')

    def end(self, error: BaseException | None) -> None:
        """Record that the application returned, or raised. Never raises."""
        members = ',"returned":true'
        if error is not None:
            text = quote(message_of(error))
            members = f',"returned":false,"raised":{quote(type(error).__name__)},"message":{text}'
            who, place = OWNERS.raised_by(error)
            if who:
                members += f',"raised_by":{quote(who)},"raised_at":{quote(place)}'
        if self._after:
            members += f',"scope_after":{self.encode_scope(self._scope)}'
        self.record("end", f"{members}{self._received.total('received_total')}{self._sent.total('sent_total')}")


def message_of(error: BaseException) -> str:
    """The message of an exception, cut at CUT characters."""
    try:
        return str(error)[:CUT]
    except Exception as second:
        return f"<its text raises {type(second).__name__}>"


def address(host: Any, port: Any) -> str:
    """An address as JSON, its port a number; ``null`` if it is invalid. Never raises."""
    try:
        return f"[{quote(host)},{int(port)}]"
    except Exception:
        return "null"


def address_of(text: str) -> str:
    """The address in ``HOST:PORT`` from a gateway, as JSON; ``null`` if invalid. An IPv6 host may be in brackets."""
    host, _, port = text.rpartition(":")
    if host[:1] == "[" and host[-1:] == "]":
        host = host[1:-1]
    return address(host, port) if host else "null"
