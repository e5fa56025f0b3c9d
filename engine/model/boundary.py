"""Calls of the application, as the observer recorded them at the boundary between server and application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.model.expectation import Mismatch
from engine.model.source_span import SourceSpan


@dataclass(frozen=True, slots=True)
class OpaqueValue:
    """A value at the boundary whose class ASGI does not allow there, or is a subclass of one that it allows.

    ``cls`` is the name of the class (``Headers``), ``text`` its repr, truncated, ``value`` the nearest plain value or
    None.
    """

    cls: str
    text: str
    value: object = None


@dataclass(frozen=True, slots=True)
class Event:
    """One message at the boundary. ``message`` has Python's own types; long bytes are ``TruncatedBytes``.

    ``way`` is ``received`` (given to the application) or ``sent``. ``at`` is in seconds of CLOCK_MONOTONIC. For
    ``sent``, ``done`` is the time when send() returned and ``raised`` the class name of its exception, "" if none; both
    keep their defaults while the send is under way. ``by`` is the owner of the code that called send(): ``app``, the
    name of a package, or "" if unknown. ``message_class`` is the exact class of the message; an object that
    is no mapping is an empty ``message`` of that class.
    """

    way: str
    at: float
    message: Mapping[str, object]
    done: float | None = None
    raised: str = ""
    message_class: str = "dict"
    by: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one named command of an application's script: ``result.NAME`` in the language.

    ``at`` and ``elapsed`` are in seconds. ``raised`` is the class name of the exception or None, ``bases`` the names of
    its classes by the MRO. ``event``, ``count`` and ``value`` are as the command defines them.
    """

    at: float
    ok: bool
    elapsed: float
    raised: str | None = None
    bases: tuple[str, ...] = ()
    event: Mapping[str, object] | None = None
    count: int | None = None
    value: object = None


@dataclass(frozen=True, slots=True)
class AppCall:
    """One call of the application: ``app(scope, receive, send)``.

    ``key`` is unique in its live target. ``token`` is the value of the engine's header, "" without one. ``peer`` is the
    client's address as the server reported it, (host, port), or None. ``started`` and ``ended`` are in seconds of
    CLOCK_MONOTONIC; ``ended`` and ``returned`` are None while the call runs. ``marks`` are those that the script set,
    with their times. ``received_total`` and ``sent_total`` are (size, SHA-256 in hex) of whole bodies, where the
    observer reported them. ``raised_by`` is the owner of the code that raised the exception, as in ``Event.by``, and
    ``raised_at`` its place, such as ``app.py:57``; both are "" if unknown. ``scope_class`` is the exact class of the
    scope. ``lost`` counts unusable records of this call; if it is not 0, the absence of something proves nothing.
    """

    key: str
    token: str
    peer: tuple[str, int] | None
    pid: int
    loop: str
    started: float
    scope: Mapping[str, object]
    events: tuple[Event, ...] = ()
    ended: float | None = None
    returned: bool | None = None
    raised: str | None = None
    message: str = ""
    scope_after: Mapping[str, object] | None = None
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    marks: tuple[tuple[str, float], ...] = ()
    received_total: tuple[int, str] | None = None
    sent_total: tuple[int, str] | None = None
    notes: tuple[str, ...] = ()
    scope_class: str = "dict"
    lost: int = 0
    raised_by: str = ""
    raised_at: str = ""

    @property
    def type(self) -> str:
        """The scope's type: ``http``, ``websocket``, ``lifespan``, or ""."""
        return str(self.scope.get("type", ""))


def plain_address(address: tuple[str, int]) -> tuple[str, int]:
    """An address with an IPv4-mapped host (``::ffff:127.0.0.1``) in the form of IPv4; the ends of a connection may
    differ."""
    return address[0].removeprefix("::ffff:"), address[1]


def wrong_client(call: AppCall, own: tuple[str, int], place: SourceSpan) -> Mismatch | None:
    """The mismatch of a call whose reported client is not ``own``, the client's real address; None if it is."""
    if call.peer is not None and plain_address(call.peer) == plain_address(own):
        return None
    return Mismatch(
        "scope.client",
        f"to be the client's own address, {own[0]}:{own[1]}",
        "none" if call.peer is None else f"{call.peer[0]}:{call.peer[1]}",
        place,
        "only this address identifies a call without the engine's header, so the call cannot be assigned to a step",
        given=True,
    )
