"""Faults in the framing of request bodies: lengths, transfer codings, chunks, trailers, and state left by a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .. import body, connection
from ..body import Chunked, SizedBody
from ..exchange import Exchange
from ..refused import RequestRefused
from .base import Event, Install, Mutant, constant, heads, replaced

_length = re.compile(rb"(?i)(\r\ncontent-length:[ \t]*)([0-9]+)(?=[ \t]*\r)")


def _lengths(change: Callable[[int], int]) -> Install:
    """Change each length in decimal digits."""
    return heads(lambda head: _length.sub(lambda found: found[1] + b"%d" % change(_number(found[2])), head))


def _number(digits: bytes) -> int:
    return int(digits) if len(digits) < 4000 else 2**64


def _octal(head: bytes) -> bytes:
    return re.sub(rb"(?i)(\r\ncontent-length:[ \t]*)(0[0-7]+)(?=[ \t]*\r)", lambda m: m[1] + b"%d" % int(m[2], 8), head)


def _codings(pattern: bytes, new: bytes) -> Install:
    """Replace what matches in each line of Transfer-Encoding."""
    expression = re.compile(rb"(?i)(\r\ntransfer-encoding:)" + pattern)
    return heads(lambda head: expression.sub(rb"\1" + new, head))


def _last_coding_counts(head: bytes) -> bytes:
    """Drop Transfer-Encoding if it is there more than once."""
    lines = re.findall(rb"(?i)\r\ntransfer-encoding:[^\r]*", head)
    twice = len(lines) > 1 or (lines and lines[0].lower().count(b"chunked") > 1)
    changed: bytes = re.sub(rb"(?i)\r\ntransfer-encoding:[^\r]*", b"", head) if twice else head
    return changed


def _only_of(right: Any) -> Any:
    """Read a request of some methods as one without a body."""

    def take(buffer: bytearray, *more: Any) -> Any:
        request = right(buffer, *more)
        if request is not None and request.method in ("GET", "HEAD", "DELETE", "OPTIONS"):
            return replace(request, length=0)
        return request

    return take


def _as_before(right: Any) -> Any:
    """Read a request without a length with the framing of the one before it."""
    before: list[int | None] = []

    def take(buffer: bytearray, *more: Any) -> Any:
        request = right(buffer, *more)
        if request is None:
            return None
        if before and before[-1] is None and request.length == 0 and not request.values(b"content-length"):
            request = replace(request, length=None)
        before[:] = [request.length]
        return request

    return take


def _kept_in_1_0(right: Any) -> Any:
    """Serve HTTP/1.0 with chunks as HTTP/1.1."""

    def take(buffer: bytearray, *more: Any) -> Any:
        end = buffer.find(b"\r\n\r\n")
        line = buffer.find(b" HTTP/1.0\r\n")
        if 0 <= line < end and b"\r\ntransfer-encoding:" in bytes(buffer[:end]).lower():
            buffer[line : line + 9] = b" HTTP/1.1"
        return right(buffer, *more)

    return take


def _size_wraps(bits: int) -> Callable[[Any], Any]:
    def wrong(right: Any) -> Any:
        def begin(self: Chunked, line: bytes) -> None:
            size = re.match(rb"[0-9A-Fa-f]+", line)
            right(self, b"%x" % (int(size[0], 16) & (1 << bits) - 1) + line[size.end() :] if size else line)

        return begin

    return wrong


def _case_of_digits(right: Any) -> Any:
    def begin(self: Chunked, line: bytes) -> None:
        if re.match(rb"[0-9]*[A-F]", line):
            raise RequestRefused(400, "FRAME-15", "a chunk size in capitals")
        right(self, line)

    return begin


def _short_sizes(right: Any) -> Any:
    def begin(self: Chunked, line: bytes) -> None:
        if re.match(rb"0[0-9a-fA-F]", line):
            raise RequestRefused(400, "FRAME-15", "a chunk size begins with 0")
        right(self, line)

    return begin


def _no_quotes(right: Any) -> Any:
    def begin(self: Chunked, line: bytes) -> None:
        if b"\\" in line:
            raise RequestRefused(400, "FRAME-17", "a quoted pair in a chunk extension")
        right(self, line)

    return begin


def _size_in_extension(right: Any) -> Any:
    def begin(self: Chunked, line: bytes) -> None:
        _, semicolon, rest = line.partition(b";")
        inner = re.search(rb"=([0-9]+)$", rest)
        right(self, inner[1] if inner and semicolon else line)

    return begin


def _two_bytes(right: Any) -> Any:
    """Skip two bytes behind a chunk's data, whatever they are (h11 0.14)."""

    def take(self: Chunked, buffer: bytearray) -> bytes:
        pieces = b""
        while not self.done:
            if self._left:
                piece = bytes(buffer[: self._left])
                if not piece:
                    break
                del buffer[: len(piece)]
                self._left -= len(piece)
                self._ending = not self._left
                pieces += piece
            elif self._ending:
                if len(buffer) < 2:
                    break
                del buffer[:2]
                self._ending = False
            elif not self._line(buffer):
                break
        return pieces

    return take


