"""What crossed the line between server and application, as the observer reported it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.model.expectation import Mismatch
from engine.model.source_span import SourceSpan


@dataclass(frozen=True, slots=True)
class OpaqueValue:
    """A value at the boundary whose class is none that ASGI allows there, or a subclass of one.

    ``cls`` is the class's name (``Headers``), ``shown`` its repr, cut; ``value`` the nearest plain value, if any.
    """

    cls: str
    shown: str
    value: object = None


@dataclass(frozen=True, slots=True)
class Event:
    """One message at the boundary. ``message`` has Python's own types; long bytes are a ``Blob``.

    ``way`` is ``received`` (the application was given it) or ``sent``. ``at`` is seconds on the engine's clock
    (CLOCK_MONOTONIC). For ``sent``, ``done`` is when send() came back and ``raised`` the class that it raised, "" if
    none; both stay at their defaults while the send is under way. ``message_class`` is the message's exact class; what
    was no mapping at all is an empty ``message`` of that class.
    """

    way: str
    at: float
    message: Mapping[str, object]
    done: float | None = None
    raised: str = ""
    message_class: str = "dict"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one act of a script with a name: ``result.NAME`` in the language."""

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

    ``key`` is unique in its live target. ``token`` is what the engine's header said, "" without one; ``peer`` the
    client's address as the server told it, its port an int, or None. ``ended`` is when the call returned or raised,
    None while it runs. ``returned`` is None while it runs. ``marks`` are those that the script set, with their times.
    ``received_total`` and ``sent_total`` are (size, SHA-256) of whole bodies, where the observer reported them.
    ``scope_class`` is the scope's exact class. ``lost`` counts the records of this call that cannot be used: with any,
    nothing can be said of what is absent from it.
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

    @property
    def type(self) -> str:
        return str(self.scope.get("type", ""))


def plain_address(address: tuple[str, int]) -> tuple[str, int]:
    """An address with an IPv4 host in IPv4's own notation: the ends of a connection may write it differently."""
    return address[0].removeprefix("::ffff:"), address[1]


def wrong_client(call: AppCall, own: tuple[str, int], place: SourceSpan) -> Mismatch | None:
    """That the server names another client for a call than the one that made it; None where it names the right one."""
    if call.peer is not None and plain_address(call.peer) == plain_address(own):
        return None
    return Mismatch(
        "scope.client",
        f"is the client's own address, {own[0]}:{own[1]}",
        "none" if call.peer is None else f"{call.peer[0]}:{call.peer[1]}",
        place,
        "calls without the engine's header are known by this address alone, so whose call it is cannot be told",
        given=True,
    )
