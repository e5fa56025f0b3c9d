"""Observations at the boundary between server and application: the facts called B in docs/language.md."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from engine.model.boundary import AppCall, Event, OpaqueValue
from engine.model.expectation import ABSENT, Mismatch, Unclear
from engine.model.facts import (
    ANY,
    BYTES,
    FLAG,
    INTEGER,
    OBJECT,
    TEXT,
    TEXTS,
    TIME,
    WIRE_BYTES,
    FactType,
    list_of,
    promised,
)
from engine.model.wire_bytes import TruncatedBytes, WireBytes
from engine.steps.api.comparison import fields, plain
from engine.steps.api.facts import FactSet, fact
from engine.steps.http1.facts import one
from engine.steps.shared.paths import walk

_TEXT, _BYTES, _FLAG, _INTEGER, _OBJECT = (promised(one) for one in (TEXT, BYTES, FLAG, INTEGER, OBJECT))

# The types that ASGI and PEP 3333 promise, by paths into what was observed.
OF_SCOPE: tuple[tuple[str, FactType], ...] = (
    *((name, _TEXT) for name in ("type", "http_version", "method", "scheme", "path", "root_path", "asgi.version")),
    ("asgi.spec_version", _TEXT),
    ("raw_path", _BYTES),
    ("query_string", _BYTES),
    *((name, promised(list_of(ANY))) for name in ("headers", "client", "server")),
    ("subprotocols", promised(TEXTS)),
    ("asgi", _OBJECT),
    ("state", _OBJECT),
    ("extensions", _OBJECT),
    *((name, _TEXT) for name in ("[A-Z]*", "wsgi.url_scheme")),
    *((f"wsgi.{name}", _FLAG) for name in ("multithread", "multiprocess", "run_once")),
)
OF_MESSAGES: tuple[tuple[str, FactType], ...] = (
    *((f"*.{name}", _TEXT) for name in ("type", "text", "reason", "subprotocol", "path")),
    *((f"*.{name}", _BYTES) for name in ("body", "bytes")),
    *((f"*.{name}", _FLAG) for name in ("more_body", "more_trailers", "trailers")),
    *((f"*.{name}", _INTEGER) for name in ("status", "code")),
    ("*.headers", promised(list_of(ANY))),
    *((which, _OBJECT) for which in ("last", "[0-9]", "[0-9][0-9]")),
)
OF_RESULT: tuple[tuple[str, FactType], ...] = (
    ("*.ok", FLAG),
    ("*.raised", TEXT),
    ("*.bases", TEXTS),
    ("*.elapsed", TIME),
    ("*.count", INTEGER),
)

# The facts that are the server's doing, whatever the application is.
_GIVEN = frozenset({"calls", "paths", "scope", "loop", "pid"})

# The parts after result.NAME.; only `value` may be present and null.
_OUTCOME = ("ok", "raised", "bases", "elapsed", "event", "count", "value")


class BoundaryFacts(FactSet):
    """An observation of the calls of one or more steps.

    The facts other than ``calls`` and ``paths`` speak of one call: the ``nth`` (from 1), or the last. ``body_at`` is
    when the client had the first of the response's body, in seconds on the clock of the calls' events.
    """

    def __init__(self, calls: Sequence[AppCall], nth: int | None = None, body_at: float | None = None) -> None:
        self.calls = calls
        self._body_at = body_at
        self._nth = nth
        place = len(calls) if nth is None else nth
        self.call: AppCall | None = calls[place - 1] if 0 < place <= len(calls) else None

    compared = ("calls", "paths", "scope", "received", "sent", "returned", "raised")

    def parts(self, fact: str) -> Mapping[str, object]:
        """The scope by key, and its headers by name; the messages of a request as types and a body, since the division
        of a body into messages has no meaning, and other messages one by one."""
        call = self.call
        if fact == "scope" and call is not None:
            return dict(_scope_parts(call.scope))
        if fact in ("received", "sent") and call is not None:
            return dict(_message_parts(call, fact))
        return super().parts(fact)

    @property
    def lost(self) -> int:
        """The number of unusable records of these calls."""
        return sum(call.lost for call in self.calls)

    def given(self, fact: str) -> bool:
        """True if a fact is about the server's doing. A message counts if the application asked for it: one that came,
        or any if it asked until none was left."""
        family, _, rest = fact.partition(".")
        if family != "received" or self.call is None:
            return family in _GIVEN or fact == "sent.raised"
        received = [event.message for event in self.call.events if event.way == "received"]
        number = rest.partition(".")[0]
        if number.isdigit():
            return int(number) < len(received)
        last = received[-1] if received else {}
        kind = str(last.get("type"))
        if rest == "body" and kind == "http.request":
            return not last.get("more_body")
        return kind.endswith(".disconnect") or kind == "lifespan.shutdown"

    def _result(self, call: AppCall, path: str) -> object:
        name, _, rest = path.partition(".")
        outcome = call.outcomes.get(name)
        if outcome is None:
            return ABSENT
        if not rest:
            return {word: value for word in _OUTCOME if (value := self._result(call, f"{name}.{word}")) is not ABSENT}
        word, _, inner = rest.partition(".")
        if word not in _OUTCOME:
            return ABSENT
        value = getattr(outcome, word)
        if word == "bases":
            return list(value)
        return ABSENT if value is None and word != "value" else walk(value, inner)

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """A call that is asked for by its number, and is not there."""
        if self._nth is None or self.call is not None:
            return ()
        return (Mismatch("calls", f"at least {self._nth}", len(self.calls), given=True),)

    @fact("calls", INTEGER)
    def number_of_calls(self) -> object:
        """The number of calls of the application."""
        return len(self.calls)

    @fact("paths", list_of(ANY))
    def paths(self) -> object:
        """The path of each call, in order."""
        return [path_of(call.scope) for call in self.calls]

    @fact("scope[.*]", promised(OBJECT), OF_SCOPE)
    def scope(self, path: str) -> object:
        """The connection scope, or a part of it, with Python's own types."""
        call = self.call
        if call is None:
            return ABSENT
        if not path and call.scope_class != "dict":
            return OpaqueValue(call.scope_class, f"a {call.scope_class}", call.scope)
        return in_scope(call.scope, path)

    @fact("scope.header.*", promised(BYTES))
    def scope_header(self, name: str) -> object:
        """The value, in bytes, of a header that comes exactly once in the scope."""
        return self.scope(f"header.{name}")

    @fact("scope.headers.*", promised(list_of(BYTES)))
    def scope_headers(self, name: str) -> object:
        """The values, in bytes, of all of a header's entries in the scope."""
        return self.scope(f"headers.{name}")

    @fact("scope_after[.*]", promised(OBJECT), OF_SCOPE)
    def scope_after(self, path: str) -> object:
        """The scope as it was when the call had ended, or a part of it."""
        scope = None if self.call is None else self.call.scope_after
        return ABSENT if scope is None else in_scope(scope, path)

    @fact("received[.*]", list_of(OBJECT), OF_MESSAGES)
    def received(self, path: str) -> object:
        """The messages that the application received; .0 is the first, .last the last."""
        return messages(self.call, "received", path)

    @fact("received.types", TEXTS)
    def received_types(self) -> object:
        """The types of the messages received, in order."""
        return messages(self.call, "received", "types")

    @fact("received.body", promised(WIRE_BYTES))
    def received_body(self) -> object:
        """The bodies of the messages received, joined."""
        return messages(self.call, "received", "body")

    @fact("sent[.*]", list_of(OBJECT), OF_MESSAGES)
    def sent_messages(self, path: str) -> object:
        """The messages that the application sent; .0 is the first, .last the last."""
        return messages(self.call, "sent", path)

    @fact("sent.types", TEXTS)
    def sent_types(self) -> object:
        """The types of the messages sent, in order."""
        return messages(self.call, "sent", "types")

    @fact("sent.body", promised(WIRE_BYTES))
    def sent_body(self) -> object:
        """The bodies of the messages sent, joined."""
        return messages(self.call, "sent", "body")

    @fact("sent.status", promised(INTEGER))
    def sent_status(self) -> object:
        """The status of the response that the application started."""
        return walk(_start_of(self.call), "status")

    @fact("sent.header.*", promised(BYTES))
    def sent_header(self, name: str) -> object:
        """The value, in bytes, of a header that occurs exactly once in the response that the application started."""
        return one(header_values(_start_of(self.call), name))

    @fact("sent.headers.*", promised(list_of(BYTES)))
    def sent_headers(self, name: str) -> object:
        """The values, in bytes, of all of a header's entries in the response that the application started."""
        start = _start_of(self.call)
        return header_values(start, name) if start else ABSENT

    @fact("sent.raised", TEXTS)
    def sent_raised(self) -> object:
        """The classes of the exceptions that send() raised, in order."""
        return messages(self.call, "sent", "raised")

    @fact("streamed", FLAG)
    def streamed(self) -> object:
        """True if the client had some of the response's body before the application sent its last message."""
        # Cause and effect, no speed: the last message cannot have been sent when the body had begun to arrive.
        sent = [] if self.call is None else [event.at for event in self.call.events if event.way == "sent"]
        return ABSENT if self._body_at is None or not sent else self._body_at < sent[-1]

    @fact("returned", FLAG)
    def returned(self) -> object:
        """True if the call returned; absent while it runs."""
        return ABSENT if self.call is None or self.call.returned is None else self.call.returned

    @fact("raised", TEXT)
    def raised(self) -> object:
        """The class of the exception that the call ended by."""
        return ABSENT if self.call is None or self.call.raised is None else self.call.raised

    @fact("result[.*]", OBJECT, OF_RESULT)
    def result(self, path: str) -> object:
        """result.NAME.: ok, raised, bases, elapsed, event, count, value of the script's command NAME."""
        return ABSENT if self.call is None else self._result(self.call, path)

    @fact("loop", TEXT)
    def loop(self) -> object:
        """The event loop's class."""
        return ABSENT if self.call is None or self.call.loop is None else self.call.loop

    @fact("pid", INTEGER)
    def pid(self) -> object:
        """The process that served the call."""
        return ABSENT if self.call is None or self.call.pid is None else self.call.pid


