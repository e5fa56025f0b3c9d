"""Faults in a request's body: its framing, its delivery to the application, and 100 (Continue)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from .. import body
from ..body import Chunked
from ..exchange import Exchange
from ..refused import RequestRefused
from ..stream import ServerStream
from .base import Event, Mutant, constant, received, replaced

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def _is_piece(event: Event) -> bool:
    return bool(event["type"] == "http.request")


def _cut(exchange: Any, event: Event) -> Event:
    if _is_piece(event) and event["body"] and not getattr(exchange, "cut", False):
        exchange.cut = True
        return {**event, "body": event["body"][:-1]}
    return event


def _endless(exchange: Any, event: Event) -> Event:
    return {**event, "more_body": True} if _is_piece(event) else event


def _ending_at_once(exchange: Any, event: Event) -> Event:
    return {**event, "more_body": False} if _is_piece(event) else event


def _as_text(exchange: Any, event: Event) -> Event:
    return {**event, "body": event["body"].decode("latin-1")} if _is_piece(event) else event


def _mutable(exchange: Any, event: Event) -> Event:
    return {**event, "body": bytearray(event["body"])} if _is_piece(event) else event


def _without_more(exchange: Any, event: Event) -> Event:
    return {name: value for name, value in event.items() if name != "more_body"}


def _line_ends(exchange: Any, event: Event) -> Event:
    return {**event, "body": event["body"].replace(b"\r\n", b"\n")} if _is_piece(event) else event


def _utf_8(exchange: Any, event: Event) -> Event:
    return {**event, "body": event["body"].decode("utf-8", "replace").encode()} if _is_piece(event) else event


def _empty_disconnects(exchange: Any, event: Event) -> Event:
    if _is_piece(event) and not event["body"] and not event["more_body"]:
        return {"type": "http.disconnect"}
    return event


def _raw(right: Any) -> Any:
    def take(self: Chunked, buffer: bytearray) -> bytes:
        before = bytes(buffer)
        right(self, buffer)
        return before[: len(before) - len(buffer)]

    return take


def _first_chunk(right: Any) -> Any:
    def take(self: Any, buffer: bytearray) -> bytes:
        data: bytes = right(self, buffer)
        had, self.had = getattr(self, "had", b""), getattr(self, "had", b"") or data
        return b"" if had else data

    return take


def _any_size(right: Any) -> Any:
    def begin(self: Chunked, line: bytes) -> None:
        try:
            right(self, line)
        except RequestRefused:
            self.done = True

    return begin


def _size_as_python(right: Any) -> Any:
    def begin(self: Chunked, line: bytes) -> None:
        size, semicolon, rest = line.partition(b";")
        try:
            right(self, b"%x" % abs(int(size.strip(), 16)) + semicolon + rest)
        except ValueError:
            right(self, line)

    return begin


def _size_as_decimal(right: Any) -> Any:
    def begin(self: Chunked, line: bytes) -> None:
        size = re.match(rb"[0-9]+", line)
        right(self, b"%x" % int(size[0]) + line[size.end() :] if size else line)

    return begin


def _size_wraps(right: Any) -> Any:
    def begin(self: Chunked, line: bytes) -> None:
        size = re.match(rb"[0-9A-Fa-f]+", line)
        right(self, b"%x" % (int(size[0], 16) & 0xFFFFFFFF) + line[size.end() :] if size else line)

    return begin


def _no_extensions(right: Any) -> Any:
    def begin(self: Chunked, line: bytes) -> None:
        if b";" in line:
            raise RequestRefused(400, "FRAME-18", "a chunk has an extension")
        right(self, line)

    return begin


def _any_extension(right: Any) -> Any:
    return lambda self, line: right(self, line.partition(b";")[0].strip())


def _any_end(right: Any) -> Any:
    """Skip what stands between a chunk's data and the next line."""

    def take(self: Chunked, buffer: bytearray) -> bytes:
        data = b""
        while True:
            if self._ending and b"\n" in buffer:
                del buffer[: buffer.index(b"\n") + 1]
                self._ending = False
            before = len(buffer)
            try:
                data += right(self, buffer)
            except RequestRefused:
                if not self._ending or b"\n" not in buffer:
                    raise
            if not self._ending or b"\n" not in buffer or before == len(buffer):
                return data

    return take


def _lf_lines(right: Any) -> Any:
    def next_line(self: Chunked, buffer: bytearray) -> bytes | None:
        end = buffer.find(b"\n")
        if end >= 0 and not buffer[:end].endswith(b"\r"):
            line = bytes(buffer[:end])
            del buffer[: end + 1]
            return line
        line_or_none: bytes | None = right(self, buffer)
        return line_or_none

    return next_line


