"""Faults in the scope of a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from ..events import OFFERED
from ..scope import below, scope_of, subprotocols
from ..service import ServerState
from .base import OWN, Install, Mutant, Scope, everywhere, replaced, scopes


def _set(**values: Any) -> Callable[[Scope], None]:
    return lambda scope: scope.update(values)


def _lose(*names: str, kind: str = "") -> Callable[[Scope], None]:
    def change(scope: Scope) -> None:
        if kind in ("", scope["type"]):
            for name in names:
                scope.pop(name, None)

    return change


def _on(name: str, alter: Callable[[Any], Any], kind: str = "") -> Callable[[Scope], None]:
    """A change of one value of the scope, if it is there."""

    def change(scope: Scope) -> None:
        if name in scope and kind in ("", scope["type"]):
            scope[name] = alter(scope[name])

    return change


def _path(alter: Callable[[bytes], str]) -> Callable[[Scope], None]:
    """A path made from the raw one in another way."""

    def change(scope: Scope) -> None:
        scope["path"] = alter(scope["raw_path"])

    return change


def _each(alter: Callable[[bytes, bytes], Any]) -> Callable[[Scope], None]:
    """A change of each header, except that of the engine; None drops it."""

    def change(scope: Scope) -> None:
        found = [(name, value) if name == OWN else alter(name, value) for name, value in scope["headers"]]
        scope["headers"] = [pair for pair in found if pair is not None]

    return change


def _latest(*names: str) -> Callable[[Scope], None]:
    """The scopes of all calls have some values of the latest one."""
    earlier: list[Scope] = []

    def change(scope: Scope) -> None:
        for one in earlier:
            one.update({name: scope[name] for name in names if name in scope})
        earlier.append(scope)
        del earlier[:-100]

    return change


def _one_list() -> Install:
    fields: list[tuple[bytes, bytes]] = []

    def change(scope: Scope) -> None:
        fields[:] = scope["headers"]
        scope["headers"] = fields

    return scopes(change)


def _offered_everywhere(scope: Scope) -> None:
    scope["extensions"] = {name: {} for names in OFFERED.values() for name in names}


def _port_as_text(scope: Scope) -> None:
    host, port = scope["client"]
    scope["client"] = (host, str(port))


def _swapped_ends(scope: Scope) -> None:
    scope["client"], scope["server"] = scope["server"], scope["client"]


def _query_in_path(scope: Scope) -> None:
    if scope["query_string"]:
        scope["path"] += "?" + scope["query_string"].decode("latin-1")


def _query_in_raw_path(scope: Scope) -> None:
    if scope["query_string"]:
        scope["raw_path"] += b"?" + scope["query_string"]


def _joined(*names: bytes) -> Callable[[Scope], None]:
    """Headers of one name become one; of these names only, or of all."""

    def change(scope: Scope) -> None:
        values: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            values.setdefault(name, []).append(value)
        found: list[tuple[bytes, bytes]] = []
        for name, several in values.items():
            together = name in names or not names
            found += [(name, b", ".join(several))] if together else [(name, value) for value in several]
        scope["headers"] = found

    return change


def _last_of_a_name(scope: Scope) -> None:
    scope["headers"] = list(dict(scope["headers"]).items())


def _keys_missing(scope: Scope) -> None:
    scope.pop("query_string" if scope["type"] == "http" else "asgi")


def _crowded(scope: Scope) -> None:
    if "state" in scope:
        scope["state"]["server"] = "reference"


def _shared(right: Any) -> Any:
    def scope_of_shared(request: Any, kind: str, ends: Any, state: Any, *rest: Any, **more: Any) -> Scope:
        scope: Scope = right(request, kind, ends, state, *rest, **more)
        return {**scope, "state": state} if state is not None else scope

    return scope_of_shared


def _one_copy(right: Any) -> Any:
    copies: dict[int, Scope] = {}

    def scope_of_copy(request: Any, kind: str, ends: Any, state: Any, *rest: Any, **more: Any) -> Scope:
        scope: Scope = right(request, kind, ends, state, *rest, **more)
        return {**scope, "state": copies.setdefault(id(state), scope["state"])} if state is not None else scope

    return scope_of_copy


def _one_context() -> Install:
    import asyncio  # noqa: PLC0415 (with the context that it is for)
    import contextvars  # noqa: PLC0415

    shared = contextvars.Context()

    def wrong(right: Any) -> Any:
        def call(self: ServerState, scope: Scope, receive: Any, send: Any) -> Any:
            async def run() -> None:
                await self.app(scope, receive, send)

            task = asyncio.get_running_loop().create_task(run(), context=shared)
            self.calls.add(task)
            task.add_done_callback(self.calls.discard)
            return task

        return call

    return replaced(ServerState, "call", wrong)


def _small_first(right: Any) -> Any:
    return lambda request: [word.lower() for word in right(request)]


def _first_line(right: Any) -> Any:
    return lambda request: [word.strip() for word in request.values(b"sec-websocket-protocol")[0].decode().split(",")] \
        if request.values(b"sec-websocket-protocol") else []  # fmt: skip


def _not_split(right: Any) -> Any:
    return lambda request: [value.decode("latin-1") for value in request.values(b"sec-websocket-protocol")]


def _root_twice(right: Any) -> Any:
    return lambda root, path: root + path


def _root_never(right: Any) -> Any:
    return lambda root, path: path


def _squeezed(raw: bytes) -> str:
    path = unquote(raw.decode("latin-1"))
    while "//" in path:
        path = path.replace("//", "/")
    return path


def _resolved(raw: bytes) -> str:
    parts: list[str] = []
    for part in unquote(raw.decode("latin-1")).split("/")[1:]:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/" + "/".join(parts)


MUTANTS: Mapping[str, Mutant] = {
    "scope-type-http1": Mutant(
        "the type of an HTTP scope is `http1`", scopes(_on("type", lambda kind: "http1", "http"), probes=False)
    ),
    "scope-asgi-2": Mutant("the scope says that it is of ASGI 2", scopes(_set(asgi={"version": "2.0"}))),
    "scope-asgi-text": Mutant("asgi is the version as text", scopes(_set(asgi="3.0"))),
    "scope-asgi-missing": Mutant("an HTTP scope has no asgi", scopes(_lose("asgi", kind="http"))),
    "scope-version-number": Mutant("asgi's version is a number", scopes(_set(asgi={"version": 3.0}))),
    "scope-scheme-ftp": Mutant("the scheme is `ftp`", scopes(_set(scheme="ftp"))),
    "scope-scheme-upper": Mutant("the scheme is in capitals", scopes(_on("scheme", str.upper))),
    "scope-scheme-http-for-ws": Mutant(
        "the scheme of a WebSocket is `http`", scopes(_on("scheme", lambda one: one.replace("ws", "http"), "websocket"))
    ),
    "scope-keys-missing": Mutant("the scope has no query_string, and a WebSocket's no asgi", scopes(_keys_missing)),
    "scope-headers-counted": Mutant(
        "each header has its number as a third item",
        scopes(_on("headers", lambda pairs: [(*pair, number) for number, pair in enumerate(pairs)])),
    ),
    "scope-headers-dict": Mutant("headers is a dict", scopes(_on("headers", dict), probes=False)),
    "scope-headers-generator": Mutant(
        "headers is an iterator, which is empty when it is read again", scopes(_on("headers", iter), probes=False)
    ),
    "scope-root-path-slash": Mutant("root_path is a slash where there is none", scopes(_set(root_path="/"))),
    "scope-root-path-lost": Mutant("root_path is always empty", scopes(_set(root_path=""))),
    "scope-root-path-none": Mutant("root_path is None", scopes(_set(root_path=None))),
    "root-path-put-twice": Mutant("the root path is put before a path that has it", everywhere(below, _root_twice)),
    "root-path-not-in-path": Mutant("the path has no root path", everywhere(below, _root_never)),
    "scope-query-marked": Mutant(
        "query_string begins with its question mark", scopes(_on("query_string", lambda query: b"?" + query))
    ),
    "scope-query-text": Mutant(
        "query_string is text", scopes(_on("query_string", lambda query: query.decode("latin-1")))
    ),
    "scope-version-always-1-1": Mutant("http_version is always 1.1", scopes(_set(http_version="1.1"))),
    "version-1": Mutant(
        "HTTP/1.0 is called 1", scopes(_on("http_version", lambda version: version.removesuffix(".0")))
    ),
    "scope-version-with-name": Mutant(
        "http_version is HTTP/1.1", scopes(_on("http_version", lambda version: f"HTTP/{version}"))
    ),
    "scope-method-get": Mutant("the method is always GET", scopes(_on("method", lambda method: "GET"))),
    "scope-method-lower": Mutant("the method is in lower case", scopes(_on("method", str.lower), probes=False)),
    "scope-method-bytes": Mutant("the method is bytes", scopes(_on("method", str.encode), probes=False)),
    "scope-method-head-is-get": Mutant(
        "HEAD is GET for the application", scopes(_on("method", lambda method: method.replace("HEAD", "GET")))
    ),
    "scope-path-raw": Mutant("the path is not decoded", scopes(_path(lambda raw: raw.decode("latin-1")))),
    "path-decoded-twice": Mutant("the path is decoded twice", scopes(_on("path", unquote))),
    "scope-path-plus": Mutant(
        "a plus sign in the path becomes a space",
        scopes(_path(lambda raw: unquote(raw.replace(b"+", b" ").decode("latin-1")))),
    ),
    "scope-path-latin-1": Mutant(
        "the path is decoded from Latin-1", scopes(_path(lambda raw: unquote_to_bytes(raw).decode("latin-1")))
    ),
    "scope-path-query": Mutant("the query stays in the path", scopes(_query_in_path)),
    "scope-path-squeezed": Mutant("slashes that follow each other in the path become one", scopes(_path(_squeezed))),
    "scope-path-resolved": Mutant("dot segments of the path are resolved", scopes(_path(_resolved))),
    "scope-path-lower": Mutant("the path is in lower case", scopes(_on("path", str.lower))),
    "scope-path-without-slash": Mutant(
        "a slash at the end of the path is removed", scopes(_on("path", lambda path: path.rstrip("/") or "/"))
    ),
    "scope-path-cut-at-semicolon": Mutant(
        "the path ends at a semicolon", scopes(_on("path", lambda path: path.partition(";")[0]))
    ),
    "scope-raw-path-decoded": Mutant("raw_path is decoded", scopes(_on("raw_path", unquote_to_bytes))),
    "scope-raw-path-text": Mutant("raw_path is text", scopes(_on("raw_path", lambda raw: raw.decode("latin-1")))),
    "scope-raw-path-with-query": Mutant("raw_path has the query", scopes(_query_in_raw_path)),
    "scope-query-decoded": Mutant("query_string is decoded", scopes(_on("query_string", unquote_to_bytes))),
    "scope-query-plus": Mutant(
        "plus signs in query_string become spaces", scopes(_on("query_string", lambda query: query.replace(b"+", b" ")))
    ),
    "scope-query-cut": Mutant(
        "query_string ends at its second question mark",
        scopes(_on("query_string", lambda query: query.partition(b"?")[0])),
    ),
    "scope-query-none": Mutant(
        "query_string is None where there is none", scopes(_on("query_string", lambda query: query or None))
    ),
    "scope-headers-text": Mutant(
        "header names and values are text",
        scopes(
            _on("headers", lambda pairs: [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs])
        ),
    ),
    "scope-headers-reversed": Mutant(
        "headers come in reverse order", scopes(_on("headers", lambda pairs: pairs[::-1]))
    ),
    "scope-headers-sorted": Mutant("headers are sorted", scopes(_on("headers", sorted))),
    "scope-headers-joined": Mutant("headers of one name are joined by commas", scopes(_joined())),
    "scope-cookies-joined": Mutant("Cookie lines are joined by a comma", scopes(_joined(b"cookie"))),
    "scope-headers-last": Mutant("the last header of a name replaces the others", scopes(_last_of_a_name)),
    "scope-headers-upper": Mutant(
        "header names come in capitals", scopes(_each(lambda name, value: (name.upper(), value)))
    ),
    "scope-headers-cgi": Mutant(
        "hyphens in header names become underscores",
        scopes(_each(lambda name, value: (name.replace(b"-", b"_"), value))),
    ),
    "scope-headers-dropped": Mutant(
        "headers whose names begin with x- are dropped",
        scopes(_each(lambda name, value: None if name.startswith(b"x-") else (name, value))),
    ),
    "scope-empty-headers-dropped": Mutant(
        "headers without a value are dropped", scopes(_each(lambda name, value: (name, value) if value else None))
    ),
    "scope-headers-values-lower": Mutant(
        "header values come in lower case", scopes(_each(lambda name, value: (name, value.lower())))
    ),
    "values-padded": Mutant(
        "white space behind a header's value is kept", scopes(_each(lambda name, value: (name, value + b" ")))
    ),
    "scope-headers-utf-8": Mutant(
        "bytes of a header's value that are no UTF-8 are replaced",
        scopes(_each(lambda name, value: (name, value.decode("utf-8", "replace").encode()))),
    ),
    "length-passed-on-as-0": Mutant(
        "the scope has Content-Length 0 for every request with one",
        scopes(_each(lambda name, value: (name, b"0" if name == b"content-length" else value))),
    ),
    "scope-host-lost": Mutant(
        "the scope has no Host", scopes(_each(lambda name, value: None if name == b"host" else (name, value)))
    ),
    "scope-path-of-the-latest": Mutant(
        "the scope of a call under way gets the target and the method of the next call",
        scopes(_latest("path", "raw_path", "query_string", "method")),
    ),
    "scope-fields-of-the-latest": Mutant(
        "the scope of a call under way gets the fields of the next call", scopes(_latest("headers"))
    ),
    "scope-fields-one-list": Mutant("the fields of all scopes are one list, which each request fills", _one_list()),
    "scope-spec-version-3": Mutant(
        "spec_version of a request and of a WebSocket is that of ASGI",
        scopes(_on("asgi", lambda asgi: {**asgi, "spec_version": asgi["version"]})),
    ),
    "ws-spec-version-13": Mutant(
        "spec_version of a WebSocket is the version of its handshake",
        scopes(_on("asgi", lambda asgi: {**asgi, "spec_version": "13"}, "websocket")),
    ),
    "extensions-of-all-types": Mutant("every scope offers the extensions of all types", scopes(_offered_everywhere)),
    "client-port-text": Mutant("the client's port is text", scopes(_port_as_text)),
    "client-one-text": Mutant(
        "the client is one text, host:port", scopes(_on("client", lambda end: f"{end[0]}:{end[1]}"))
    ),
    "client-port-0": Mutant("the client's port is 0", scopes(_on("client", lambda end: (end[0], 0)))),
    "client-none": Mutant("the client is None", scopes(_set(client=None))),
    "scope-server-missing-port": Mutant(
        "server is a list of only the host", scopes(_on("server", lambda end: [end[0]]))
    ),
    "scope-server-name": Mutant(
        "the server's host is a name, and not its address", scopes(_on("server", lambda end: ("localhost", end[1])))
    ),
    "scope-server-port-80": Mutant("the server's port is 80", scopes(_on("server", lambda end: (end[0], 80)))),
    "ends-swapped": Mutant("client is the server's address, and server the client's", scopes(_swapped_ends)),
    "websocket-without-query": Mutant(
        "a WebSocket's scope has no query_string", scopes(_lose("query_string", kind="websocket"))
    ),
    "ws-scope-query-empty": Mutant(
        "a WebSocket's query_string is always empty", scopes(_on("query_string", lambda query: b"", "websocket"))
    ),
    "ws-scope-type-http": Mutant(
        "a WebSocket's scope has the subprotocols of one and the method of a request",
        scopes(_on("type", lambda kind: "http", "websocket")),
    ),
    "ws-scope-with-method": Mutant(
        "a WebSocket's scope has no subprotocols", scopes(_lose("subprotocols", kind="websocket"))
    ),
    "scope-subprotocols-reversed": Mutant(
        "the subprotocols come in reverse order", scopes(_on("subprotocols", lambda words: words[::-1]))
    ),
    "subprotocols-lower": Mutant("the subprotocols come in lower case", everywhere(subprotocols, _small_first)),
    "subprotocols-first-line": Mutant(
        "only the first line of subprotocols counts", everywhere(subprotocols, _first_line)
    ),
    "subprotocols-not-split": Mutant("a line of several subprotocols is one", everywhere(subprotocols, _not_split)),
    "state-shared": Mutant("every request is given the lifespan's state itself", everywhere(scope_of, _shared)),
    "state-one-copy": Mutant("all requests share one copy of the lifespan's state", everywhere(scope_of, _one_copy)),
    "state-missing": Mutant("no scope has a state", scopes(_lose("state"))),
    "state-empty": Mutant("the state of a request is empty", scopes(_on("state", lambda state: {}))),
    "state-crowded": Mutant("the server keeps a name of its own in the state", scopes(_crowded)),
    "state-not-in-websockets": Mutant("a WebSocket's scope has no state", scopes(_lose("state", kind="websocket"))),
    "context-shared": Mutant("all calls run in one context", _one_context()),
    "extensions-lost": Mutant("the scope names no extension", scopes(_set(extensions={}))),
    "forwarded-believed": Mutant(
        "X-Forwarded-For is the client, whoever sent it",
        scopes(
            lambda scope: (
                scope.update(client=(dict(scope["headers"])[b"x-forwarded-for"].decode("latin-1"), 0))
                if b"x-forwarded-for" in dict(scope["headers"])
                else None
            )
        ),
    ),
}
