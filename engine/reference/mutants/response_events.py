"""Faults in the order of a response's events, and in responses to applications with errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

from .. import connection, exchange, response
from ..events import EVENTS
from ..exchange import Exchange
from ..fields import fields_of
from ..files import pieces
from ..log import say
from ..response import ResponseStage, ResponseWriter
from .base import Event, Install, Mutant, everywhere, replaced, scopes, together
from .responses import Pair, fields_sent, pairs_of


def _restarted(right: Any) -> Any:
    """A second http.response.start begins another response."""

    def start(self: Any, event: Event) -> bytes:
        if self.stage is ResponseStage.BODY:
            self.stage, self.raw = ResponseStage.WAITING, []
            fields = b"".join(b"%s: %s\r\n" % pair for pair in pairs_of(event))
            out: bytes = right(self, event)
            return out + (b"HTTP/1.1 %d \r\n%s\r\n" % (event["status"], fields) if self.sent else b"")
        data: bytes = right(self, event)
        return data

    return start


def _read_twice(right: Any) -> Any:
    """The fields are counted before they are read."""

    def fields(event: Event, *more: Any) -> Any:
        for _ in event.get("headers", ()):
            pass
        return right(event, *more)

    return fields


def _indexed(right: Any) -> Any:
    """The fields are asked for their length."""

    def fields(event: Event, *more: Any) -> Any:
        len(event.get("headers", ()))
        return right(event, *more)

    return fields


def _only_lists(right: Any) -> Any:
    """Fields that are no list are none."""

    def fields(event: Event, *more: Any) -> Any:
        given = event.get("headers", [])
        return right(event if isinstance(given, list) else {**event, "headers": []}, *more)

    return fields


def _more_of(right: Any) -> Any:
    return lambda *given: right(*given) + b"\r\n"


def _less_of(right: Any) -> Any:
    return lambda *given: right(*given)[:-1]


def _early(right: Any) -> Any:
    """A body before the start begins a response of its own."""

    def take(self: ResponseWriter, kind: str, event: Event) -> bytes:
        if kind == "http.response.body" and self.stage is ResponseStage.WAITING:
            self.take("http.response.start", {"type": "http.response.start", "status": 200})
        data: bytes = right(self, kind, event)
        return data

    return take


def _late(right: Any) -> Any:
    """Events after the end of a response are written."""

    def take(self: ResponseWriter, kind: str, event: Event) -> bytes:
        late = self.done
        data: bytes = right(self, kind, event)
        return data + event.get("body", b"") if late and isinstance(event.get("body"), bytes) else data

    return take


def _panics(right: Any) -> Any:
    def take(self: ResponseWriter, kind: str, event: Event) -> bytes:
        if self.done:
            say("a worker panicked at an event after the end of the response")
        data: bytes = right(self, kind, event)
        return data

    return take


def _ended(right: Any) -> Any:
    """A body that is broken off gets its last chunk, and the connection stays open."""

    async def run(self: Any) -> bool:
        going: bool = await right(self)
        writer = self._response
        return going or (writer.sent and not writer.done)

    return run


def _ends_broken(right: Any) -> Any:
    async def break_off(self: Any) -> None:
        if self._response.sent and not self._stream.lost:
            self._stream.put(b"0\r\n\r\n")
            return
        await right(self)

    return break_off


def _answers_head(right: Any) -> Any:
    def wrong(request: Any, status: int, text: str, *fields: Any) -> bytes:
        out: bytes = right(request, status, text, *fields)
        return out + f"{text}\n".encode() if request is not None and request.method == "HEAD" else out

    return wrong


def _quiet_end(right: Any) -> Any:
    """A call that ends without a response is not noticed."""

    async def break_off(self: Any) -> None:
        if not self._response.sent:
            self._stream.put(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            return
        await right(self)

    return break_off


def _interim(when: Callable[[ResponseWriter], bool], statuses: range) -> Install:
    """Write interim responses of the application at any moment."""

    def wrong(right: Any) -> Any:
        def take(self: ResponseWriter, kind: str, event: Event) -> bytes:
            status = event.get("status")
            if isinstance(status, int) and status in statuses and when(self):
                return b"HTTP/1.1 %d \r\n\r\n" % status
            if kind.endswith("early_hint") and self.sent and when(self):
                return b"HTTP/1.1 103 Early Hints\r\n\r\n"
            data: bytes = right(self, kind, event)
            return data

        return take

    return replaced(ResponseWriter, "take", wrong)


def _interim_start(right: Any) -> Any:
    """A response with an interim status is sent as any other."""

    def start(self: Any, event: Event) -> bytes:
        status = event.get("status")
        if isinstance(status, int) and 100 <= status < 200:
            self.stage = ResponseStage.DONE
            return b"HTTP/1.1 %d \r\n\r\n" % status
        data: bytes = right(self, event)
        return data

    return start


def _own_type(self: ResponseWriter, fields: list[Pair], status: int) -> list[Pair]:
    return [*fields, (b"content-type", b"application/octet-stream")] if self._filed else fields


def _mixed(right: Any) -> Any:
    """A body may follow a file, and a file may follow a piece of a body."""

    def begin_file(self: ResponseWriter) -> None:
        self._begun = False
        right(self)
        self._filed = False

    return begin_file


def _not_yet(right: Any) -> Any:
    """A file ends no response, as another event may follow."""

    async def send_path(self: Any, path: str) -> None:
        self._response.begin_file()
        for data in pieces(path):
            await self._stream.write(self._response.piece(data, more=True))

    return send_path


def _only_trailers(right: Any) -> Any:
    def init(self: Any, request: Any, *given: Any, **more: Any) -> None:
        right(self, request, *given, **more)
        self._takes_trailers = request.words(b"te") == ["trailers"]

    return init


def _plain_date(right: Any) -> Any:
    """Only a response with status 200 has a Date."""

    def own(self: ResponseWriter, given: list[Pair], status: int) -> list[Pair]:
        fields: list[Pair] = right(self, given, status)
        return fields if status == 200 else [pair for pair in fields if pair[0].lower() != b"date"]

    return own


def _undated(right: Any) -> Any:
    def wrong(*given: Any) -> bytes:
        return re.sub(rb"(?i)\r\ndate:[^\r]*", b"", right(*given), count=1)

    return wrong


def _date_added(right: Any) -> Any:
    """The server's Date is added to that of the application."""

    def own(self: ResponseWriter, given: list[Pair], status: int) -> list[Pair]:
        fields: list[Pair] = right(self, given, status)
        doubled = any(name.lower() == b"date" for name, _ in given)
        return [*fields, (b"date", formatdate(usegmt=True).encode())] if doubled else fields

    return own


