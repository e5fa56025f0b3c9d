"""Faults of the strict FastCGI server in records, requests and connections, and those of ``fastcgi_calls``,
``fastcgi_bodies`` and ``fastcgi_asgi``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from .. import fastcgi, fastcgi_asgi
from ..fastcgi import (
    BEGIN,
    CANT_MULTIPLEX,
    COMPLETE,
    END,
    KIB,
    OVERLOADED,
    RESULT,
    STDERR,
    STDOUT,
    UNKNOWN,
    UNKNOWN_ROLE,
    VALUES,
    Connection,
    Request,
)  # fmt: skip
from ..fastcgi_asgi import AsgiCall
from ..fastcgi_calls import End
from . import fastcgi_asgi as fastcgi_asgi_faults
from . import fastcgi_bodies, fastcgi_calls
from .base_values import Install, Mutant, constant, replaced, together

PEER = b"HTTP_X_ENGINE_PEER"  # only a gateway of the engine sets it


def _nothing(right: Any) -> Any:
    return lambda self: None


def _without_query(right: Any) -> Any:
    return lambda pairs: {**right(pairs), "query_string": b""}


def install(name: str) -> None:
    """Put a fault into the server of this process. Raises KeyError for an unknown name."""
    MUTANTS[name].install()


def summaries() -> dict[str, str]:
    """The fault of each mutant in one clause, by the mutant's name."""
    return {name: mutant.what for name, mutant in MUTANTS.items()}


def _before(name: str, act: Callable[..., bool]) -> Install:
    """Act before a method of a connection; the method runs if ``act`` returns True."""

    def wrong(right: Any) -> Any:
        def method(self: Connection, *given: Any) -> None:
            if act(self, *given):
                right(self, *given)

        return method

    return replaced(Connection, name, wrong)


def _after(name: str, act: Callable[..., None]) -> Install:
    """Act after a method of a connection."""

    def wrong(right: Any) -> Any:
        def method(self: Connection, *given: Any) -> None:
            right(self, *given)
            act(self, *given)

        return method

    return replaced(Connection, name, wrong)


def _sent(change: Callable[[int, int, bytes], tuple[int, int, bytes] | None]) -> Install:
    """Change each record that is sent, by type, id and content; None drops it."""

    def wrong(right: Any) -> Any:
        def send(self: Connection, kind: int, id: int, content: bytes) -> None:
            changed = change(kind, id, content)
            if changed is not None:
                right(self, *changed)

        return send

    return replaced(Connection, "send", wrong)


def _lengths(change: Callable[[int], int]) -> Install:
    def wrong(right: Any) -> Any:
        def length_at(data: bytes, at: int) -> tuple[int, int]:
            size, after = right(data, at)
            return change(size), after

        return length_at

    return replaced(fastcgi, "length_at", wrong)


def _half_records_dropped(self: Connection, buffer: bytearray) -> None:
    buffer.clear()


def _numbered(self: Any, buffer: bytearray) -> bool:
    self.arrival = getattr(self, "arrival", 0) + 1
    return True


def _note_arrival(self: Any, id: int, content: bytes) -> None:
    if id in self.requests:
        self.requests[id].arrival = self.arrival


def _late_body(self: Any, request: Any, content: bytes) -> bool:
    return not content or request.arrival != self.arrival


def _pairs_of_each_record(right: Any) -> Any:
    def take_params(self: Connection, request: Request, content: bytes) -> None:
        if content:
            request.pairs += self.decoded(content)
        else:
            request.ready = True

    return take_params


def _short_body_waits(self: Connection, request: Request) -> bool:
    length = dict(request.pairs).get(b"CONTENT_LENGTH", b"")
    return not (length.isdigit() and sum(map(len, request.body)) < int(length))


def _stdout_cut(right: Any) -> Any:
    def out(self: Connection, request: Any, data: bytes) -> None:
        written = getattr(request, "written", 0)
        request.written = written + len(data)
        right(self, request, data[: max(0, 512 * KIB - written)])

    return out


def _early_head(self: Connection, id: int, content: bytes) -> None:
    if id in self.requests:
        self.send(STDOUT, id, b"Content-Type: text/plain\r\n")


def _noise(self: Connection, request: Request, status: int) -> bool:
    if request.called:
        self.send(STDERR, request.id, b"a request\n")
    return True


def _spent_after(when: Callable[[End], bool]) -> Install:
    """Reject requests on a connection after one whose end is of some kind."""

    def end(self: Any, request: Request, end: End) -> bool:
        if self.requests.get(request.id) is request:
            self.spent = when(end)
        return True

    def begin(self: Any, id: int, content: bytes) -> bool:
        if getattr(self, "spent", False) and len(content) >= 8:
            self.end(Request(id, bool(content[2] & 1)), CANT_MULTIPLEX)
            return False
        return True

    return together(_before("done", end), _before("begin", begin))


def _kept(keep: Callable[[Request], bool]) -> Install:
    def end(self: Connection, request: Request, status: int) -> bool:
        request.keep = keep(request)
        return True

    return _before("end", end)


