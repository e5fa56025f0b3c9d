"""The scope of a request. Every scope is created from new objects, including its lists, so none can leak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .events import OFFERED
from .forwarded import forwarded
from .head import Request
from .options import Options
from .stream import Ends

Scope = dict[str, Any]
State = Mapping[str, Any]

SPEC_VERSION = "2.5"


def scope_of(
    request: Request, kind: str, ends: Ends, state: State | None, options: Options, *, tls: Scope | None = None
) -> Scope:
    """The scope of a request; ``kind`` is ``http`` or ``websocket``. ``state`` is the lifespan's, None without one, and
    ``tls`` the extension of that name, None without TLS."""
    client, server = ends
    scheme = "http" if tls is None else "https"
    client, scheme = forwarded(request, client, scheme, options)
    scope: Scope = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": SPEC_VERSION},
        "http_version": request.version,
        "scheme": scheme if kind == "http" else {"http": "ws", "https": "wss"}[scheme],
        "path": below(options.root_path, request.target.path),
        "raw_path": request.target.raw_path,
        "query_string": request.target.query,
        "root_path": options.root_path,
        "headers": list(request.fields),
        "client": client,
        "server": server,
        "extensions": {name: {} for name in OFFERED[kind]},
    }
    if kind == "http":
        # ASGI has it in upper case; PEP 3333 leaves it as it is.
        scope["method"] = request.method if options.interface == "wsgi" else request.method.upper()
    else:
        scope["subprotocols"] = subprotocols(request)
    if tls is not None:
        scope["extensions"]["tls"] = {**tls, "client_cert_chain": list(tls["client_cert_chain"])}
    if state is not None:
        scope["state"] = dict(state)
    return scope


def below(root: str, path: str) -> str:
    """A path that begins with the root path, which a proxy may have removed."""
    there = not root or path == root or path.startswith(root + "/")
    return path if there or path == "*" else root + path


def subprotocols(request: Request) -> list[str]:
    """The subprotocols that a client offers, from all its lines, in order; their letter case counts."""
    members = b",".join(request.values(b"sec-websocket-protocol")).decode("latin-1").split(",")
    return [word for member in members if (word := member.strip(" \t"))]
