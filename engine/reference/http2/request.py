"""A field section as a request (RFC 9113, sections 8.1 to 8.5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..head import Request
from ..refused import RequestRefused
from ..target import is_authority, parsed
from .faults import ErrorCode, StreamFault
from .response import Parts
from .tables import Field

PSEUDO = (b":method", b":scheme", b":authority", b":path")
PROTOCOL = b":protocol"
WEBSOCKET = b"websocket"
OF_THE_CONNECTION = (b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade")

_name = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_method = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_scheme = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*")
_path = re.compile(rb"/[\x21-\x7e]*")
_value = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True, slots=True)
class Http2Request(Request):
    """A valid request. ``protocol`` collects the parts of the response. ``opens_websocket`` is true for the handshake
    of RFC 8441."""

    protocol: Parts
    opens_websocket: bool = False

    @property
    def expects(self) -> bool:
        """True if the client waits for 100 (Continue) before it sends its body."""
        return "100-continue" in self.words(b"expect")


def request_of(stream: int, fields: Sequence[Field], *, ended: bool) -> Http2Request:
    """The request of a field section; ``ended`` if no body follows. Raises StreamFault for a malformed one, and
    RequestRefused for one that is answered with a status."""
    pseudo, others = split(stream, fields)
    for name in pseudo:
        if name not in (*PSEUDO, PROTOCOL):
            raise _malformed(stream, "H2-63", f"a request has no pseudo-header field {name!r}")
    method = pseudo.get(b":method", b"")
    if not _method.fullmatch(method):
        raise _malformed(stream, "H2-62", "a request has one method")
    extended = PROTOCOL in pseudo
    if extended and method != b"CONNECT":
        raise _malformed(stream, "H2WS-05", "only CONNECT has a protocol")
    if method == b"CONNECT" and not extended:
        if b":scheme" in pseudo or b":path" in pseudo or b":authority" not in pseudo:
            raise _malformed(stream, "H2-68", "CONNECT has an authority, and no scheme and no path")
        raise RequestRefused(501, "SEM-39", "there are no tunnels here")
    path = pseudo.get(b":path", b"")
    if not _scheme.fullmatch(pseudo.get(b":scheme", b"")) or not path:
        raise _malformed(stream, "H2-62", "a request has a scheme and a path")
    if not _path.fullmatch(path) and (path, method) != (b"*", b"OPTIONS"):
        raise _malformed(stream, "H2-64", "a path begins with a slash, and has no spaces")
    if extended:
        return _tunnel(stream, path, others, pseudo)
    length = _length(stream, others, ended=ended)
    others = _with_host(stream, _with_one_cookie(others), pseudo.get(b":authority"))
    return Http2Request(method.decode(), parsed(method, path), "2", tuple(others), length, Parts())


def _tunnel(stream: int, path: bytes, others: list[Field], pseudo: dict[bytes, bytes]) -> Http2Request:
    """The request of an extended CONNECT. Raises StreamFault, and RequestRefused for a protocol that is unknown."""
    if b":authority" not in pseudo:
        raise _malformed(stream, "H2WS-04", "CONNECT with a protocol has an authority")
    if pseudo[PROTOCOL] != WEBSOCKET:
        raise RequestRefused(501, "H2WS-06", "the only protocol of a tunnel here is websocket")
    fields = _with_host(stream, _with_one_cookie(others), pseudo[b":authority"])
    return Http2Request("CONNECT", parsed(b"GET", path), "2", tuple(fields), None, Parts(), opens_websocket=True)


def split(stream: int, fields: Sequence[Field], *, trailers: bool = False) -> tuple[dict[bytes, bytes], list[Field]]:
    """The pseudo-header fields by name, and the others, each checked. Raises StreamFault."""
    pseudo: dict[bytes, bytes] = {}
    others: list[Field] = []
    for name, value in fields:
        if not _value.fullmatch(value) or value != value.strip(b" \t"):
            raise _malformed(stream, "H2-57", "a value has a control character, or white space around it")
        if name.startswith(b":"):
            if trailers:
                raise _malformed(stream, "H2-54", "trailers have no pseudo-header fields")
            if others:
                raise _malformed(stream, "H2-60", "pseudo-header fields stand before the others")
            if name in pseudo:
                raise _malformed(stream, "H2-61", f"{name!r} stands twice")
            pseudo[name] = value
        elif not _name.fullmatch(name):
            raise _malformed(stream, "H2-56", f"{name!r} is no name of a field")
        elif name in OF_THE_CONNECTION:
            raise _malformed(stream, "H2-58", f"{name!r} is about a connection of HTTP/1.1")
        elif name == b"te" and value != b"trailers":
            raise _malformed(stream, "H2-59", "TE can only be trailers")
        else:
            others.append((name, value))
    return pseudo, others


def _length(stream: int, fields: Sequence[Field], *, ended: bool) -> int | None:
    """The length of the body, None if it is not stated."""
    values = [value for name, value in fields if name == b"content-length"]
    if not values:
        return 0 if ended else None
    if len(values) > 1 or not values[0].isdigit() or len(values[0]) > 20:
        raise _malformed(stream, "H2-53", "Content-Length is one number")
    if ended and int(values[0]):
        raise _malformed(stream, "H2-53", "the body is shorter than its Content-Length")
    return int(values[0])


def _with_host(stream: int, fields: list[Field], authority: bytes | None) -> list[Field]:
    """The fields with :authority as Host, which comes first (SCOPE-28)."""
    hosts = [value for name, value in fields if name == b"host"]
    if len(hosts) > 1:
        raise _malformed(stream, "H2-66", "Host stands twice")
    if authority is None:
        authority = hosts[0] if hosts else b""
    elif hosts and hosts[0].lower() != authority.lower():
        raise _malformed(stream, "H2-66", "Host and :authority differ")
    if not authority or not is_authority(authority):
        raise _malformed(stream, "H2-65", "the authority is no host")
    return [(b"host", authority), *((name, value) for name, value in fields if name != b"host")]


def _with_one_cookie(fields: list[Field]) -> list[Field]:
    """The fields with the crumbs of Cookie together, at the place of the first (section 8.2.3)."""
    crumbs = [value for name, value in fields if name == b"cookie"]
    if len(crumbs) < 2:
        return fields
    at = next(number for number, (name, _) in enumerate(fields) if name == b"cookie")
    others = [field for field in fields if field[0] != b"cookie"]
    return [*others[:at], (b"cookie", b"; ".join(crumbs)), *others[at:]]


def _malformed(stream: int, clause: str, why: str) -> StreamFault:
    return StreamFault(stream, ErrorCode.PROTOCOL_ERROR, clause, why)