def _rejected_past_the_gateway(status: int) -> Install:
    def take_params(self: Connection, request: Request, content: bytes) -> None:
        if request.ready and request.id in self.requests and PEER not in dict(request.pairs):
            del self.requests[request.id]
            self.end(request, status)

    return _after("take_params", take_params)


def _stray_closes(self: Connection, record: bytes) -> bool:
    id = int.from_bytes(record[2:4], "big")
    if id and record[1] != BEGIN and id not in self.requests:
        self.over = True
    return not self.over


def _unknown_closes(self: Connection, record: bytes) -> bool:
    self.over = self.over or record[1] > UNKNOWN
    return not self.over


def _one_at_once(self: Connection, id: int, content: bytes) -> bool:
    return not self.requests


def _short_head_lost(right: Any) -> Any:
    def size_of_record(self: Connection, buffer: bytearray) -> int:
        if len(buffer) < 8:
            buffer.clear()
        size: int = right(self, buffer)
        return size

    return size_of_record


def _abort_silently(right: Any) -> Any:
    def abort(self: Connection, request: Request) -> None:
        del self.requests[request.id]

    return abort


def _abort_calls(self: Connection, request: Request) -> bool:
    if not request.ready:
        self.call(Request(0, True, pairs=self.decoded(bytes(request.params))))
    return True


def _left_behind(right: Any) -> Any:
    async def serve(self: Connection, reader: Any) -> None:
        before = self.requests
        self.requests = _Remembering(before)
        await right(self, reader)
        for request in self.requests.last:
            request.pairs = request.pairs or self.decoded(bytes(request.params))
            self.call(request)

    return serve


class _Remembering(dict[int, Request]):
    """Requests that remember those that were there when they were cleared."""

    last: tuple[Request, ...] = ()

    def clear(self) -> None:
        self.last = tuple(request for request in self.values() if not request.called)
        super().clear()


def _any_role(self: Connection, id: int, content: bytes) -> bool:
    if len(content) < 8:
        return True
    self.requests[id] = Request(id, bool(content[2] & 1))
    return False


def _dies(right: Any) -> Any:
    return lambda self: os._exit(1)


def _large_closes(self: Connection, request: Request) -> bool:
    large = sum(map(len, request.body)) > 64 * KIB
    if large:
        self.over = True
        self.writer.close()
    return not large


def _abort_ends_all(self: Connection, request: Request) -> bool:
    for other in [one for one in self.requests.values() if one is not request]:
        del self.requests[other.id]
        self.end(other, fastcgi.COMPLETE)
    return True


def _abort_closes(self: Connection, request: Request) -> None:
    self.over = True
    self.writer.close()


def _abort_the_last(right: Any) -> Any:
    def abort(self: Connection, request: Request) -> None:
        right(self, list(self.requests.values())[-1])

    return abort


def _no_values(self: Connection, kind: int, content: bytes) -> bool:
    return kind != fastcgi.GET_VALUES


def _any_values(right: Any) -> Any:
    def manage(self: Connection, kind: int, content: bytes) -> None:
        if kind != fastcgi.GET_VALUES:
            return right(self, kind, content)  # type: ignore[no-any-return]  # it returns None
        pairs = [(name, VALUES.get(name, b"")) for name, _ in self.decoded(content)]
        data = b"".join(bytes((len(name), len(value))) + name + value for name, value in pairs)
        self.send(RESULT, 0, data)

    return manage