def _ends_at_last_chunk(right: Any) -> Any:
    """Take the last chunk for the end, whatever follows it."""

    def begin(self: Chunked, line: bytes) -> None:
        right(self, line)
        self.done = self._trailing

    return begin


def _trailers_in_body(right: Any) -> Any:
    def take(self: Any, buffer: bytearray) -> bytes:
        before = bytes(buffer)
        data: bytes = right(self, buffer)
        if self.done and not getattr(self, "spilt", False):
            self.spilt = True
            trailers = before[: len(before) - len(buffer)].rpartition(b"0\r\n")[2]
            return data + trailers.removesuffix(b"\r\n")
        return data

    return take


def _any_trailer(right: Any) -> Any:
    def line(self: Chunked, buffer: bytearray) -> bool:
        try:
            return bool(right(self, buffer))
        except RequestRefused:
            return self._trailing

    return line


def _forms_read(right: Any) -> Any:
    """Refuse a multipart form that has no boundary, as a server does that reads forms."""

    async def run(self: Any) -> bool:
        for value in self._request.values(b"content-type"):
            if value.lower().startswith(b"multipart/form-data") and not re.search(rb"(?i)boundary=.", value):
                raise RequestRefused(400, "REQ-01", "a form without a boundary")
        return bool(await right(self))

    return run


def _escapes_repaired(exchange: Any, event: Event) -> Event:
    """Decode an encoded form, and encode it again."""
    if not _is_piece(event) or b"urlencoded" not in b"".join(exchange._request.values(b"content-type")):
        return event
    return {**event, "body": re.sub(rb"%(?![0-9A-Fa-f]{2})", b"%25", event["body"])}


def _short_is_whole(right: Any) -> Any:
    async def next_piece(self: Exchange) -> Event | None:
        event: Event | None = await right(self)
        if event is None and not self._over.is_set():
            self._delivered = True
            return {"type": "http.request", "body": b"", "more_body": False}
        return event

    return next_piece


def _silent(right: Any) -> Any:
    async def go_on(self: Exchange) -> None:
        self._expected = False

    return go_on


def _always_asked(right: Any) -> Any:
    async def run(self: Exchange) -> bool:
        if self._expected:
            self._expected = False
            await self._stream.write(CONTINUE)
        return bool(await right(self))

    return run


def _asked_of_everybody(right: Any) -> Any:
    async def run(self: Exchange) -> bool:
        if not self._body.done and not self._stream.buffer:
            self._expected = False
            await self._stream.write(CONTINUE)
        return bool(await right(self))

    return run


def _asked_twice(right: Any) -> Any:
    async def go_on(self: Exchange) -> None:
        await right(self)
        await self._stream.write(CONTINUE)

    return go_on


def _refused_before(right: Any) -> Any:
    async def run(self: Exchange) -> bool:
        if self._expected:
            self._refuse(RequestRefused(417, "SEM-20", "no expectation is met"))
            return False
        return bool(await right(self))

    return run


def _at_once(right: Any) -> Any:
    async def receive(self: Exchange) -> Event:
        if self._delivered:
            return {"type": "http.disconnect"}
        event: Event = await right(self)
        return event

    return receive


def _once(right: Any) -> Any:
    async def receive(self: Any) -> Event:
        if getattr(self, "left", False):
            await asyncio.Event().wait()
        event: Event = await right(self)
        self.left = event["type"] == "http.disconnect"
        return event

    return receive


def _body_again(right: Any) -> Any:
    async def receive(self: Exchange) -> Event:
        if self._delivered:
            return {"type": "http.request", "body": b"", "more_body": False}
        event: Event = await right(self)
        return event

    return receive


def _never(right: Any) -> Any:
    async def gone(self: ServerStream) -> None:
        await asyncio.Event().wait()

    return gone


def _raised(right: Any) -> Any:
    async def receive(self: Exchange) -> Event:
        event: Event = await right(self)
        if event["type"] == "http.disconnect" and not self._over.is_set():
            raise ConnectionResetError("the client has gone")
        return event

    return receive