def _cr_ends_a_line(right: Any) -> Any:
    """Take CR and the byte behind it for the end of a line (llhttp)."""

    def next_line(self: Chunked, buffer: bytearray) -> bytes | None:
        end = buffer.find(b"\r")
        if 0 <= end < len(buffer) - 1:
            line = bytes(buffer[:end])
            del buffer[: end + 2]
            return line
        found: bytes | None = right(self, buffer)
        return found

    return next_line


def _lf_in_extensions(right: Any) -> Any:
    def next_line(self: Chunked, buffer: bytearray) -> bytes | None:
        end = buffer.find(b"\r\n")
        if end >= 0 and b";" in buffer[:end]:
            buffer[:end] = buffer[:end].replace(b"\n", b"-")
        found: bytes | None = right(self, buffer)
        return found

    return next_line


def _two_last_bytes(right: Any) -> Any:
    """Skip two bytes behind the last chunk."""

    def line(self: Chunked, buffer: bytearray) -> bool:
        if self._trailing and len(buffer) >= 2:
            del buffer[:2]
            self.done = True
            return True
        return bool(right(self, buffer))

    return line


def _in_the_scope(right: Any) -> Any:
    """Add trailers to the headers of the scope."""

    async def run(self: Exchange) -> bool:
        scopes: list[Any] = []
        reader = self._body
        if isinstance(reader, Chunked):
            right_line = reader._next_line

            def next_line(buffer: bytearray) -> bytes | None:
                line = right_line(buffer)
                if reader._trailing and line:
                    name, _, value = line.partition(b":")
                    for scope in scopes:
                        scope["headers"].append((name.lower(), value.strip()))
                return line

            reader._next_line = next_line  # type: ignore[method-assign]
        self._service = _Noting(self._service, scopes)  # type: ignore[assignment]
        return bool(await right(self))

    return run


class _Noting:
    """The service, which notes the scopes that the application is called with."""

    def __init__(self, service: Any, scopes: list[Any]) -> None:
        self._service, self._scopes = service, scopes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)

    def call(self, scope: Any, receive: Any, send: Any) -> Any:
        self._scopes.append(scope)
        return self._service.call(scope, receive, send)


def _last_line_optional(right: Any) -> Any:
    async def next_piece(self: Exchange) -> Event | None:
        event: Event | None = await right(self)
        if event is None and isinstance(self._body, Chunked) and self._body._trailing and not self._over.is_set():
            self._body.done = self._delivered = True
            return {"type": "http.request", "body": b"", "more_body": False}
        return event

    return next_piece


def _short_length(right: Any) -> Any:
    async def next_piece(self: Exchange) -> Event | None:
        event: Event | None = await right(self)
        if event is None and isinstance(self._body, SizedBody) and not self._over.is_set():
            self._delivered = True
            return {"type": "http.request", "body": b"", "more_body": False}
        return event

    return next_piece


def _short_chunks(right: Any) -> Any:
    async def next_piece(self: Exchange) -> Event | None:
        event: Event | None = await right(self)
        if event is None and isinstance(self._body, Chunked) and not self._body._trailing and not self._over.is_set():
            self._delivered = True
            return {"type": "http.request", "body": b"", "more_body": False}
        return event

    return next_piece


def _whole_first(right: Any) -> Any:
    """Read the complete body before the application is called."""

    async def run(self: Exchange) -> bool:
        pieces = b""
        while not self._body.done:
            pieces += self._body.take(self._stream.buffer)
            if not self._body.done and not await self._stream.fill():
                return False
        self._body = _Read(pieces)  # type: ignore[assignment]
        return bool(await right(self))

    return run


class _Read:
    """A body that has been read."""

    def __init__(self, data: bytes) -> None:
        self._data, self.done = data, False

    def take(self, buffer: bytearray) -> bytes:
        data, self._data, self.done = self._data, b"", True
        return data


def _cut_at(size: int) -> Callable[[Any], Any]:
    """Lose the bytes of a body beyond a size."""

    def wrong(right: Any) -> Any:
        def take(self: Any, buffer: bytearray) -> bytes:
            data: bytes = right(self, buffer)
            had = getattr(self, "had", 0)
            self.had = had + len(data)
            return data[: max(size - had, 0)]

        return take

    return wrong


