"""Faults in a response: its head, its body, and their framing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import h11

from .. import response
from ..exchange import Exchange
from ..response import ResponseStage, ResponseWriter
from .base import PROBE, Event, Install, Mutant, header, replaced, sent, together, without_headers, written
from .calls import at_break, swallow

Pair = tuple[bytes, bytes]


def _is_start(event: Event) -> bool:
    return event.get("type") == "http.response.start"


def _is_piece(event: Event) -> bool:
    return event.get("type") == "http.response.body"


def _starts(change: Callable[[Event], Event]) -> Install:
    """Change each start of a response."""
    return sent(lambda exchange, event: change(event) if _is_start(event) else event)


def _fields(change: Callable[[list[Pair]], list[Pair]]) -> Install:
    """Change the header fields of each response, after they were checked."""

    def wrong(right: Any) -> Any:
        def own(self: ResponseWriter, given: list[Pair], status: int) -> list[Pair]:
            return change(right(self, given, status))

        return own

    return replaced(ResponseWriter, "_own", wrong)


def _heads(pattern: bytes, new: bytes) -> Install:
    """Change what is written where a head begins."""
    expression = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return written(lambda data: expression.sub(new, data, count=1) if data.startswith(b"HTTP/1.1 ") else data)


def _all_200(event: Event) -> Event:
    return {**event, "status": 200} if isinstance(event.get("status"), int) and event["status"] != 100 else event


def _coarse(event: Event) -> Event:
    status = event.get("status")
    return {**event, "status": status // 100 * 100} if isinstance(status, int) and status >= 200 else event


def _length(exchange: Any, event: Event) -> Event:
    """Cut the last byte of a body, with a Content-Length that fits."""
    if _is_start(event):
        values = header(event, b"content-length")
        if values and values[0].isdigit() and event.get("status") not in (204, 304):
            size = b"%d" % max(0, int(values[0]) - 1)
            pairs = without_headers(event, b"content-length")["headers"]
            return {**event, "headers": [*pairs, (b"content-length", size)]}
    elif _is_piece(event) and event.get("body") and not getattr(exchange, "cut_one", False):
        exchange.cut_one = True
        return {**event, "body": event["body"][:-1]}
    return event


def _held(exchange: Any, event: Event) -> Event | None:
    if not _is_piece(event) or not isinstance(event.get("body", b""), bytes):
        return event
    exchange.held_pieces = getattr(exchange, "held_pieces", b"") + event.get("body", b"")
    return None if event.get("more_body") else {**event, "body": exchange.held_pieces}


def _unended(exchange: Any, event: Event) -> Event:
    if _is_piece(event) and exchange._request.target.path != PROBE:
        return {**event, "more_body": True}
    return event


def _unended_hangs(exchange: Any) -> Any:
    return swallow(exchange._stream) if exchange.error is None and exchange._response.sent else None


def _ended_by_empty(exchange: Any, event: Event) -> Event:
    return {**event, "more_body": False} if _is_piece(event) and not event.get("body") else event


def _first_only(exchange: Any, event: Event) -> Event:
    return {**event, "more_body": False} if _is_piece(event) else event


def _empty_dropped(exchange: Any, event: Event) -> Event | None:
    return None if _is_piece(event) and not event.get("body") and event.get("more_body") else event


def _line_ends(exchange: Any, event: Event) -> Event:
    if _is_start(event):
        return without_headers(event, b"content-length")
    if _is_piece(event) and isinstance(event.get("body", b""), bytes):
        return {**event, "body": event.get("body", b"").replace(b"\n", b"\r\n")}
    return event


def _joined(fields: list[Pair]) -> list[Pair]:
    cookies = [value for name, value in fields if name.lower() == b"set-cookie"]
    others = [pair for pair in fields if pair[0].lower() != b"set-cookie"]
    return [*others, (b"set-cookie", b", ".join(cookies))] if cookies else others


def _one_of_each(fields: list[Pair]) -> list[Pair]:
    return list({name.lower(): (name, value) for name, value in fields}.values())


def _few(fields: list[Pair]) -> list[Pair]:
    return fields[:1]


def _split(right: Any) -> Any:
    """Let CR LF in a value of the application pass: it is put in after the checks."""

    def take(self: Any, kind: str, event: Event) -> bytes:
        if kind.endswith("response.start") and isinstance(event.get("headers"), list):
            self.splits = [pair[1] for pair in event["headers"] if b"\r\n" in pair[1]]
            marked = [(name, b"@split@" if value in self.splits else value) for name, value in event["headers"]]
            event = {**event, "headers": marked}
        data: bytes = right(self, kind, event)
        return data

    return take


def _unmarked(right: Any) -> Any:
    def begin(self: Any) -> bytes:
        data: bytes = right(self)
        for value in getattr(self, "splits", ()):
            data = data.replace(b"@split@", value, 1)
        return data

    return begin


def _old(right: Any) -> Any:
    def init(self: Any, request: Any, *given: Any, **more: Any) -> None:
        right(self, request, *given, **more)
        self.old, self.own_chunks = request.version == "1.0", False

    return init


def _chunked_for_all(right: Any) -> Any:
    def begin(self: Any) -> bytes:
        data: bytes = right(self)
        if data and self.old and not self._bare and b"\r\ncontent-length:" not in data.lower():
            self.own_chunks = True
            data = data[:-2] + b"transfer-encoding: chunked\r\n\r\n"
        return data

    return begin


def _own_chunks(right: Any) -> Any:
    def emit(self: Any, event: Any) -> bytes:
        data: bytes = right(self, event)
        if not getattr(self, "own_chunks", False):
            return data
        if isinstance(event, h11.Data):
            return b"%x\r\n%s\r\n" % (len(event.data), bytes(event.data))
        return data + b"0\r\n\r\n" if isinstance(event, h11.EndOfMessage) else data

    return emit


def _spilt(when: Callable[[Any], bool]) -> Install:
    """Send the body of a response that has none."""

    def wrong(right: Any) -> Any:
        def piece(self: ResponseWriter, data: bytes, more: bool) -> bytes:
            out: bytes = right(self, data, more)
            return out + data if self._bare and when(self) else out

        return piece

    return replaced(ResponseWriter, "piece", wrong)


def _length_0(right: Any) -> Any:
    def own(self: ResponseWriter, given: list[Pair], status: int) -> list[Pair]:
        fields: list[Pair] = right(self, given, status)
        return [*fields, (b"content-length", b"0")] if status == 204 else fields

    return own


def _length_of_head(right: Any) -> Any:
    def own(self: ResponseWriter, given: list[Pair], status: int) -> list[Pair]:
        fields: list[Pair] = right(self, given, status)
        kept = [pair for pair in fields if pair[0].lower() != b"content-length"]
        return [*kept, (b"content-length", b"0")] if self._is_head else fields

    return own


def _an_hour_off(right: Any) -> Any:
    return lambda timeval=None, **more: right(time.time() - 3600, **more)


def _stuck(right: Any) -> Any:
    first = right(usegmt=True)
    return lambda *given, **more: first


def _undated(data: bytes) -> bytes:
    return re.sub(rb"(?i)^(HTTP/1.1 .*?)\r\ndate:[^\r]*", rb"\1", data, flags=re.DOTALL)


def _regrouped(right: Any) -> Any:
    return lambda *given: sorted(right(*given))


def _lower_values(right: Any) -> Any:
    return lambda *given: [(name, value.lower()) for name, value in right(*given)]


def _final_100(counts: bool) -> Callable[[Any], Any]:
    def wrong(right: Any) -> Any:
        async def send(self: Any, event: Event) -> None:
            if getattr(self, "went_on", False):
                return
            if isinstance(event, dict) and _is_start(event) and event.get("status") == 100:
                self.went_on = True
                length = b"" if counts else b"content-length: 0\r\n"
                await self._stream.write(b"HTTP/1.1 100 Continue\r\n" + length + b"\r\n")
                return
            await right(self, event)

        return send

    return wrong


def _after_100(exchange: Any) -> Any:
    return swallow(exchange._stream) if getattr(exchange, "went_on", False) else None


async def _nothing() -> None:
    """Do nothing: the response counts as complete."""


def _counted(exchange: Any) -> Any:
    return _nothing() if getattr(exchange, "went_on", False) else None


def _goes_on(right: Any) -> Any:
    async def run(self: Any) -> bool:
        going: bool = await right(self)
        return going or getattr(self, "went_on", False)

    return run


def _short(right: Any) -> Any:
    def piece(self: Any, data: bytes, more: bool) -> bytes:
        if self._left is not None and not more and len(data) < self._left:
            out: bytes = self._begin() + (self._emit(h11.Data(data=data)) if data else b"")
            self.stage, self.short = ResponseStage.DONE, True
            return out
        data_out: bytes = right(self, data, more)
        return data_out

    return piece


def _long(right: Any) -> Any:
    def piece(self: ResponseWriter, data: bytes, more: bool) -> bytes:
        if self._left is not None and len(data) > self._left:
            extra = data[self._left :]
            out: bytes = right(self, data[: self._left], more)
            return out + extra
        data_out: bytes = right(self, data, more)
        return data_out

    return piece


def _long_cut(right: Any) -> Any:
    def piece(self: ResponseWriter, data: bytes, more: bool) -> bytes:
        cut: bytes = right(self, data if self._left is None else data[: self._left], more)
        return cut

    return piece


def _lasting(right: Any) -> Any:
    return property(lambda self: right.fget(self) or getattr(self, "short", False))


def _any_status(right: Any) -> Any:
    def start(self: ResponseWriter, event: Event) -> bytes:
        status = event.get("status")
        odd = isinstance(status, int) and status != 100 and not 200 <= status <= 599
        data: bytes = right(self, {**event, "status": 500} if odd else event)
        return data

    return start


def _lost_head(right: Any) -> Any:
    async def send(self: Exchange, event: Event) -> None:
        await right(self, event)
        if isinstance(event, dict) and _is_start(event) and self._request.target.path != PROBE:
            self._stream.put(self._response._begin())

    return send


def _bare_head(right: Any) -> Any:
    def own(self: ResponseWriter, given: Any, status: int) -> Any:
        return right(self, [] if self._is_head else given, status)

    return own


MUTANTS: Mapping[str, Mutant] = {
    "status-200": Mutant("every status is 200", _starts(_all_200)),
    "status-of-its-class": Mutant("a status becomes the first one of its class", _starts(_coarse)),
    "status-unknown-is-500": Mutant(
        "a status that cannot be sent becomes 500", replaced(ResponseWriter, "_start", _any_status)
    ),
    "reason-lost": Mutant(
        "there is no reason phrase, and no space before it", _heads(rb"\A(HTTP/1.1 [0-9]+)[^\r]*", rb"\1")
    ),
    "answers-as-1-0": Mutant("responses are of HTTP/1.0", _heads(rb"\AHTTP/1.1 (?!1[0-9][0-9])", b"HTTP/1.0 ")),
    "no-date": Mutant("responses have no Date", written(_undated)),
    "date-without-zone": Mutant("Date has no GMT", _heads(rb"(\r\ndate: [^\r]*?) GMT\r", rb"\1\r")),
    "date-iso": Mutant("Date is an ISO date", _heads(rb"(\r\ndate: )[^\r]*\r", rb"\g<1>2026-01-01T00:00:00Z\r")),
    "date-stands-still": Mutant(
        "Date is always the same", _heads(rb"(\r\ndate: )[^\r]*\r", rb"\g<1>Thu, 01 Jan 1970 00:00:00 GMT\r")
    ),
    "date-twice": Mutant("Date stands twice", _heads(rb"(\r\ndate: [^\r]*)\r", rb"\1\1\r")),
    "date-an-hour-off": Mutant("Date is an hour behind", replaced(response, "formatdate", _an_hour_off)),
    "date-stuck": Mutant("Date is the start of the server", replaced(response, "formatdate", _stuck)),
    "date-put-over": Mutant(
        "the server replaces the application's Date",
        _starts(lambda event: without_headers(event, b"date") if "headers" in event else event),
    ),
    "headers-regrouped": Mutant("response headers are sorted", replaced(response, "fields_of", _regrouped)),
    "response-values-lower": Mutant("header values are in lower case", replaced(response, "fields_of", _lower_values)),
    "response-headers-upper": Mutant(
        "header names are in capitals", _fields(lambda pairs: [(n.upper(), v) for n, v in pairs])
    ),
    "response-cookies-joined": Mutant("Set-Cookie lines are joined by commas", _fields(_joined)),
    "response-headers-last": Mutant("of several headers of one name the last one is sent", _fields(_one_of_each)),
    "response-headers-few": Mutant("only the first header is sent", _fields(_few)),
    "response-headers-split": Mutant(
        "CR and LF in a header's value reach the client",
        together(replaced(ResponseWriter, "take", _split), replaced(ResponseWriter, "_begin", _unmarked)),
    ),
    "body-cut": Mutant("the last byte of a body is lost", sent(_length)),
    "body-held": Mutant("nothing of a body is sent before its end", sent(_held)),
    "body-first-piece": Mutant("the first piece of a body is the last one", sent(_first_only)),
    "body-line-ends": Mutant("LF in a body becomes CR LF", sent(_line_ends)),
    "body-not-ended": Mutant("a body is never ended", together(sent(_unended), at_break(_unended_hangs))),
    "empty-piece-ends-body": Mutant("an empty piece ends the body", sent(_ended_by_empty)),
    "empty-piece-dropped": Mutant("the head waits for a piece that is not empty", sent(_empty_dropped)),
    "head-sent-at-once": Mutant("the head is sent before the first piece", replaced(Exchange, "_send", _lost_head)),
    "chunked-for-1-0": Mutant(
        "clients of HTTP/1.0 get chunks",
        together(
            replaced(ResponseWriter, "__init__", _old),
            replaced(ResponseWriter, "_begin", _chunked_for_all),
            replaced(ResponseWriter, "_emit", _own_chunks),
        ),
    ),
    "head-without-fields": Mutant(
        "a response to HEAD has none of the application's fields", replaced(ResponseWriter, "_own", _bare_head)
    ),
    "head-with-body": Mutant("HEAD is answered with a body", _spilt(lambda writer: writer._is_head)),
    "head-with-length-0": Mutant("HEAD has a Content-Length of 0", replaced(ResponseWriter, "_own", _length_of_head)),
    "no-content-with-body": Mutant("204 and 304 are sent with a body", _spilt(lambda writer: not writer._is_head)),
    "no-content-with-length": Mutant("204 has a Content-Length", replaced(ResponseWriter, "_own", _length_0)),
    "final-100": Mutant(
        "a final status of 100 is sent, and nothing after it",
        together(replaced(Exchange, "_send", _final_100(False)), at_break(_after_100)),
    ),
    "final-100-counts": Mutant(
        "a final status of 100 is sent, and the next request is answered next",
        together(
            replaced(Exchange, "_send", _final_100(True)), at_break(_counted), replaced(Exchange, "run", _goes_on)
        ),
    ),
    "short-body-padded": Mutant(
        "a body that is shorter than its Content-Length is followed by the next response",
        together(replaced(ResponseWriter, "piece", _short), replaced(ResponseWriter, "persists", _lasting)),
    ),
    "long-body-sent": Mutant(
        "a body that is longer than its Content-Length is sent completely", replaced(ResponseWriter, "piece", _long)
    ),
    "long-body-cut": Mutant(
        "a body that is longer than its Content-Length is cut", replaced(ResponseWriter, "piece", _long_cut)
    ),
}