MUTANTS: Mapping[str, Mutant] = {
    "request-body-cut": Mutant("the last byte of a request's body is lost", received(_cut)),
    "request-body-raw-chunks": Mutant(
        "the body of a chunked request is delivered with its framing", replaced(Chunked, "take", _raw)
    ),
    "request-first-chunk-only": Mutant(
        "the first chunks to arrive are the body", replaced(Chunked, "take", _first_chunk)
    ),
    "request-never-ends": Mutant("every http.request says that more follows", received(_endless)),
    "request-ends-at-once": Mutant("every http.request says that nothing follows", received(_ending_at_once)),
    "request-body-text": Mutant("the body of http.request is text", received(_as_text)),
    "request-body-bytearray": Mutant("the body of http.request is a bytearray", received(_mutable)),
    "request-without-more-body": Mutant("http.request has no more_body", received(_without_more)),
    "request-line-ends": Mutant("CR LF in a body becomes LF", received(_line_ends)),
    "request-body-utf-8": Mutant("bytes of a body that are no UTF-8 are replaced", received(_utf_8)),
    "no-body-is-a-disconnect": Mutant("a request without a body is a disconnect", received(_empty_disconnects)),
    "short-request-is-whole": Mutant(
        "a body that breaks off is delivered as complete", replaced(Exchange, "_next_piece", _short_is_whole)
    ),
    "early-disconnect": Mutant("http.disconnect follows the body at once", replaced(Exchange, "_receive", _at_once)),
    "empty-request-again": Mutant(
        "after the body receive() returns empty pieces at once", replaced(Exchange, "_receive", _body_again)
    ),
    "disconnect-once": Mutant(
        "receive() hangs after it has returned http.disconnect", replaced(Exchange, "_receive", _once)
    ),
    "disconnect-raises": Mutant("receive() raises if the client has left", replaced(Exchange, "_receive", _raised)),
    "no-disconnect": Mutant("receive() never hears that the client left", replaced(ServerStream, "gone", _never)),
    "any-chunk-size": Mutant("a chunk size that is no number ends the body", replaced(Chunked, "_begin", _any_size)),
    "chunk-size-as-python": Mutant(
        "0x, signs, spaces and underscores in a chunk size are accepted", replaced(Chunked, "_begin", _size_as_python)
    ),
    "chunk-size-decimal": Mutant(
        "a chunk size is read as a decimal number", replaced(Chunked, "_begin", _size_as_decimal)
    ),
    "chunk-size-wraps": Mutant("a chunk size is cut to 32 bits", replaced(Chunked, "_begin", _size_wraps)),
    "chunk-extensions-refused": Mutant(
        "a chunk with an extension is refused", replaced(Chunked, "_begin", _no_extensions)
    ),
    "chunk-extensions-unread": Mutant(
        "whatever follows a chunk size is skipped", replaced(Chunked, "_begin", _any_extension)
    ),
    "chunk-end-unchecked": Mutant(
        "bytes between a chunk's data and the next line are skipped", replaced(Chunked, "take", _any_end)
    ),
    "chunk-lines-end-in-lf": Mutant(
        "a line of a chunked body may end in LF", replaced(Chunked, "_next_line", _lf_lines)
    ),
    "last-chunk-ends": Mutant(
        "a chunked body ends at its last chunk, and trailers are a request",
        replaced(Chunked, "_begin", _ends_at_last_chunk),
    ),
    "trailers-in-the-body": Mutant("trailers are a part of the body", replaced(Chunked, "take", _trailers_in_body)),
    "any-trailer": Mutant("a trailer that is no field is skipped", replaced(Chunked, "_line", _any_trailer)),
    "trailers-unlimited": Mutant("trailers may have any size", constant(body, "LONGEST_TRAILERS", 2**40)),
    "chunk-lines-unlimited": Mutant("a chunk's line may have any size", constant(body, "LONGEST_LINE", 2**40)),
    "forms-read": Mutant("a form that cannot be read is refused", replaced(Exchange, "run", _forms_read)),
    "forms-encoded-again": Mutant("an encoded form is decoded, and encoded again", received(_escapes_repaired)),
    "no-continue": Mutant("100 (Continue) is never sent", replaced(Exchange, "_go_on", _silent)),
    "continue-before-the-call": Mutant(
        "100 (Continue) is sent before the application reads the body", replaced(Exchange, "run", _always_asked)
    ),
    "continue-unasked": Mutant(
        "100 (Continue) is sent to clients that do not wait for it", replaced(Exchange, "run", _asked_of_everybody)
    ),
    "continue-twice": Mutant("100 (Continue) is sent twice", replaced(Exchange, "_go_on", _asked_twice)),
    "continue-refused": Mutant("100-continue is refused with 417", replaced(Exchange, "run", _refused_before)),
}
