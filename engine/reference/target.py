"""A request's target and its Host (RFC 9112, sections 3.2 and 3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from .refused import RequestRefused

# RFC 3986, section 3.2.2: an IP literal in brackets, or a registered name, which an IPv4 address also is.
_host = rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)"
_authority = re.compile(_host + rb"(?::[0-9]*)?")
_tunnel = re.compile(_host + rb":([0-9]{1,5})")
_absolute = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE)
_broken_escape = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """The target of a request. ``raw_path`` and ``query`` are as they were sent, ``path`` is decoded once.

    ``authority`` is that of a target in absolute form, which takes precedence over Host; None otherwise.
    """

    path: str
    raw_path: bytes
    query: bytes
    authority: bytes | None = None


def parsed(method: bytes, target: bytes) -> RequestTarget:
    """The target of a request. Raises RequestRefused for an invalid form, and for every CONNECT, since this is no
    proxy."""
    if method == b"CONNECT":
        raise _tunnel_refused(target)
    if target == b"*":
        if method != b"OPTIONS":
            raise RequestRefused(400, "H1-24", "the target * is only for OPTIONS")
        return RequestTarget("*", b"*", b"")
    if b"#" in target:
        raise RequestRefused(400, "SCOPE-17", "a target has no fragment")
    if target.startswith(b"/"):
        return _split(target, None)
    if (match := _absolute.fullmatch(target)) is None:
        raise RequestRefused(400, "H1-26", "a target begins with a slash, or is a whole http URI")
    authority, rest = match.groups()
    if not authority or not is_authority(authority):
        raise RequestRefused(400, "H1-21", "the target's host is no host")
    return _split(rest if rest.startswith(b"/") else b"/" + rest, authority)


def is_authority(value: bytes) -> bool:
    """True if the value of a Host field is one (section 3.2); it may be empty."""
    return _authority.fullmatch(value) is not None


def _split(target: bytes, authority: bytes | None) -> RequestTarget:
    raw_path, _, query = target.partition(b"?")
    if _broken_escape.search(raw_path):
        raise RequestRefused(400, "SCOPE-09", "a percent sign in the path is followed by two hexadecimal digits")
    # Bytes that are no UTF-8 are in a path by right, and str cannot hold them: raw_path keeps what was sent.
    return RequestTarget(unquote_to_bytes(raw_path).decode("utf-8", "replace"), raw_path, query, authority)


def _tunnel_refused(target: bytes) -> RequestRefused:
    match = _tunnel.fullmatch(target)
    if match is None or not 0 < int(match[1]) < 65536:
        return RequestRefused(400, "SEM-40", "the target of CONNECT is a host and a port")
    return RequestRefused(501, "SEM-39", "there are no tunnels here")
