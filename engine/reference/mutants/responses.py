"""Faults in what is written for a response: its status line, its fields, and the division of its body."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import h11

from .. import response
from ..exchange import Exchange
from ..response import ResponseWriter
from .base import Event, Install, Mutant, replaced, sent, together, written

Pair = tuple[bytes, bytes]
_token = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTHS = b"content-length"


def pairs_of(event: Event) -> list[Pair]:
    found = event.get("headers", ())
    return [(pair[0], pair[1]) for pair in found if len(pair) == 2] if isinstance(found, (list, tuple)) else []


def _raw(chosen: Callable[[list[Pair]], list[Pair]]) -> Install:
    """Write some fields of the application as they are, behind the checked ones."""

    def take(right: Any) -> Any:
        def wrong(self: Any, kind: str, event: Event) -> bytes:
            if kind.endswith("response.start"):
                pairs = [pair for pair in pairs_of(event) if all(isinstance(half, bytes) for half in pair)]
                self.raw = chosen(pairs)
                if self.raw:
                    event = {**event, "headers": [pair for pair in pairs_of(event) if pair not in self.raw]}
            data: bytes = right(self, kind, event)
            return data

        return wrong

    def begin(right: Any) -> Any:
        def wrong(self: Any) -> bytes:
            data: bytes = right(self)
            lines = b"".join(b"%s: %s\r\n" % pair for pair in getattr(self, "raw", ()))
            return data.replace(b"\r\n\r\n", b"\r\n" + lines + b"\r\n", 1) if data and lines else data

        return wrong

    return together(replaced(ResponseWriter, "take", take), replaced(ResponseWriter, "_begin", begin))


def _names(letters: bytes) -> Callable[[list[Pair]], list[Pair]]:
    """Fields whose name has one of these letters, of those that are not tokens."""
    return lambda pairs: [pair for pair in pairs if not _token.fullmatch(pair[0]) and set(pair[0]) & set(letters)]


def _values(letters: bytes) -> Callable[[list[Pair]], list[Pair]]:
    return lambda pairs: [pair for pair in pairs if set(pair[1]) & set(letters)]


def _named(name: bytes, when: Callable[[list[bytes]], bool]) -> Callable[[list[Pair]], list[Pair]]:
    def chosen(pairs: list[Pair]) -> list[Pair]:
        found = [pair for pair in pairs if pair[0].lower() == name]
        return found if when([value for _, value in found]) else []

    return chosen


def fields_sent(change: Callable[[ResponseWriter, list[Pair], int], list[Pair]]) -> Install:
    """Change the fields of a response, those of the server included. They are still checked by h11."""

    def wrong(right: Any) -> Any:
        return lambda self, given, status: change(self, right(self, given, status), status)

    return replaced(ResponseWriter, "_own", wrong)


def _given(change: Callable[[list[Pair]], list[Pair]]) -> Install:
    """Change the fields that the application gives."""

    def wrong(right: Any) -> Any:
        return lambda *given: change(right(*given))

    return replaced(response, "fields_of", wrong)


def _bodies(change: Callable[[Any, bytes, Event], bytes]) -> Install:
    """Change the content of each piece of a body, before it is framed."""

    def wrong(call: Any, event: Event) -> Event:
        body = event.get("body")
        if event.get("type") == "http.response.body" and isinstance(body, bytes):
            return {**event, "body": change(call, body, event)}
        return event

    return sent(wrong)


def _without_body(status: int) -> Install:
    """Treat a status as one that has no content."""

    def wrong(right: Any) -> Any:
        def start(self: Any, event: Event) -> bytes:
            data: bytes = right(self, event)
            if event.get("status") == status:
                self._dropped = True
            return data

        return start

    def pieces(right: Any) -> Any:
        def piece(self: Any, data: bytes, more: bool) -> bytes:
            out: bytes = right(self, b"" if getattr(self, "_dropped", False) and self._left is None else data, more)
            return out

        return piece

    return together(replaced(ResponseWriter, "_start", wrong), replaced(ResponseWriter, "piece", pieces))


def _ends_late(right: Any) -> Any:
    """The last chunk is written for a response without content."""

    def end(self: ResponseWriter) -> bytes:
        out: bytes = right(self)
        return out + b"0\r\n\r\n" if self._bare and not self._is_head else out

    return end


def _chunked_head(right: Any) -> Any:
    """The end of a response to HEAD is the last chunk."""

    def end(self: ResponseWriter) -> bytes:
        out: bytes = right(self)
        return out + b"0\r\n\r\n" if self._is_head else out

    return end


def _later_pieces(right: Any) -> Any:
    """Only the first piece of a body is left out of a response to HEAD."""

    def piece(self: Any, data: bytes, more: bool) -> bytes:
        head_sent = self.sent
        out: bytes = right(self, data, more)
        return out + data if self._is_head and head_sent else out

    return piece


def _any_code(right: Any) -> Any:
    """Write the status line with any number."""

    def start(self: Any, event: Event) -> bytes:
        status = event.get("status")
        if isinstance(status, int) and status != 100 and not 100 <= status <= 599:
            self.odd_status = status
            event = {**event, "status": 299}
        data: bytes = right(self, event)
        return data

    return start


def _odd_head(right: Any) -> Any:
    def begin(self: Any) -> bytes:
        data: bytes = right(self)
        status = getattr(self, "odd_status", None)
        return data if status is None else data.replace(b" 299 ", b" %d " % status, 1)

    return begin


def _closes(right: Any) -> Any:
    """Close after a Connection field that has the letters of the word close."""

    def own(self: ResponseWriter, given: list[Pair], status: int) -> list[Pair]:
        fields: list[Pair] = right(self, given, status)
        if any(name.lower() == b"connection" and b"close" in value.lower() for name, value in given):
            fields.append((b"connection", b"close"))
        return fields

    return own


def _kept(right: Any) -> Any:
    """A connection of HTTP/1.0 stays open if the client asks for it."""

    async def read_out(self: Any) -> bool:
        going: bool = await right(self)
        asked = self._request.version == "1.0" and "keep-alive" in self._request.words(b"connection")
        return going or (asked and self._response.done)

    return read_out


def _counted(call: Any, event: Event) -> Event | None:
    """Drop the pieces of a body after the first thousand."""
    if event.get("type") != "http.response.body" or not event.get("more_body"):
        return event
    call.pieces_seen = getattr(call, "pieces_seen", 0) + 1
    return event if call.pieces_seen <= 1000 else None


def _first_of(count: int) -> Callable[[list[Pair]], list[Pair]]:
    return lambda pairs: pairs[:count]


def _server(self: ResponseWriter, fields: list[Pair], status: int) -> list[Pair]:
    return [(b"server", b"reference"), *fields]


def _last_server(self: ResponseWriter, fields: list[Pair], status: int) -> list[Pair]:
    kept = [pair for pair in fields if pair[0] != b"server"]
    return [*kept, (b"server", b"reference")]


def _left_behind() -> Install:
    """Fields of a response without fields are those of the response before."""
    last: list[list[Pair]] = [[]]

    def change(pairs: list[Pair]) -> list[Pair]:
        kept = [pair for pair in pairs if pair[0].lower() not in (b"content-length", b"transfer-encoding", b"date")]
        if kept:
            last[0] = kept
        return pairs or list(last[0])

    return _given(change)


def _framing_twice(data: bytes) -> bytes:
    return re.sub(rb"(?i)(\r\ntransfer-encoding: chunked)(?=\r\n)", rb"\1\1", data, count=1)


def _short_size(right: Any) -> Any:
    """The chunk of a piece of 64 KiB has a size of one byte less."""

    def emit(self: ResponseWriter, event: Any) -> bytes:
        data: bytes = right(self, event)
        if isinstance(event, h11.Data) and len(event.data) == 65536 and data.startswith(b"10000\r\n"):
            return b"ffff" + data[5:]
        return data

    return emit


MUTANTS: Mapping[str, Mutant] = {
    "no-content-412": Mutant("the content of a 412 response is dropped", _without_body(412)),
    "last-chunk-without-content": Mutant(
        "a last chunk follows a response with 204 or 304", replaced(ResponseWriter, "_end", _ends_late)
    ),
    "last-chunk-of-head": Mutant(
        "a last chunk follows a response to HEAD", replaced(ResponseWriter, "_end", _chunked_head)
    ),
    "head-with-later-pieces": Mutant(
        "a response to HEAD has the pieces of the body but the first", replaced(ResponseWriter, "piece", _later_pieces)
    ),
    "any-status": Mutant(
        "the status line has any number of the application",
        together(replaced(ResponseWriter, "_start", _any_code), replaced(ResponseWriter, "_begin", _odd_head)),
    ),
    "length-1-of-head": Mutant(
        "a response to HEAD, and a 304, have the Content-Length 1",
        fields_sent(
            lambda self, fields, status: (
                [*(pair for pair in fields if pair[0].lower() != _LENGTHS), (_LENGTHS, b"1")]
                if self._bare and status != 204
                else fields
            )
        ),
    ),
    "coding-passed-on": Mutant(
        "a Transfer-Encoding of the application is sent as well", _raw(_named(b"transfer-encoding", bool))
    ),
    "coding-sent-twice": Mutant("Transfer-Encoding stands twice", written(_framing_twice)),
    "lengths-unchecked": Mutant(
        "a Content-Length that is no single number is sent as it is",
        _raw(_named(_LENGTHS, lambda values: len(values) > 1 or any(not value.isdigit() for value in values))),
    ),
    "length-in-lower-case-only": Mutant(
        "a Content-Length is only understood in lower case",
        _raw(lambda pairs: [pair for pair in pairs if pair[0].lower() == _LENGTHS and pair[0] != _LENGTHS]),
    ),
    "names-unchecked": Mutant("every name of a field is sent", _raw(_names(bytes(range(256))))),
    "empty-names": Mutant("a field without a name is sent", _raw(lambda pairs: [one for one in pairs if not one[0]])),
    "names-with-brackets": Mutant("a name may have brackets and backslashes", _raw(_names(rb"[]\\"))),
    "values-with-nul": Mutant("a value may have NUL", _raw(_values(b"\0"))),
    "values-with-lf": Mutant("a value may have LF", _raw(_values(b"\n"))),
    "values-with-controls": Mutant(
        "a value may have control characters", _raw(_values(b"\x01\x08\x0b\x0c\x1b\x1f\x7f"))
    ),
    "values-in-ascii": Mutant(
        "of a value only ASCII is sent",
        _given(
            lambda pairs: [(name, value.decode("ascii", "replace").encode("ascii", "replace")) for name, value in pairs]
        ),
    ),
    "empty-response-values-dropped": Mutant(
        "a field without a value is dropped", _given(lambda pairs: [one for one in pairs if one[1]])
    ),
    "long-values-cut": Mutant(
        "a value is cut at 8 KiB", _given(lambda pairs: [(name, value[:8192]) for name, value in pairs])
    ),
    "odd-names-dropped": Mutant(
        "a field whose name has more than letters, digits and hyphens is dropped",
        _given(lambda pairs: [pair for pair in pairs if re.fullmatch(rb"[A-Za-z0-9-]+", pair[0])]),
    ),
    "fields-only-100": Mutant("only a hundred fields are sent", _given(_first_of(100))),
    "fields-left-behind": Mutant("a response without fields has those of an earlier one", _left_behind()),
    "server-twice": Mutant("the server's own Server field is added to that of the application", fields_sent(_server)),
    "server-put-over": Mutant("the server replaces the application's Server field", fields_sent(_last_server)),
    "close-not-obeyed": Mutant(
        "a Connection close of the application is sent, and the connection stays open",
        _raw(_named(b"connection", bool)),
    ),
    "close-in-lists-not-obeyed": Mutant(
        "a Connection close of the application is not seen in a list or a second line",
        _raw(_named(b"connection", lambda values: len(values) > 1 or any(b"," in value for value in values))),
    ),
    "close-in-lower-case-only": Mutant(
        "a Connection close of the application is only seen in lower case",
        _raw(_named(b"connection", lambda values: any(value != value.lower() for value in values))),
    ),
    "close-by-letters": Mutant(
        "a Connection field that has the letters of close ends the connection",
        replaced(ResponseWriter, "_own", _closes),
    ),
    "chunk-size-of-64-kib": Mutant(
        "the size of a chunk of 64 KiB is wrong", replaced(ResponseWriter, "_emit", _short_size)
    ),
    "pieces-cut-at-64-kib": Mutant(
        "a piece of a body is cut at 64 KiB", _bodies(lambda call, body, event: body[:65536])
    ),
    "pieces-of-one-byte-lost": Mutant(
        "a last piece of one byte is lost",
        _bodies(lambda call, body, event: b"" if len(body) == 1 and not event.get("more_body") else body),
    ),
    "body-nul-ends": Mutant("a body ends at NUL", _bodies(lambda call, body, event: body.split(b"\0")[0])),
    "body-in-ascii": Mutant(
        "bytes of a body beyond ASCII are replaced",
        _bodies(lambda call, body, event: body.decode("ascii", "replace").encode("ascii", "replace")),
    ),
    "body-stops-at-a-thousand": Mutant("a body has a thousand pieces at most", sent(_counted)),
    "kept-without-a-length": Mutant(
        "a connection of HTTP/1.0 is kept after a response without a length",
        replaced(Exchange, "_read_out", _kept),
    ),
}