def _at_a_border(size: int) -> Callable[[Any], Any]:
    """Lose the last byte of a body of exactly this size."""

    def wrong(right: Any) -> Any:
        def init(self: SizedBody, length: int) -> None:
            right(self, length)
            self.exact = length == size  # type: ignore[attr-defined]  # a mutant's own

        return init

    return wrong


def _shortened(right: Any) -> Any:
    def take(self: SizedBody, buffer: bytearray) -> bytes:
        data: bytes = right(self, buffer)
        return data[:-1] if self.done and getattr(self, "exact", False) else data

    return take


def _border(size: int) -> Install:
    first, second = replaced(SizedBody, "__init__", _at_a_border(size)), replaced(SizedBody, "take", _shortened)

    def put() -> None:
        first()
        second()

    return put


def _few_chunks(right: Any) -> Any:
    def begin(self: Chunked, line: bytes) -> None:
        self.seen = getattr(self, "seen", 0) + 1  # type: ignore[attr-defined]  # a mutant's own
        if self.seen > 1000:  # type: ignore[attr-defined]
            raise RequestRefused(400, "FRAME-14", "a body has at most 1000 chunks")
        right(self, line)

    return begin


def _reversed(right: Any) -> Any:
    def take(self: Any, buffer: bytearray) -> bytes:
        data: bytes = right(self, buffer)
        return data[1024:] + data[:1024] if len(data) > 2048 else data

    return take