MUTANTS: Mapping[str, Mutant] = {
    "padding-kept": Mutant(
        "the padding of a record is content", replaced(fastcgi, "content_of", lambda right: lambda record: record[8:])
    ),
    "half-records-dropped": Mutant("an incomplete record is dropped", _after("take_all", _half_records_dropped)),
    "body-at-once-dropped": Mutant(
        "a body that arrives together with the begin of its request is dropped",
        together(_before("take_all", _numbered), _after("begin", _note_arrival), _before("take_stdin", _late_body)),
    ),
    "pairs-in-records": Mutant(
        "a name-value pair that is cut by the end of a record is dropped",
        replaced(Connection, "take_params", _pairs_of_each_record),
    ),
    "lengths-one-byte": Mutant(
        "every length of a pair is read as one byte",
        replaced(fastcgi, "length_at", lambda right: lambda data, at: (data[at] if at < len(data) else 0, at + 1)),
    ),
    "lengths-modulo-256": Mutant("of a length in four bytes the last one counts", _lengths(lambda size: size & 255)),
    "first-stdin-only": Mutant(
        "the first STDIN record of a request is its body",
        _before("take_stdin", lambda self, request, content: not (content and request.body)),
    ),
    "short-body-waits": Mutant(
        "a body that is shorter than CONTENT_LENGTH is waited for", _before("call", _short_body_waits)
    ),
    "stdout-cut": Mutant("a response is cut after 512 KiB", replaced(Connection, "out", _stdout_cut)),
    "stdout-not-ended": Mutant(
        "STDOUT is not ended",
        _sent(lambda kind, id, content: None if kind == STDOUT and not content else (kind, id, content)),
    ),
    "early-head": Mutant("the head of a response is sent before the parameters arrive", _after("begin", _early_head)),
    "noise": Mutant("each request writes to STDERR", _before("end", _noise)),
    "one-request-only": Mutant("a connection takes one request, and rejects others", _spent_after(lambda end: True)),
    "errors-spoil": Mutant(
        "after an error of 500 and more a connection rejects requests", _spent_after(lambda end: end.status >= "500")
    ),
    "one-at-a-time": Mutant("the application is called for one request at a time", constant(fastcgi, "THREADS", 1)),
    "never-closes": Mutant(
        "the connection stays open after a request that does not ask for it",
        # nginx passes on a response when the connection is closed, and the engine must find the server ready.
        _kept(lambda request: request.keep or PEER not in dict(request.pairs)),
    ),
    "always-closes": Mutant("the connection is closed after each request", _kept(lambda request: False)),
    "ids-of-one-byte": Mutant(
        "requests are answered with the last byte of their id",
        _sent(lambda kind, id, content: (kind, id & 255, content)),
    ),
    "stray-records-close": Mutant(
        "a record of a request that has not begun closes the connection", _before("take", _stray_closes)
    ),
    "second-request-dropped": Mutant("a request that begins during another is dropped", _before("begin", _one_at_once)),
    "cut-record-head": Mutant(
        "the beginning of a record's head is lost if the rest of the head comes later",
        replaced(Connection, "size_of_record", _short_head_lost),
    ),
    "abort-silently": Mutant(
        "a request that is aborted has no END_REQUEST", replaced(Connection, "abort", _abort_silently)
    ),
    "abort-calls": Mutant(
        "the application is called for a request that is aborted before its parameters", _before("abort", _abort_calls)
    ),
    "abort-ends-all": Mutant("an abort ends all requests of the connection", _before("abort", _abort_ends_all)),
    "abort-closes": Mutant("the connection is closed after an abort", _after("abort", _abort_closes)),
    "abort-the-last": Mutant(
        "an abort ends the request that began last", replaced(Connection, "abort", _abort_the_last)
    ),
    "left-behind-called": Mutant(
        "the application is called if the web server leaves before the end of the parameters",
        replaced(Connection, "serve", _left_behind),
    ),
    "unknown-types-close": Mutant(
        "a record of an unknown type closes the connection", _before("take", _unknown_closes)
    ),
    "roles-taken": Mutant("every role is the responder's", _before("begin", _any_role)),
    "role-overloaded": Mutant(
        "an unknown role is rejected as an overload",
        _sent(
            lambda kind, id, content: (
                (kind, id, content[:4] + bytes((OVERLOADED,)) + content[5:])
                if kind == END and content[4] == UNKNOWN_ROLE
                else (kind, id, content)
            )
        ),
    ),
    "dies-of-nonsense": Mutant("malformed bytes end the process", replaced(Connection, "malformed", _dies)),
    "large-bodies-close": Mutant("a body of more than 64 KiB closes the connection", _before("call", _large_closes)),
    "always-rejects": Mutant(
        "every request that comes past the gateway is rejected with UNKNOWN_ROLE",
        _rejected_past_the_gateway(UNKNOWN_ROLE),
    ),
    "always-ends": Mutant(
        "every request that comes past the gateway ends at once, without a response",
        _rejected_past_the_gateway(COMPLETE),
    ),
    "no-values": Mutant("GET_VALUES is not answered", _before("manage", _no_values)),
    "values-in-words": Mutant(
        "FCGI_MPXS_CONNS is `yes`", constant(fastcgi, "VALUES", {**VALUES, b"FCGI_MPXS_CONNS": b"yes"})
    ),
    "values-of-any-name": Mutant("an unknown variable has an empty value", replaced(Connection, "manage", _any_values)),
    "unknown-type-silent": Mutant(
        "a management record of an unknown type is not answered",
        _before("manage", lambda self, kind, content: kind == fastcgi.GET_VALUES),
    ),
    "unknown-type-zero": Mutant(
        "UNKNOWN_TYPE always names the type 0",
        _sent(lambda kind, id, content: (kind, id, bytes(8)) if kind == UNKNOWN else (kind, id, content)),
    ),
    "app-status-1": Mutant(
        "the application's status is 1",
        _sent(lambda kind, id, content: (kind, id, b"\0\0\0\1" + content[4:] if kind == END else content)),
    ),
    "aborts-unheard": Mutant(
        "an ASGI application does not hear that its request is aborted", replaced(AsgiCall, "leave", _nothing)
    ),
    "asgi-params-cut": Mutant(
        "an ASGI application has a scope without the query", replaced(fastcgi_asgi, "scope_of", _without_query)
    ),
    **fastcgi_calls.MUTANTS,
    **fastcgi_bodies.MUTANTS,
    **fastcgi_asgi_faults.MUTANTS,
}
