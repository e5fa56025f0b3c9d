"""Faults in reading the head of a request: wrong syntax that is accepted, and limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .. import connection, head, target
from ..connection import ServerConnection
from ..limits import LIMITS
from ..refused import RequestRefused
from ..stream import ServerStream
from .base import Install, Mutant, everywhere, heads, replaced


def _with_a_host(data: bytes) -> bytes:
    return data if b"\nhost:" in data.lower() else data[:-2] + b"Host: made.up\r\n\r\n"


def _lines(change: Callable[[bytes], bytes | None]) -> Install:
    """Change each line of a head but the first; None drops it."""

    def changed(data: bytes) -> bytes:
        first, *lines = data[:-4].split(b"\r\n")
        kept = [new for line in lines if (new := change(line)) is not None]
        return b"\r\n".join([first, *kept, b"", b""])

    return heads(changed)


def _subs(pattern: bytes, new: bytes, flags: int = 0) -> Install:
    """Replace what matches a pattern in each head."""
    expression = re.compile(pattern, flags | re.IGNORECASE)
    return heads(lambda data: expression.sub(new, data))


def _without_a_length(data: bytes) -> bytes:
    chunked = b"\ntransfer-encoding:" in data.lower()
    return re.sub(rb"(?i)\r\ncontent-length:[^\r]*", b"", data) if chunked else data


def _without_a_coding(data: bytes) -> bytes:
    sized = b"\ncontent-length:" in data.lower()
    return re.sub(rb"(?i)\r\ntransfer-encoding:[^\r]*", b"", data) if sized else data


def _first_of(name: bytes) -> Install:
    """Keep the first line of a name, and drop the others."""

    def changed(data: bytes) -> bytes:
        seen: list[bytes] = []
        first, *lines = data[:-4].split(b"\r\n")
        kept = []
        for line in lines:
            own = line.lower().startswith(name + b":")
            if not (own and seen):
                kept.append(line)
            seen += [line] if own else []
        return b"\r\n".join([first, *kept, b"", b""])

    return heads(changed)


def _in_one_read(right: Any) -> Any:
    """Refuse a head that is incomplete after the first read."""

    def take(buffer: bytearray, *more: Any) -> Any:
        request = right(buffer, *more)
        if request is None and buffer.strip(b"\r\n"):
            raise RequestRefused(400, "H1-13", "a head in several pieces")
        return request

    return take


def _hanging(status: int) -> Callable[[Any], Any]:
    """Do not answer requests that are refused with a status, and leave the connection open."""

    def quiet(right: Any) -> Any:
        async def next_request(self: ServerConnection) -> Any:
            try:
                return await right(self)
            except RequestRefused as error:
                if error.status != status:
                    raise
                while await self._stream.fill():
                    self._stream.buffer.clear()
                return None

        return next_request

    return quiet


def _as(status: int, other: int) -> Callable[[Any], Any]:
    """Refuse with another status what is refused with one."""

    def wrong(right: Any) -> Any:
        async def next_request(self: ServerConnection) -> Any:
            try:
                return await right(self)
            except RequestRefused as error:
                if error.status != status:
                    raise
                raise RequestRefused(other, error.clause, error.why) from None

        return next_request

    return wrong


def _deaf_to_single_lf(right: Any) -> Any:
    async def fill(self: ServerStream) -> bool:
        going: bool = await right(self)
        if self.buffer and b"\r" not in self.buffer and b"\n" in self.buffer:
            self.buffer.clear()
            return await fill(self)
        return going

    return fill


def _closing_silently(right: Any) -> Any:
    return lambda self, error: None


def _going_on(right: Any) -> Any:
    """After a refusal, read the next request from what is left."""

    async def next_request(self: ServerConnection) -> Any:
        try:
            return await right(self)
        except RequestRefused as error:
            self._refuse(error)
            end = self._stream.buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            del self._stream.buffer[: end + 4]
            return await next_request(self)

    return next_request


def _limited(**limits: int) -> Install:
    """Read heads with other limits."""

    def wrong(right: Any) -> Any:
        return lambda buffer, given=LIMITS: right(buffer, replace(given, **limits))

    return replaced(connection, "take", wrong)


def _any_host(right: Any) -> Any:
    return lambda value: True


def _kept_fragment(right: Any) -> Any:
    return lambda method, path: right(method, path.partition(b"#")[0])


def _host_kept(right: Any) -> Any:
    return lambda fields, where: fields


def _first_length(data: bytes) -> bytes:
    first, *others = re.split(rb"(?i)(?=\r\ncontent-length:)", data)
    return first + b"".join(
        re.sub(rb"(?i)^(\r\ncontent-length:[^,\r]*)[^\r]*", rb"\1" if not number else b"", part)
        for number, part in enumerate(others)
    )


def _folded(data: bytes) -> bytes:
    return re.sub(rb"\r\n[ \t]+", b" ", data)


def _any_case(right: Any) -> Any:
    def request_line(line: bytes) -> Any:
        method, path, version = right(line)
        return method.upper(), path, version

    return request_line


_next = ServerConnection, "_next"


def _without_its_path(head: bytes) -> bytes:
    line, end, rest = head.partition(b"\r\n")
    method, _, version = line.split(b" ", 2)
    return method + b" /nothing " + version + end + rest if b"\r\nupgrade: h2c\r\n" in head.lower() else head


MUTANTS: Mapping[str, Mutant] = {
    "h2c-offer-loses-the-path": Mutant("a request that offers h2c loses its path", heads(_without_its_path)),
    "missing-host-served": Mutant("a request of HTTP/1.1 without Host is served", heads(_with_a_host)),
    "two-hosts-served": Mutant("of several lines of Host the first one counts", _first_of(b"host")),
    "wrong-host-served": Mutant("a Host that is no host is accepted", everywhere(target.is_authority, _any_host)),
    "target-host-ignored": Mutant(
        "the host of a target in absolute form is ignored", everywhere(head._with_host, _host_kept)
    ),
    "both-lengths-served": Mutant("Content-Length is dropped if there is Transfer-Encoding", heads(_without_a_length)),
    "both-lengths-smuggle": Mutant("Transfer-Encoding is dropped if there is Content-Length", heads(_without_a_coding)),
    "any-content-length": Mutant(
        "a Content-Length that is no number counts as 0",
        _subs(rb"(\r\ncontent-length:)(?![ \t]*[0-9]+[ \t]*\r)[^\r\n]*", rb"\1 0"),
    ),
    "signed-content-length": Mutant(
        "a sign or underscores in Content-Length are accepted",
        _lines(lambda line: re.sub(rb"[+_]", b"", line) if line.lower().startswith(b"content-length:") else line),
    ),
    "two-content-lengths": Mutant(
        "of several lines of Content-Length the first one counts", _first_of(b"content-length")
    ),
    "first-length-counts": Mutant(
        "of several Content-Lengths, in lines or in a list, the first one counts", heads(_first_length)
    ),
    "any-transfer-encoding": Mutant(
        "an unknown transfer coding counts as none",
        _subs(rb"\r\ntransfer-encoding:(?![ \t]*chunked[ \t]*\r)[^\r\n]*", b""),
    ),
    "like-chunked": Mutant(
        "every transfer coding that has the word chunked is chunked",
        _subs(rb"\r\ntransfer-encoding:[^\r\n]*chunked[^\r\n]*", b"\r\nTransfer-Encoding: chunked"),
    ),
    "space-before-colon-accepted": Mutant(
        "white space between a field's name and its colon is removed", _subs(rb"\r\n([\w-]+)[ \t]+:", rb"\r\n\1:")
    ),
    "folded-lines-accepted": Mutant("a folded line is joined with the one before it", heads(_folded)),
    "wrong-lines-skipped": Mutant(
        "lines that are no field are skipped",
        _lines(
            lambda line: line if re.fullmatch(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*", line) else None
        ),
    ),
    "zeros-in-values": Mutant(
        "control characters in a value become spaces",
        _lines(lambda line: re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", b" ", line)),
    ),
    "single-cr-accepted": Mutant(
        "a CR that stands alone becomes a space", heads(lambda d: re.sub(rb"\r(?!\n)", b" ", d))
    ),
    "underscores-in-names": Mutant(
        "underscores in field names become hyphens",
        _lines(lambda line: line.partition(b":")[0].replace(b"_", b"-") + b":" + line.partition(b":")[2]),
    ),
    "methods-in-any-case": Mutant("the method is put into capitals", everywhere(head._request_line, _any_case)),
    "fragment-dropped": Mutant("a fragment in the target is dropped", everywhere(target.parsed, _kept_fragment)),
    "http-2-as-1-1": Mutant(
        "HTTP/2.0 is served as HTTP/1.1", _subs(rb"\A(\S+ \S+) HTTP/[2-9]\.[0-9]\r", rb"\1 HTTP/1.1\r")
    ),
    "coding-in-1-0": Mutant(
        "Transfer-Encoding of HTTP/1.0 is dropped",
        heads(lambda d: re.sub(rb"(?i)\r\ntransfer-encoding:[^\r]*", b"", d) if b" HTTP/1.0\r" in d else d),
    ),
    "one-read-a-request": Mutant(
        "a head that comes in several pieces is refused", replaced(connection, "take", _in_one_read)
    ),
    "long-target-hangs": Mutant("a target that is too long is not answered", replaced(*_next, _hanging(414))),
    "long-target-500": Mutant("a target that is too long is answered with 500", replaced(*_next, _as(414, 500))),
    "long-target-as-431": Mutant("a target that is too long is answered with 431", replaced(*_next, _as(414, 431))),
    "refused-with-500": Mutant("an invalid request is answered with 500", replaced(*_next, _as(400, 500))),
    "refused-silently": Mutant(
        "an invalid request is not answered, and the connection closed",
        replaced(ServerConnection, "_refuse", _closing_silently),
    ),
    "refused-hangs": Mutant("an invalid request is not answered", replaced(*_next, _hanging(400))),
    "goes-on-after-400": Mutant("after a request that was refused the next one is read", replaced(*_next, _going_on)),
    "bare-lf-hangs": Mutant(
        "a line that ends in a single LF is not answered", replaced(ServerStream, "fill", _deaf_to_single_lf)
    ),
    "bare-lf-accepted": Mutant(
        "a line may end in a single LF",
        replaced(connection, "take", lambda right: lambda buffer, *more: right(_crlf(buffer), *more)),
    ),
    "short-lines-only": Mutant("a request line may have 4,000 bytes", _limited(request_line=4000)),
    "few-fields-only": Mutant("a head may have twenty fields", _limited(fields=20)),
    "small-heads-only": Mutant("a head may have 4 KiB", _limited(head=4096)),
    "heads-of-any-size": Mutant(
        "a head may have any size", _limited(head=2**40, request_line=2**40, field=2**40, fields=10**6)
    ),
}


def _crlf(buffer: bytearray) -> bytearray:
    """The buffer, with CR LF at the end of every line of its head."""
    end = buffer.find(b"\n\n")
    if end >= 0 and b"\r\n\r\n" not in buffer[:end]:
        buffer[: end + 2] = re.sub(rb"(?<!\r)\n", b"\r\n", bytes(buffer[: end + 2]))
    return buffer
