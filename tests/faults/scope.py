"""The scope of a request or a WebSocket, right, or with the one fault that is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import h11

from .switches import PROBE, Switch

Ends = tuple[tuple[str, int], tuple[str, int]]


def scope_of(
    request: h11.Request,
    kind: str,
    ends: Ends,
    state: Mapping[str, Any] | None,
    switch: Switch,
    *,
    secure: bool = False,
    tls: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The connection scope; ``kind`` is ``http`` or ``websocket``, ``ends`` the
    client's and the server's addresses, ``state`` the lifespan's, None without one. ``secure`` says that TLS is spoken,
    and ``tls`` what its extension has, None for none."""
    target = re.sub(rb"^https?://[^/?]*", b"", request.target, flags=re.I) or b"/"
    raw_path, _, query = target.partition(b"?")
    scope: dict[str, Any] = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": request.http_version.decode("ascii"),
        "scheme": ("ws" if kind == "websocket" else "http") + "s" * (secure and not switch("tls-scheme-http")),
        "path": unquote(raw_path.decode("ascii")),
        "raw_path": bytes(raw_path),
        "query_string": bytes(query),
        "root_path": "",
        "headers": [(bytes(name), bytes(value)) for name, value in request.headers],
        "client": ends[0],
        "server": ends[1],
        "extensions": {} if tls is None else {"tls": dict(tls)},
    }
    if kind == "http":
        scope["method"] = request.method.decode("ascii")
    else:
        offers = [value for name, value in request.headers if name == b"sec-websocket-protocol"]
        scope["subprotocols"] = [word.strip() for word in b",".join(offers).decode("ascii").split(",") if word.strip()]
    if state is not None:
        scope["state"] = state if switch("state-shared") else dict(state)
    spoil(scope, request, switch)
    return scope


def spoil(scope: dict[str, Any], request: h11.Request, switch: Switch) -> None:
    """Put the fault that is on into a scope that is right."""
    path, query = scope["raw_path"].decode("ascii"), scope["query_string"]
    headers = scope["headers"]
    if switch("scope-type-http1") and scope["type"] == "http" and request.target != PROBE:
        scope["type"] = "http1"
    if switch("scope-asgi-2"):
        scope["asgi"] = {"version": "2.0"}
    if switch("scope-asgi-text"):
        scope["asgi"] = "3.0"
    if switch("scope-scheme-ftp"):
        scope["scheme"] = "ftp"
    if switch("scope-keys-missing"):
        scope.pop("query_string" if scope["type"] == "http" else "asgi")
    if switch("scope-root-path-slash"):
        scope["root_path"] = "/"
    if switch("scope-query-marked"):
        scope["query_string"] = b"?" + query
    if switch("scope-version-1.1"):
        scope["http_version"] = "1.1"
    if switch("scope-method-get") and "method" in scope:
        scope["method"] = "GET"
    if switch("scope-path-raw"):
        scope["path"] = path
    if switch("scope-path-twice"):
        scope["path"] = unquote(scope["path"])
    if switch("scope-path-plus"):
        scope["path"] = unquote(path.replace("+", " "))
    if switch("scope-path-query") and query:
        scope["path"] += "?" + query.decode("ascii")
    if switch("scope-raw-path-decoded"):
        scope["raw_path"] = unquote_to_bytes(path)
    if switch("scope-query-decoded"):
        scope["query_string"] = unquote_to_bytes(query)
    if switch("scope-query-cut"):
        scope["query_string"] = query.partition(b"?")[0]
    if switch("scope-headers-text"):
        scope["headers"] = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    if switch("scope-headers-counted"):
        scope["headers"] = [(*pair, number) for number, pair in enumerate(headers)]
    if switch("scope-headers-dict") and request.target != PROBE:
        scope["headers"] = dict(headers)
    if switch("scope-headers-reversed"):
        scope["headers"] = headers[::-1]
    if switch("scope-headers-joined"):
        joined: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            joined.setdefault(name, []).append(value)
        scope["headers"] = [(name, b", ".join(values)) for name, values in joined.items()]
    if switch("scope-headers-upper"):
        scope["headers"] = [(name.upper(), value) for name, value in headers]
    if switch("scope-headers-dropped"):
        scope["headers"] = [(n, v) for n, v in headers if not n.startswith(b"x-") or n == b"x-engine-call"]
    if switch("scope-headers-padded"):
        scope["headers"] = [(n, v + b" " if n.startswith(b"x-") and n != b"x-engine-call" else v) for n, v in headers]
    if switch("scope-client-port-text"):
        scope["client"] = [scope["client"][0], str(scope["client"][1])]
    if switch("scope-server-missing-port"):
        scope["server"] = [scope["server"][0]]
    if switch("scope-ends-swapped"):
        scope["client"], scope["server"] = scope["server"], scope["client"]
    if switch("scope-subprotocols-reversed") and "subprotocols" in scope:
        scope["subprotocols"].reverse()
    if switch("ws-scope-no-query") and scope["type"] == "websocket":
        scope["query_string"] = b""
    if switch("state-crowded") and "state" in scope:
        scope["state"]["server"] = "small"
    if switch("state-missing"):
        scope.pop("state", None)
