"""Folding of records into calls of the application. No clock, no files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.model.boundary import AppCall, Event, OpaqueValue, Outcome
from engine.observer.decode import decode
from engine.observer.reader import SEALED, opened

Record = Mapping[str, Any]

# The limit of message records of one call; the records of its end are always kept. A server may give an application
# messages without end. A case that sends many pieces has some thousands.
MOST = 50_000
MESSAGES = frozenset({"received", "received_failed", "send", "sent"})

# Part of the record of a send() that returned without an exception.
RETURNED = b'"raised":""'


class CallBuilder:
    """One call under construction.

    Records are kept unparsed and folded on demand, since most calls are never read. A second demand costs only the
    records that are new.
    """

    def __init__(self, key: str, pid: int, record: Record) -> None:
        """``record`` is the one of kind ``call``. Raises KeyError, TypeError or ValueError if it is incomplete."""
        peer = record["peer"]
        self.key = key
        self.pid = pid
        self.order = (float(record["t"]), pid, int(record["n"]))
        self.token = str(record["token"])
        self.job = str(record["job"])
        self.peer: tuple[str, int] | None = (str(peer[0]), int(peer[1])) if peer else None
        self.type = _type_of(record["scope"])
        self._first = record
        self._new: list[Record] = []
        self._call: AppCall | None = None
        self._events: list[Event] = []
        self._sends: dict[int, int] = {}  # number of the record -> index of the event, while the send is under way
        self._outcomes: dict[str, Outcome] = {}
        self._marks: list[tuple[str, float]] = []
        self._notes: list[str] = []
        self._lost = 0
        self._taken = 0
        self._raises = False

    def take(self, record: Record) -> bool:
        """Add a record of this call; returns False for a message beyond MOST, which is dropped."""
        self._taken += 1
        if self._taken > MOST and record.get("k") in MESSAGES:
            return False
        self._new.append(record)
        self._raises = self._raises or (record.get("k") == "sent" and RETURNED not in record.get(SEALED, b""))
        return True

    @property
    def send_raised(self) -> tuple[str, ...]:
        """The class names of the exceptions that send() raised, each once. Most calls need not be folded for it."""
        if not self._raises:
            return ()
        return tuple(dict.fromkeys(event.raised for event in self.call.events if event.raised))

    @property
    def call(self) -> AppCall:
        """The call as a value; the same object until another record has been added."""
        call = self._call or self._begin()
        if self._new:
            new, self._new = self._new, []
            changes: dict[str, Any] = {}
            for record in new:
                try:
                    self._fold(opened(record), changes)
                except (KeyError, TypeError, ValueError, AttributeError) as error:
                    self._lost += 1
                    self._notes.append(f"a record of kind {record.get('k')} cannot be used: {error!r}")
            call = replace(
                call,
                events=tuple(self._events),
                outcomes=dict(self._outcomes),
                marks=tuple(self._marks),
                notes=tuple(self._notes),
                lost=self._lost,
                **changes,
            )
        self._call = call
        return call

    def _begin(self) -> AppCall:
        record = self._first
        try:
            scope, kind = _mapping(record["scope"])
        except ValueError as error:
            scope, kind = {}, ""
            self._lost += 1
            self._notes.append(f"the scope cannot be used: {error}")
        return AppCall(
            key=self.key,
            token=self.token,
            peer=self.peer,
            pid=self.pid,
            loop=str(record.get("loop", "")),
            started=self.order[0],
            scope=scope,
            scope_class=kind,
            notes=tuple(self._notes),
            lost=self._lost,
        )

    def _fold(self, record: Record, changes: dict[str, Any]) -> None:
        at = float(record["t"])
        match record["k"]:
            case "received":
                message, kind = _mapping(record["message"])
                self._events.append(Event("received", at, message, message_class=kind))
            case "received_failed":
                if record["raised"] != "CancelledError":  # a receive that was given up is the app's own doing
                    self._notes.append(f"receive() raised {record['raised']}")
            case "send":
                message, kind = _mapping(record["message"])
                self._sends[int(record["n"])] = len(self._events)
                self._events.append(Event("sent", at, message, message_class=kind, by=str(record.get("by", ""))))
            case "sent":
                index = self._sends.pop(int(record["of"]))
                self._events[index] = replace(self._events[index], done=at, raised=str(record["raised"]))
            case "outcome":
                self._outcomes[str(record["as"])] = _outcome(record)
            case "mark":
                self._marks.append((str(record["name"]), at))
            case "note":
                self._notes.append(str(record["text"]))
            case "end":
                changes.update(_end(record, at))
            case other:
                raise ValueError(f"there is no kind {other}")


def _end(record: Record, at: float) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "ended": at,
        "returned": bool(record["returned"]),
        "raised": record.get("raised"),
        "message": str(record.get("message", "")),
        "raised_by": str(record.get("raised_by", "")),
        "raised_at": str(record.get("raised_at", "")),
    }
    if "scope_after" in record:
        changes["scope_after"] = _mapping(record["scope_after"])[0]
    for name in ("received_total", "sent_total"):
        if name in record:
            size, digest = record[name]
            changes[name] = (int(size), str(digest))
    return changes


def _outcome(record: Record) -> Outcome:
    event = record.get("event")
    return Outcome(
        at=float(record["t"]),
        ok=bool(record["ok"]),
        elapsed=float(record["elapsed"]),
        raised=record.get("raised"),
        bases=tuple(record.get("bases", ())),
        event=None if event is None else _mapping(event)[0],
        count=record.get("count"),
        value=decode(record.get("value")),
    )


def _mapping(value: Any) -> tuple[Mapping[str, object], str]:
    """A scope or message with the name of its class. A value without keys is an empty mapping of that class."""
    found: object = decode(value)
    kind = "dict"
    if isinstance(found, OpaqueValue):
        kind, found = found.cls, found.value
    elif not isinstance(found, dict):
        kind = type(found).__name__
    return (found if isinstance(found, dict) else {}), kind


def _type_of(scope: Any) -> str:
    """The scope's type, without decoding all of it."""
    for _ in range(2):  # a subclass of dict has its items one level down
        if isinstance(scope, dict) and "$o" in scope:
            scope = scope.get("value")
    kind = scope.get("type") if isinstance(scope, dict) else None
    return kind if isinstance(kind, str) else ""