def _any_type(right: Any) -> Any:
    """Values of a wrong type are written as their text."""

    def wrong(event: Any, protocol: str) -> str:
        if isinstance(event, dict) and event.get("type") == "http.response.start":
            event["status"] = event.get("status") if isinstance(event.get("status"), int) else 200
            found: Any = event.get("headers") or []
            found = found if isinstance(found, list) else []
            event["headers"] = [
                [_octets(half) for half in pair] for pair in found if isinstance(pair, list) and len(pair) == 2
            ]
        elif isinstance(event, dict) and event.get("type") == "http.response.body":
            event["body"] = _octets(event.get("body", b""))
        kind: str = right(event, protocol)
        return kind

    return wrong


def _octets(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _ignored(right: Any) -> Any:
    """An unknown event is dropped, and what it has as a body is sent."""

    async def send(self: Any, event: Any) -> None:
        known = isinstance(event, dict) and event.get("type") in EVENTS
        if not known and isinstance(event, dict) and isinstance(event.get("body"), bytes) and self._response.sent:
            event = {**event, "type": "http.response.body", "more_body": True}
        await right(self, event)

    return send


MUTANTS: Mapping[str, Mutant] = {
    "response-fields-read-twice": Mutant(
        "the fields of a response are read twice, an iterator in vain",
        everywhere(fields_of, _read_twice),
    ),
    "response-fields-have-a-length": Mutant(
        "the fields of a response are asked for their length", everywhere(fields_of, _indexed)
    ),
    "response-fields-only-lists": Mutant(
        "the fields of a response count only if they are a list", everywhere(fields_of, _only_lists)
    ),
    "start-again": Mutant(
        "a second http.response.start begins another response", replaced(ResponseWriter, "_start", _restarted)
    ),
    "body-starts": Mutant("a body before the start begins a response", replaced(ResponseWriter, "take", _early)),
    "late-bodies-written": Mutant(
        "a body after the end of the response is written", replaced(ResponseWriter, "take", _late)
    ),
    "late-events-panic": Mutant(
        "an event after the end of the response panics a worker", replaced(ResponseWriter, "take", _panics)
    ),
    "broken-off-ended": Mutant(
        "a body that is broken off gets its last chunk, and the connection stays open",
        together(replaced(Exchange, "_break_off", _ends_broken), replaced(Exchange, "run", _ended)),
    ),
    "error-of-head-with-body": Mutant(
        "the server's own responses to HEAD have a body",
        together(replaced(exchange, "answer", _answers_head), replaced(response, "answer", _answers_head)),
    ),
    "no-answer-is-empty-200": Mutant(
        "an application without a response yields a 200", replaced(Exchange, "_break_off", _quiet_end)
    ),
    "interim-written-late": Mutant(
        "an interim response is written after the start of the final one",
        _interim(lambda self: self.stage is not ResponseStage.WAITING, range(100, 200)),
    ),
    "interim-is-final": Mutant(
        "a final status of 100 to 199 is sent",
        replaced(ResponseWriter, "_start", _interim_start),
    ),
    "files-with-bodies": Mutant(
        "a file may be mixed with http.response.body",
        together(replaced(ResponseWriter, "begin_file", _mixed), replaced(Exchange, "_send_path", _not_yet)),
    ),
    "files-with-a-type": Mutant("the server adds a Content-Type to a file", fields_sent(_own_type)),
    "te-trailers-only": Mutant(
        "trailers are only sent if TE has no other word", replaced(ResponseWriter, "__init__", _only_trailers)
    ),
    "debug-offered": Mutant(
        "the extension http.response.debug is offered",
        scopes(lambda scope: scope.get("extensions", {}).update({"http.response.debug": {}})),
    ),
    "date-of-200-only": Mutant("only a response with 200 has a Date", replaced(ResponseWriter, "_own", _plain_date)),
    "date-of-refusals-missing": Mutant("a refusal has no Date", replaced(connection, "refusal", _undated)),
    "refusals-too-long": Mutant(
        "two bytes follow the body of a refusal",
        replaced(connection, "refusal", _more_of),
    ),
    "refusals-too-short": Mutant(
        "a refusal lacks the last byte of its body", replaced(connection, "refusal", _less_of)
    ),
    "date-added": Mutant(
        "the server's Date is added to that of the application", replaced(ResponseWriter, "_own", _date_added)
    ),
    "types-converted": Mutant(
        "values of a wrong type are written as their text", replaced(exchange, "check", _any_type)
    ),
    "unknown-events-are-bodies": Mutant(
        "an event of an unknown type is taken for a piece of the body", replaced(Exchange, "_send", _ignored)
    ),
}
