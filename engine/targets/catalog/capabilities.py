"""Capabilities of a server: offered, claimed, and found by a probe. Pure.

A case names its ``needs`` in these words. A capability that a server does not claim is unsupported there, once the
probe has confirmed its absence. A claim that the probe does not confirm is reported as refuted; the cases run, and
fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

UVLOOP = "uvloop"
RELOAD = "reload"

# Words of `needs` that stand for an extension of ASGI, by the extension's own name in the scope.
OF_HTTP: Mapping[str, str] = {
    "trailers": "http.response.trailers",
    "pathsend": "http.response.pathsend",
    "zerocopysend": "http.response.zerocopysend",
    "early-hint": "http.response.early_hint",
    "push": "http.response.push",
}
OF_TLS: Mapping[str, str] = {"tls-extension": "tls"}
OF_WEBSOCKET: Mapping[str, str] = {"denial-response": "websocket.http.response"}

WORDS: Mapping[str, str] = {
    "lifespan": "the application is called for the lifespan protocol",
    "state": "scope carries what the lifespan put into its state",
    "websocket": "a WebSocket is opened",
    "deflate": "permessage-deflate is taken where a client offers it",
    "denial-response": "an application may answer a handshake with a response of its own",
    "http2": "HTTP/2 is spoken, without TLS to a client that knows so beforehand, or with TLS",
    "extended-connect": "a WebSocket is opened over HTTP/2, by CONNECT with :protocol",
    "tls": "TLS is spoken where the server is started with certificates",
    "tls-extension": "scope says of a connection with TLS what was agreed on",
    "trailers": "trailers may be sent to a client that takes them",
    "pathsend": "a file may be sent by its path",
    "zerocopysend": "a file may be sent by its descriptor",
    "early-hint": "an application may send 103",
    "push": "an application may push a response",
    UVLOOP: "it runs on uvloop",
    RELOAD: "SIGHUP has workers replaced by new ones, where there are several",
}


@dataclass(frozen=True, slots=True)
class Probed:
    """The capabilities that a probe looked for, and those that it found."""

    looked: frozenset[str] = frozenset()
    found: frozenset[str] = frozenset()


NOTHING = Probed()


def real(claims: Set[str], probed: Probed) -> frozenset[str]:
    """The capabilities that a server offers: those found, and of the claims those that the probe did not look for."""
    return frozenset(claims - probed.looked | probed.found)


def refuted(claims: Set[str], probed: Probed) -> tuple[str, ...]:
    """The claims that a probe found wrong, a sentence each."""
    absent = sorted(claims & probed.looked - probed.found)
    there = sorted(probed.found - claims)
    return tuple(
        [f"{word} is claimed, and the probe found none" for word in absent]
        + [f"{word} is not claimed, and the probe found it" for word in there]
    )
