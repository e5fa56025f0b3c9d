"""The client and the path in an application's call, through ASGI or WSGI."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model.boundary import AppCall

WSGI = "wsgi"


def root_path(call: AppCall) -> object:
    """The path at which the application is mounted: ``root_path`` (ASGI), ``SCRIPT_NAME`` (PEP 3333)."""
    return call.scope.get("SCRIPT_NAME" if call.type == WSGI else "root_path")


def scheme(call: AppCall) -> object:
    """The scheme of the URL: ``scheme`` (ASGI), ``wsgi.url_scheme`` (PEP 3333)."""
    return call.scope.get("wsgi.url_scheme" if call.type == WSGI else "scheme")


def client(call: AppCall) -> list[object]:
    """The host and the port of the client, as far as the application got them: ``client`` (ASGI), ``REMOTE_ADDR`` and
    ``REMOTE_PORT`` (RFC 3875, 4.1.8; the port is usual, and in no standard)."""
    if call.type != WSGI:
        found = call.scope.get("client")
        return list(found) if isinstance(found, Sequence) and not isinstance(found, str) else []
    host, port = call.scope.get("REMOTE_ADDR"), str(call.scope.get("REMOTE_PORT", ""))
    return [host, *([int(port)] if port.isdigit() else [])]
