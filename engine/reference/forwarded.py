"""The client that a trusted proxy reports: X-Forwarded-For and X-Forwarded-Proto."""

from __future__ import annotations

import ipaddress
import re

from .head import Request
from .options import Options

Address = tuple[str, int]

# An address, in brackets before a port if it is one of IPv6.
_member = re.compile(r"\[(?P<six>[^]]*)\](?::(?P<port>[0-9]{1,5}))?|(?P<four>[^:]*):(?P<other>[0-9]{1,5})|(?P<bare>.*)")
_SCHEMES = {"http": "http", "ws": "http", "https": "https", "wss": "https"}


def forwarded(request: Request, client: Address | None, scheme: str, options: Options) -> tuple[Address | None, str]:
    """The client and the scheme, as the peer ``client`` says if it is trusted."""
    if not trusts(client, options):
        return client, scheme
    return forwarded_for(request, options) or client, forwarded_proto(request) or scheme


def trusts(client: Address | None, options: Options) -> bool:
    """True if a peer is a trusted proxy."""
    return options.trust_proxy or (client is not None and within(client[0], options.trusted))


def forwarded_for(request: Request, options: Options) -> Address | None:
    """The client in X-Forwarded-For, with port 0 if it has none; None if it is no address.

    Each proxy has added its own client behind the others. So the client is the last address that is no trusted proxy,
    since anybody can have sent those before it.
    """
    members = b",".join(request.values(b"x-forwarded-for")).decode("latin-1").split(",")
    found = None
    for member in reversed([word for member in members if (word := member.strip(" \t"))]):
        found = address(member)
        if found is None or not trusts(found, options):
            break
    return found


def address(text: str) -> Address | None:
    """An address with or without a port; None if it is neither."""
    match = _member.fullmatch(text)
    if match is None:
        return None
    host = next(host for name in ("six", "four", "bare") if (host := match[name]) is not None)
    port = int(match["port"] or match["other"] or 0)
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    wrong = port > 65535 or ((found.version == 4) != (match["six"] is None) and match["bare"] is None)
    return None if wrong else (str(found), port)


def forwarded_proto(request: Request) -> str | None:
    """The scheme of X-Forwarded-Proto; None if it is neither http nor https."""
    found = request.words(b"x-forwarded-proto")
    return _SCHEMES.get(found[0]) if len(found) == 1 else None


def within(host: str, trusted: str) -> bool:
    """True if a host is in one of the networks of a list with commas."""
    networks = [ipaddress.ip_network(word.strip()) for word in trusted.split(",") if word.strip()]
    return any(ipaddress.ip_address(host) in network for network in networks)
