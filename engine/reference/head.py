"""A request's head: received, checked, and passed to h11.

h11 implements the grammar. This module also rejects requests that h11 accepts, or rejects with another status than the
clauses require: single line feeds, folded lines, sizes, versions, the forms of a target, Host, and framing that two
parsers could understand differently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

import h11

from . import target
from .limits import LIMITS, Limits
from .refused import RequestRefused
from .target import RequestTarget

LONGEST_METHOD = 128

_line = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP/([0-9])\.([0-9])")
_token = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
# RFC 9110, section 5.5. h11 lets the other control characters pass.
_value = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_stray = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")
KNOWN_CODINGS = (b"chunked", b"gzip", b"x-gzip", b"deflate", b"compress", b"x-compress")


class Framing(Protocol):
    """The framing of a response, as h11 does it for HTTP/1.1: parts in, bytes out. ``our_state`` is h11.DONE after a
    response that permits the connection to continue."""

    @property
    def our_state(self) -> Any: ...

    def send(self, event: Any, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Request:
    """A valid request. ``fields`` have names in lower case, ``version`` is 1.0, 1.1 or 2.

    ``length`` is that of its body in bytes, None if only the end of the body shows it. ``protocol`` is h11's view of
    the connection, ready for one response.
    """

    method: str
    target: RequestTarget
    version: str
    fields: tuple[tuple[bytes, bytes], ...]
    length: int | None
    protocol: Framing

    def values(self, name: bytes) -> list[bytes]:
        """The values of a field, one for each line."""
        return [value for found, value in self.fields if found == name]

    def words(self, name: bytes) -> list[str]:
        """The members of a field that is a list, in lower case."""
        members = b",".join(self.values(name)).decode("latin-1").lower().split(",")
        return [word for member in members if (word := member.strip(" \t"))]

    @property
    def expects(self) -> bool:
        """True if the client waits for 100 (Continue) before it sends its body; only HTTP/1.1 has that (SEM-19)."""
        return self.version == "1.1" and "100-continue" in self.words(b"expect")

    def __str__(self) -> str:
        return f"{self.method} {self.target.path}"


def take(buffer: bytearray, limits: Limits = LIMITS) -> Request | None:
    """Take the request whose head is at the start of ``buffer`` out of it; None if more bytes are needed.

    Empty lines before it are dropped (RFC 9112, section 2.2). Raises RequestRefused as early as possible.
    """
    while buffer.startswith(b"\r\n"):
        del buffer[:2]
    if not buffer or buffer == b"\r":
        return None
    if not 0x21 <= buffer[0] <= 0x7E:
        raise RequestRefused(400, "H1-05", "this is no request")
    end = buffer.find(b"\r\n\r\n", 0, limits.head + 1)
    seen = bytes(buffer[: end + 2 if end >= 0 else limits.head + 1])
    _check_size(seen, limits, whole=end >= 0)
    if _stray.search(seen):
        raise RequestRefused(400, "H1-02", "lines end in CR and LF, and neither stands alone")
    line, more, rest = seen.partition(b"\r\n")
    if not more:
        return None
    method, path, version = _request_line(line)
    if end < 0:
        return None
    lines = rest.split(b"\r\n")[:-1]
    request = _request(method, path, version, lines, limits)
    del buffer[: end + 4]
    return request


def _check_size(seen: bytes, limits: Limits, *, whole: bool) -> None:
    """Raise RequestRefused for a head that is too long already: 501 for a method, 414 for a target, 431 for the
    rest."""
    line = seen.partition(b"\r\n")[0]
    if b" " not in line[: LONGEST_METHOD + 1] and len(line) > LONGEST_METHOD:
        raise RequestRefused(501, "H1-16", f"no method has more than {LONGEST_METHOD} bytes")
    if len(line) > limits.request_line:
        raise RequestRefused(414, "H1-11", f"a request line has at most {limits.request_line} bytes")
    if not whole and len(seen) > limits.head:
        raise RequestRefused(431, "H1-33", f"a head has at most {limits.head} bytes")


def _request_line(line: bytes) -> tuple[bytes, bytes, str]:
    """Method, target and version; any 1.x beyond 1.1 counts as 1.1 (RFC 9110, section 6.2). Raises RequestRefused."""
    match = _line.fullmatch(line)
    if match is None:
        raise RequestRefused(400, "H1-13", "the first line is no request line")
    method, path, major, minor = match.groups()
    if major != b"1":
        raise RequestRefused(505, "H1-07", "the versions here are HTTP/1.0 and HTTP/1.1")
    return method, path, "1.0" if minor == b"0" else "1.1"


def _request(method: bytes, path: bytes, version: str, lines: list[bytes], limits: Limits) -> Request:
    if len(lines) > limits.fields:
        raise RequestRefused(431, "H1-33", f"a head has at most {limits.fields} fields")
    if any(len(line) > limits.field for line in lines):
        raise RequestRefused(431, "H1-33", f"a field line has at most {limits.field} bytes")
    if any(line[:1] in (b" ", b"\t") for line in lines):
        raise RequestRefused(400, "H1-28", "a line begins with white space")
    if not all(_value.fullmatch(line.partition(b":")[2]) for line in lines):
        raise RequestRefused(400, "H1-32", "a value has a control character")
    _check_coding(lines, version)
    protocol = h11.Connection(h11.SERVER)
    head = b"\r\n".join([b"%s %s HTTP/%s" % (method, path, version.encode()), *lines, b"", b""])
    try:
        protocol.receive_data(head)
        event = protocol.next_event()
    except h11.RemoteProtocolError as error:
        # h11 quotes the request in its message, and an answer never does (LINE-01).
        raise RequestRefused(400, _clause_of(str(error)), "the head is invalid") from None
    assert isinstance(event, h11.Request)
    fields = tuple((bytes(name), bytes(value)) for name, value in event.headers)
    where = target.parsed(method, path)
    if not all(target.is_authority(value) for name, value in fields if name == b"host"):
        raise RequestRefused(400, "H1-19", "the value of Host is no host")
    request = Request(method.decode(), where, version, _with_host(fields, where), _length(fields), protocol)
    if version == "1.1" and set(request.words(b"expect")) - {"100-continue"}:
        raise RequestRefused(417, "SEM-20", "the only expectation here is 100-continue")
    return request


def _check_coding(lines: list[bytes], version: str) -> None:
    """Raise RequestRefused for a transfer coding other than ``chunked``, and for one together with a
    Content-Length."""
    fields = [(name.lower(), value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]
    codings = [value.lower() for name, value in fields if name == b"transfer-encoding"]
    if not codings:
        return
    if version == "1.0":
        raise RequestRefused(400, "FRAME-11", "HTTP/1.0 has no Transfer-Encoding")
    if any(name == b"content-length" for name, _ in fields):
        raise RequestRefused(400, "FRAME-05", "Content-Length and Transfer-Encoding stand together")
    if codings == [b"chunked"]:
        return
    words = [word.strip(b" \t") for word in b",".join(codings).split(b",")]
    if not all(_token.fullmatch(word) for word in words):
        raise RequestRefused(400, "FRAME-08", "Transfer-Encoding is no list of transfer codings")
    if any(word not in KNOWN_CODINGS for word in words):
        raise RequestRefused(501, "FRAME-07", "the only transfer coding here is chunked")
    if words.count(b"chunked") > 1:
        raise RequestRefused(400, "FRAME-09", "chunked stands twice")
    if words[-1] != b"chunked":
        raise RequestRefused(400, "FRAME-06", "chunked is the last transfer coding")
    raise RequestRefused(501, "FRAME-07", "the only transfer coding here is chunked")


def _length(fields: tuple[tuple[bytes, bytes], ...]) -> int | None:
    found = dict(fields)
    return None if b"transfer-encoding" in found else int(found.get(b"content-length", b"0"))


def _with_host(fields: tuple[tuple[bytes, bytes], ...], where: RequestTarget) -> tuple[tuple[bytes, bytes], ...]:
    """The fields, with Host replaced if the target has an authority of its own (RFC 9112, section 3.2.2)."""
    if where.authority is None:
        return fields
    others = [(name, value) for name, value in fields if name != b"host"]
    return ((b"host", where.authority), *others)


def _clause_of(words: str) -> str:
    """The clause that an error message of h11 is about."""
    if "Host" in words:
        return "H1-18" if "multiple" in words else "H1-17"
    return "FRAME-01" if "Content-Length" in words else "H1-29"