MUTANTS: Mapping[str, Mutant] = {
    "length-wraps-16": Mutant("Content-Length is cut to 16 bits", _lengths(lambda size: size & 0xFFFF)),
    "length-wraps-32": Mutant("Content-Length is cut to 32 bits", _lengths(lambda size: size & 0xFFFFFFFF)),
    "length-wraps-64": Mutant("Content-Length is cut to 64 bits", _lengths(lambda size: size & (1 << 64) - 1)),
    "length-octal": Mutant("a Content-Length that begins with 0 is octal", heads(_octal)),
    "length-prefix": Mutant(
        "the digits at the start of Content-Length count",
        heads(lambda head: re.sub(rb"(?i)(\r\ncontent-length:[ \t]*[0-9]+)[^\r\n]*(?=\r\n)", rb"\1", head)),
    ),
    "length-stripped": Mutant(
        "all bytes around a Content-Length that Python's strip() removes are removed",
        heads(
            lambda head: re.sub(
                rb"(?i)(\r\ncontent-length:)[\x00\s\x85\xa0\x1c-\x1f]*([0-9]+)[\x00\x0b\x0c\x1c-\x1f\x85\xa0 ]*(?=\r)",
                rb"\1 \2",
                head,
            )
        ),
    ),
    "coding-stripped": Mutant(
        "all bytes around a transfer coding that Python's strip() removes are removed",
        _codings(
            rb"[\x0b\x0c\x1c-\x1f\x85\xa0\x00 \t]*chunked[\x0b\x0c\x1c-\x1f\x85\xa0\x00\x7f]*(?=\r\n)", b" chunked"
        ),
    ),
    "coding-in-small-letters": Mutant(
        "the name of a transfer coding is compared with its case",
        heads(
            lambda head: re.sub(
                rb"(?i:\r\ntransfer-encoding:)([^\r]*)",
                lambda m: m[0] if m[1].strip() == b"chunked" else b"\r\nTransfer-Encoding: cow",
                head,
            )
        ),
    ),
    "coding-twice-is-none": Mutant("a transfer coding that is there twice counts as none", heads(_last_coding_counts)),
    "coding-identity-is-none": Mutant(
        "the coding identity is none",
        heads(lambda head: re.sub(rb"(?i)\r\ntransfer-encoding:[ \t]*identity[ \t]*(?=\r\n)", b"", head)),
    ),
    "coding-first-line-counts": Mutant(
        "of several lines of Transfer-Encoding the first counts",
        heads(
            lambda head: re.sub(
                rb"(?is)(\r\ntransfer-encoding:[^\r]*)(.*?)\r\ntransfer-encoding:[^\r]*", rb"\1\2", head
            )
        ),
    ),
    "coding-any-position": Mutant(
        "chunked at any place of the list is chunked",
        heads(lambda head: re.sub(rb"(?i)(\r\ntransfer-encoding:)[^\r]*\bchunked\b[^\r]*", rb"\1 chunked", head)),
    ),
    "coding-similar-names": Mutant(
        "X-Transfer-Encoding and Transfer_Encoding frame a body",
        heads(
            lambda head: re.sub(
                rb"(?i)\r\n(x-transfer-encoding|transfer_encoding):",
                b"\r\nTransfer-Encoding:",
                re.sub(rb"(?i)\r\ncontent-length:[^\r]*", b"", head)
                if re.search(rb"(?i)\r\n(x-transfer-encoding|transfer_encoding): chunked", head)
                else head,
            )
        ),
    ),
    "coding-in-1-0-kept": Mutant(
        "a chunked request of HTTP/1.0 is one of HTTP/1.1", replaced(connection, "take", _kept_in_1_0)
    ),
    "methods-without-a-body": Mutant(
        "a request of GET, HEAD, DELETE or OPTIONS has no body", replaced(connection, "take", _only_of)
    ),
    "framing-stays": Mutant(
        "a request without a length has the framing of the one before it", replaced(connection, "take", _as_before)
    ),
    "chunk-size-wraps-16": Mutant("a chunk size is cut to 16 bits", replaced(Chunked, "_begin", _size_wraps(16))),
    "chunk-size-wraps-64": Mutant("a chunk size is cut to 64 bits", replaced(Chunked, "_begin", _size_wraps(64))),
    "chunk-size-in-small-letters": Mutant(
        "a chunk size in capitals is refused", replaced(Chunked, "_begin", _case_of_digits)
    ),
    "chunk-size-without-zeros": Mutant(
        "a chunk size that begins with 0 is refused", replaced(Chunked, "_begin", _short_sizes)
    ),
    "chunk-extension-without-pairs": Mutant(
        "a quoted pair in a chunk extension is refused", replaced(Chunked, "_begin", _no_quotes)
    ),
    "chunk-extension-is-a-size": Mutant(
        "the digits of a chunk extension are the size", replaced(Chunked, "_begin", _size_in_extension)
    ),
    "chunk-extensions-unlimited": Mutant(
        "all extensions together may have any size", constant(body, "LONGEST_EXTENSIONS", 2**40)
    ),
    "chunk-ends-in-two-bytes": Mutant(
        "any two bytes behind a chunk's data are its CRLF", replaced(Chunked, "take", _two_bytes)
    ),
    "chunk-line-ends-in-cr": Mutant(
        "CR and any byte end a line of a chunked body", replaced(Chunked, "_next_line", _cr_ends_a_line)
    ),
    "chunk-extension-with-lf": Mutant(
        "LF is a byte of a chunk extension", replaced(Chunked, "_next_line", _lf_in_extensions)
    ),
    "last-chunk-and-two-bytes": Mutant(
        "any two bytes behind the last chunk end the body", replaced(Chunked, "_line", _two_last_bytes)
    ),
    "last-line-optional": Mutant(
        "a chunked body that breaks off behind its last chunk is complete",
        replaced(Exchange, "_next_piece", _last_line_optional),
    ),
    "short-length-is-whole": Mutant(
        "a body that breaks off before its Content-Length is complete", replaced(Exchange, "_next_piece", _short_length)
    ),
    "short-chunks-are-whole": Mutant(
        "a chunked body that breaks off before its last chunk is complete",
        replaced(Exchange, "_next_piece", _short_chunks),
    ),
    "trailers-in-the-scope": Mutant(
        "trailers are added to the scope's headers", replaced(Exchange, "run", _in_the_scope)
    ),
    "body-read-first": Mutant(
        "the complete body is read before the application is called", replaced(Exchange, "run", _whole_first)
    ),
    "length-cut-at-64-kib": Mutant(
        "a body with a length is cut to 64 KiB", replaced(SizedBody, "take", _cut_at(65536))
    ),
    "chunks-cut-at-64-kib": Mutant("a chunked body is cut to 64 KiB", replaced(Chunked, "take", _cut_at(65536))),
    "chunks-cut-at-256-kib": Mutant("a chunked body is cut to 256 KiB", replaced(Chunked, "take", _cut_at(262144))),
    "length-cut-at-256-kib": Mutant(
        "a body with a length is cut to 256 KiB", replaced(SizedBody, "take", _cut_at(262144))
    ),
    "length-border-16-kib": Mutant("the last byte of a body of 16384 bytes is lost", _border(16384)),
    "length-border-64-kib": Mutant("the last byte of a body of 65536 bytes is lost", _border(65536)),
    "few-chunks-only": Mutant("a body has at most 1,000 chunks", replaced(Chunked, "_begin", _few_chunks)),
    "body-out-of-order": Mutant("the pieces of a large read change places", replaced(SizedBody, "take", _reversed)),
    "chunks-out-of-order": Mutant(
        "the pieces of a large chunked read change places", replaced(Chunked, "take", _reversed)
    ),
}
