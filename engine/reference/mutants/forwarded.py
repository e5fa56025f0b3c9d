"""Faults in what a trusted proxy says of its client: X-Forwarded-For and X-Forwarded-Proto."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .. import forwarded
from ..forwarded import Address
from ..scope import scope_of
from .base import Install, Mutant, Scope, everywhere, replaced, scopes

_space = re.compile(rb",(?! )")
_FOR, _PROTO = b"x-forwarded-for", b"x-forwarded-proto"


def _fields(right: Any, change: Callable[[list[bytes]], list[bytes]]) -> Any:
    """The function with other lines of X-Forwarded-For."""

    def wrong(request: Any, options: Any) -> Any:
        lines = change(request.values(_FOR))
        others = [(name, value) for name, value in request.fields if name != _FOR]
        return right(replace(request, fields=[*others, *((_FOR, line) for line in lines)]), options)

    return wrong


def _client_from(change: Callable[[list[bytes]], list[bytes]]) -> Install:
    return replaced(forwarded, "forwarded_for", lambda right: _fields(right, change))


def _members(lines: list[bytes]) -> list[bytes]:
    return [member for line in lines for member in line.split(b",") if member.strip()]


def _addresses(change: Callable[[str], Address | None]) -> Install:
    """Where ``change`` has no other address, the right one."""

    def wrong(right: Any) -> Any:
        return lambda text: change(text) or right(text)

    return replaced(forwarded, "address", wrong)


def _joined_by_first_colon(text: str) -> Address | None:
    host, colon, _ = text.partition(":")
    return (host, 0) if colon and host else None


def _without_port(right: Any) -> Any:
    return lambda text: (found[0], 0) if (found := right(text)) else None


def _said(name: bytes, scope: Scope) -> str:
    value: bytes = dict(scope["headers"]).get(name, b"")
    return value.decode("latin-1")


def _scheme_as_sent(kind: str) -> Install:
    def change(scope: Scope) -> None:
        if scope["type"] == kind and _said(_PROTO, scope):
            scope["scheme"] = _said(_PROTO, scope)

    return scopes(change, probes=False)


def _port_unchecked(scope: Scope) -> None:
    if port := _said(b"x-forwarded-port", scope):
        int(port)


def _not_utf_8(scope: Scope) -> None:
    for name, value in scope["headers"]:
        if name.startswith(b"x-forwarded-"):
            value.decode()


def _websocket_plain(scope: Scope) -> None:
    if scope["type"] == "websocket":
        scope["scheme"] = "ws"


def _websocket_only_https(scope: Scope) -> None:
    if scope["type"] == "websocket" and _said(_PROTO, scope) == "wss":
        scope["scheme"] = "ws"


def _scheme_beside_a_client(scope: Scope) -> None:
    if not _said(_FOR, scope):
        scope["scheme"] = {"https": "http", "wss": "ws"}.get(scope["scheme"], scope["scheme"])


def _scheme_remembered(right: Any) -> Any:
    """Like a protocol object that keeps the scheme of its last request."""
    found: dict[Any, str] = {}

    def wrong(request: Any, kind: str, ends: Any, *more: Any, **names: Any) -> Any:
        scope = right(request, kind, ends, *more, **names)
        if kind == "http":
            scope["scheme"] = found.setdefault(ends, scope["scheme"]) if _said(_PROTO, scope) == "" else scope["scheme"]
            found[ends] = scope["scheme"]
        return scope

    return wrong


def _client_remembered(right: Any) -> Any:
    """Like a protocol object that keeps the client of its last request."""
    found: dict[Any, Any] = {}

    def wrong(request: Any, kind: str, ends: Any, *more: Any, **names: Any) -> Any:
        scope = right(request, kind, ends, *more, **names)
        if scope["client"] != ends[0]:
            found[ends] = scope["client"]
        scope["client"] = found.get(ends, scope["client"])
        return scope

    return wrong


def _websocket_client_of_the_peer(right: Any) -> Any:
    def wrong(request: Any, kind: str, ends: Any, *more: Any, **names: Any) -> Any:
        scope = right(request, kind, ends, *more, **names)
        if kind == "websocket":
            scope["client"] = ends[0]
        return scope

    return wrong


def _as_text(scope: Scope) -> None:
    if value := _said(_FOR, scope):
        first = value.split(",")[0].strip()
        if forwarded.address(first) is None:
            scope["client"] = (first, 0)


def _empty(scope: Scope) -> None:
    if _FOR in dict(scope["headers"]) and not _said(_FOR, scope).strip(" ,"):
        scope["client"] = ("", 0)


def _believed_in_websockets(scope: Scope) -> None:
    if scope["type"] == "websocket" and _said(_FOR, scope):
        scope["client"] = (_said(_FOR, scope), 0)


def _forwarded_believed(scope: Scope) -> None:
    if value := _said(b"forwarded", scope):
        scope["client"] = (value.split("=")[1].split(";")[0], 0)


def _ssl_believed(scope: Scope) -> None:
    if _said(b"x-forwarded-ssl", scope) == "on":
        scope["scheme"] = "https"


def _networks_as_text(right: Any) -> Any:
    return lambda host, trusted: host in [word.strip() for word in trusted.split(",")]


def _one_network(right: Any) -> Any:
    return lambda host, trusted: right(host, trusted.split(",")[0])


def _first(right: Any) -> Any:
    """Like a server that takes the first address, whoever wrote it."""

    def wrong(request: Any, options: Any) -> Any:
        return right(request, replace(options, trust_proxy=True))

    return wrong


def _last(right: Any) -> Any:
    return _fields(right, lambda lines: _members(lines)[-1:])


MUTANTS: Mapping[str, Mutant] = {
    "forwarded-port-unchecked": Mutant("X-Forwarded-Port that is no number is an error", scopes(_port_unchecked)),
    "forwarded-fields-as-utf-8": Mutant("X-Forwarded fields that are not UTF-8 are an error", scopes(_not_utf_8)),
    "forwarded-port-lost": Mutant("the port in X-Forwarded-For is lost", replaced(forwarded, "address", _without_port)),
    "forwarded-cut-at-a-colon": Mutant(
        "an address in X-Forwarded-For ends before its first colon", _addresses(_joined_by_first_colon)
    ),
    "forwarded-brackets-kept": Mutant(
        "an address in brackets keeps them",
        _addresses(lambda text: (text, 0) if text.startswith("[") and text.endswith("]") else None),
    ),
    "forwarded-space-kept": Mutant(
        "an address in a list keeps the tab before the comma",
        _client_from(lambda lines: [line.replace(b" \t,", b"\t.0,") for line in lines]),
    ),
    "forwarded-list-is-one": Mutant(
        "a list in X-Forwarded-For is no address",
        _client_from(lambda lines: [line for line in lines if b"," not in line]),
    ),
    "forwarded-needs-comma-and-space": Mutant(
        "a list is split only at a comma with a space",
        _client_from(
            lambda lines: [b".".join(line.replace(b", ", b"\0").split(b",")).replace(b"\0", b", ") for line in lines]
        ),
    ),
    "forwarded-last-line": Mutant("only the last line X-Forwarded-For is read", _client_from(lambda lines: lines[-1:])),
    "forwarded-first-line": Mutant(
        "only the first line X-Forwarded-For is read", _client_from(lambda lines: lines[:1])
    ),
    "forwarded-first-address": Mutant(
        "the client is the first address in X-Forwarded-For, whoever wrote it",
        replaced(forwarded, "forwarded_for", _first),
    ),
    "forwarded-last-address": Mutant(
        "the client is the last address in X-Forwarded-For, although a trusted proxy has it",
        replaced(forwarded, "forwarded_for", _last),
    ),
    "forwarded-text-is-a-client": Mutant("any text in X-Forwarded-For is the client", scopes(_as_text, probes=False)),
    "forwarded-empty-client": Mutant(
        "an empty X-Forwarded-For makes a client without a name", scopes(_empty, probes=False)
    ),
    "forwarded-not-in-websockets": Mutant(
        "X-Forwarded-For does not change the client of a WebSocket",
        everywhere(scope_of, _websocket_client_of_the_peer),
    ),
    "forwarded-proto-as-sent": Mutant("X-Forwarded-Proto is the scheme, whatever it says", _scheme_as_sent("http")),
    "forwarded-proto-as-sent-in-websockets": Mutant(
        "X-Forwarded-Proto is the scheme of a WebSocket as well: https", _scheme_as_sent("websocket")
    ),
    "forwarded-proto-not-in-websockets": Mutant(
        "the scheme of a WebSocket is always ws", scopes(_websocket_plain, probes=False)
    ),
    "forwarded-proto-wss-unknown": Mutant(
        "X-Forwarded-Proto: wss does not make the scheme of a WebSocket wss", scopes(_websocket_only_https)
    ),
    "forwarded-proto-beside-for": Mutant(
        "X-Forwarded-Proto counts only together with X-Forwarded-For", scopes(_scheme_beside_a_client)
    ),
    "forwarded-proto-unused": Mutant(
        "X-Forwarded-Proto is ignored", replaced(forwarded, "forwarded_proto", lambda right: lambda request: None)
    ),
    "forwarded-scheme-remembered": Mutant(
        "the scheme of a request is that of the next one on its connection", everywhere(scope_of, _scheme_remembered)
    ),
    "forwarded-client-remembered": Mutant(
        "the client of a request is that of the next one on its connection", everywhere(scope_of, _client_remembered)
    ),
    "forwarded-believed-in-websockets": Mutant(
        "X-Forwarded-For is the client of a WebSocket, whoever sent it", scopes(_believed_in_websockets)
    ),
    "forwarded-rfc7239-believed": Mutant("Forwarded is the client, whoever sent it", scopes(_forwarded_believed)),
    "forwarded-ssl-believed": Mutant("X-Forwarded-SSL is the scheme, whoever sent it", scopes(_ssl_believed)),
    "forwarded-networks-as-text": Mutant(
        "a network of trusted proxies is compared as text", replaced(forwarded, "within", _networks_as_text)
    ),
    "forwarded-one-network": Mutant(
        "only the first of the trusted networks counts", replaced(forwarded, "within", _one_network)
    ),
}