def in_scope(scope: Mapping[str, object], path: str) -> object:
    """A part of a scope. ``header.NAME`` and ``headers.NAME`` find headers by their names in any case."""
    family, _, name = path.partition(".")
    if family in ("header", "headers") and name and not _is_index(name):
        values = header_values(scope, name)
        return one(values) if family == "header" else values
    return walk(scope, path)


def path_of(scope: Mapping[str, object]) -> object:
    """A scope's path. Of environ it is the two variables that hold it, which a server may leave out where empty."""
    if scope.get("type") != "wsgi":
        return scope.get("path")
    parts = [scope.get(name, "") for name in ("SCRIPT_NAME", "PATH_INFO")]
    return "".join([part for part in parts if isinstance(part, str)])


# The keys of a scope that are about the connection of this side, or hold what earlier calls left.
_OWN_KEYS = frozenset({"client", "state", "REMOTE_PORT", "HTTP_SEC_WEBSOCKET_KEY"})


def _scope_parts(scope: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in scope.items():
        if key == "headers" and isinstance(value, (list, tuple)):
            pairs = [pair for pair in value if isinstance(pair, (list, tuple)) and len(pair) == 2]
            yield from fields("scope.headers", [(_as_name(name), one) for name, one in pairs]).items()
        elif key not in _OWN_KEYS:
            yield f"scope.{key}", plain(value)
    client = scope.get("client")
    yield "scope.client", plain(client[0] if isinstance(client, (list, tuple)) and client else client)


def _as_name(name: object) -> str:
    return name.decode("latin-1") if isinstance(name, bytes) else str(name)


def _message_parts(call: AppCall, way: str) -> Iterator[tuple[str, object]]:
    events = [event for event in call.events if event.way == way]
    if call.type not in ("http", "wsgi"):
        for number, event in enumerate(events):
            yield f"{way}.{number}", {key: plain(value) for key, value in event.message.items()}
        return
    types = [event.message.get("type") for event in events]
    yield f"{way}.types", [one for number, one in enumerate(types) if not number or types[number - 1] != one]
    yield f"{way}.body", messages(call, way, "body")
    if way == "sent" and events:
        yield f"{way}.0", {key: plain(value) for key, value in events[0].message.items()}


def _is_index(path: str) -> bool:
    head = path.partition(".")[0]
    return head == "last" or (head.isascii() and head.isdigit())


def header_values(scope: Mapping[str, object], name: str) -> list[object]:
    """The values of a header in a scope, as the server gave them."""
    wanted = name.lower().encode("latin-1", "replace")
    headers = scope.get("headers")
    if isinstance(headers, OpaqueValue):
        headers = headers.value
    values = []
    for pair in headers if isinstance(headers, (list, tuple)) else ():
        if isinstance(pair, (list, tuple)) and len(pair) == 2:
            key = pair[0].encode("latin-1", "replace") if isinstance(pair[0], str) else pair[0]
            if isinstance(key, bytes) and key.lower() == wanted:
                values.append(pair[1])
    return values


# The messages that begin a response: to a request, and to a handshake that is refused.
_STARTS = ("http.response.start", "websocket.http.response.start")


def _start_of(call: AppCall | None) -> Mapping[str, object]:
    """The first message that begins a response; empty if there is none."""
    sent = [] if call is None else [event.message for event in call.events if event.way == "sent"]
    return next((message for message in sent if message.get("type") in _STARTS), {})


def messages(call: AppCall | None, way: str, path: str) -> object:
    """The messages that an application received or sent: all, their types, their bodies, the exceptions of send(), or a
    part."""
    events: Sequence[Event] = [] if call is None else [event for event in call.events if event.way == way]
    if path == "raised" and way == "sent":
        return [event.raised for event in events if event.raised]
    if path == "types":
        return [event.message.get("type") for event in events]
    if path == "body":
        total = None if call is None else (call.received_total if way == "received" else call.sent_total)
        return joined_bodies(events, total)
    return walk([event.message for event in events], path)


def joined_bodies(events: Sequence[Event], total: tuple[int, str] | None) -> object:
    """The bodies of messages as one: bytes while the observer kept them all, else their size and digest."""
    bodies = [event.message.get("body") for event in events]
    if all(body is None or isinstance(body, bytes) for body in bodies):
        data = WireBytes(b"".join([body for body in bodies if isinstance(body, bytes)]))
        # The observer's own digest is worth more than what it kept of the parts.
        if total is None or total[1] == hashlib.sha256(data).hexdigest():
            return data
    elif len([body for body in bodies if body]) == 1:
        return next(body for body in bodies if body)
    first = bodies[0] if bodies else b""
    head = first.head if isinstance(first, TruncatedBytes) else first if isinstance(first, bytes) else b""
    if total is None:
        return Unclear("only the beginnings of several long messages, without a digest of the whole body")
    return TruncatedBytes(total[0], total[1], head)
