"""The parameters of a FastCGI request: what a case gives, and what a web server would add (RFC 3875, section 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from engine.protocols.fastcgi import Pair
from engine.steps.shared.sending import ENGINE_HEADER

CALL = b"HTTP_" + ENGINE_HEADER.upper().replace(b"-", b"_")


def completed(
    given: Sequence[Pair], *, host: str, peer: tuple[str, object], token: str, defaults: bool, without: Iterable[str]
) -> list[Pair]:
    """A request's parameters: those of the case in their order, the defaults with other names, and last the engine's
    own.

    ``host`` is the Host header's value, ``peer`` this side's address and port, ``token`` identifies the call. Without
    ``defaults`` there are only the case's parameters and the engine's; ``without`` are names of defaults to omit.
    """
    known = {name.decode("latin-1"): value for name, value in given}
    added = _defaults(known, host, peer) if defaults else {}
    left_out = {*without, *known}
    more = [(name.encode(), value) for name, value in added.items() if name not in left_out]
    own = [] if CALL.decode() in left_out else [(CALL, token.encode())]
    return [*given, *more, *own]


def _defaults(known: Mapping[str, bytes], host: str, peer: tuple[str, object]) -> dict[str, bytes]:
    """The parameters of a web server for a GET of ``/``, as far as the case sets none."""
    name, _, port = host.rpartition(":")
    script = known.get("SCRIPT_NAME", b"")
    query = known.get("QUERY_STRING", b"")
    target = quote(script + known.get("PATH_INFO", b"/"), safe="/:@!$&'()*+,;=~-._").encode()
    return {
        "GATEWAY_INTERFACE": b"CGI/1.1",
        "REQUEST_METHOD": b"GET",
        "SCRIPT_NAME": b"",
        "PATH_INFO": b"/",
        "QUERY_STRING": b"",
        "REQUEST_URI": target + (b"?" + query if query else b""),
        "REQUEST_SCHEME": b"http",
        "SERVER_PROTOCOL": b"HTTP/1.1",
        "SERVER_SOFTWARE": b"engine",
        "SERVER_NAME": (name or host).encode(),
        "SERVER_PORT": (port if name else "80").encode(),
        "REMOTE_ADDR": peer[0].encode(),
        "REMOTE_PORT": str(peer[1]).encode(),
        "HTTP_HOST": host.encode(),
    }
