"""A WebSocket's opening handshake, as far as it does not depend on the application (RFC 6455, section 4.2).

A request without the fields of a handshake is no attempt at one, and goes to the application as ``http``; an invalid
attempt is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeaderValue
from websockets.http11 import Request as Handshake

from .deflate import Deflates
from .fields import Fields, without
from .frames import Protocol
from .head import Request
from .refused import RequestRefused

VERSION = (b"sec-websocket-version", b"13")
UPGRADE = (b"upgrade", b"websocket")
# Only the server may set these fields of the answer.
OWN = (b"connection", b"upgrade", b"sec-websocket-accept", b"sec-websocket-extensions")
NO_KEY = b"AAAAAAAAAAAAAAAAAAAAAA=="
"""A key where the handshake has none; its hash is not sent."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A handshake that can be accepted: the protocol that begins with it, and the fields of the answer to it."""

    protocol: Protocol
    fields: Fields


def is_handshake(request: Request) -> bool:
    """True if a request attempts a WebSocket handshake (WS-01 to WS-04, SEM-36, SEM-38)."""
    return (
        request.method == "GET"
        and request.version == "1.1"
        and "upgrade" in request.words(b"connection")
        and "websocket" in request.words(b"upgrade")
    )


def opened(request: Request, message_limit: int) -> Opening:
    """The outcome of the handshake, if the application accepts it. ``message_limit`` is in bytes. Raises
    RequestRefused."""
    versions = request.values(b"sec-websocket-version")
    if len(versions) > 1:
        raise RequestRefused(400, "WS-07", "Sec-WebSocket-Version stands twice")
    if versions != [VERSION[1]]:
        why = "the only version of the WebSocket protocol here is 13"
        raise RequestRefused(426, "WS-08", why, VERSION, UPGRADE, (b"connection", b"upgrade"))
    protocol = Protocol(message_limit, [Deflates()])
    fields = [(name.decode(), value.decode("latin-1")) for name, value in request.fields if name != b"upgrade"]
    try:
        headers = Headers(fields)
    except InvalidHeaderValue as error:  # a control character
        raise RequestRefused(400, "H1-32", str(error)) from None
    headers["Upgrade"] = "websocket"  # the one of the list that matters
    response = protocol.accept(Handshake("/", headers))
    if response.status_code != 101:
        why = (response.body or b"").decode("utf-8", "replace").strip().rpartition("connection: ")[2]
        raise RequestRefused(response.status_code, _clause_of(request, why), why)
    return Opening(protocol, [(name.encode(), value.encode()) for name, value in response.headers.raw_items()])


def negotiated(request: Request, message_limit: int) -> Opening:
    """As ``opened``, over HTTP/2 (RFC 8441, section 5), where the handshake has no key and no upgrade."""
    versions = request.values(b"sec-websocket-version")
    if versions != [VERSION[1]]:
        raise RequestRefused(400, "WS-08", "the only version of the WebSocket protocol here is 13", VERSION)
    added = [UPGRADE, (b"connection", b"upgrade"), (b"sec-websocket-key", NO_KEY)]
    kept = [field for field in request.fields if field[0] not in (b"sec-websocket-key", *OWN[:2])]
    found = opened(replace(request, method="GET", version="1.1", fields=(*kept, *added)), message_limit)
    return Opening(found.protocol, without(found.fields, *OWN[:3]))


def _clause_of(request: Request, words: str) -> str:
    """The clause that an error message of websockets is about."""
    if "Sec-WebSocket-Key" not in words:
        return "WS-51" if "Extensions" in words else "WSA-05"
    return {0: "WS-05", 1: "WS-06"}.get(len(request.values(b"sec-websocket-key")), "WS-07")
