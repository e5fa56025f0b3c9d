"""Faults of the strict FastCGI server between records and the application: the environ, the body, and responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

from .. import fastcgi, fastcgi_calls
from ..fastcgi import KIB
from ..fastcgi_calls import End
from .base_values import Install, Mutant, replaced

Environ = MutableMapping[str, Any]
Fields = list[tuple[str, str]]

_last_query = [""]


def _pairs(change: Callable[[list[tuple[bytes, bytes]]], list[tuple[bytes, bytes]]]) -> Install:
    """Change the parameters of each request."""
    return _inputs(lambda pairs, body: (change(pairs), body))


def _inputs(change: Callable[[Any, bytes], tuple[Any, bytes]]) -> Install:
    """Change the parameters and the body of each request."""

    def wrong(right: Any) -> Any:
        return lambda pairs, body: right(*change(pairs, body))

    return replaced(fastcgi, "environ_of", wrong)


def _environ(change: Callable[[Environ], object]) -> Install:
    """Change the environ of each call."""

    def wrong(right: Any) -> Any:
        def environ_of(pairs: Any, body: bytes) -> Environ:
            environ: Environ = right(pairs, body)
            change(environ)
            return environ

        return environ_of

    return replaced(fastcgi, "environ_of", wrong)


def _heads(change: Callable[[str, Fields], tuple[str, Fields]]) -> Install:
    """Change the status and the fields of each response."""

    def wrong(right: Any) -> Any:
        return lambda status, fields: right(*change(status, fields))

    return replaced(fastcgi_calls, "head_of", wrong)


def _fields(change: Callable[[Fields], Fields]) -> Install:
    return _heads(lambda status, fields: (status, change(fields)))


def _apps(wrap: Callable[[Any], Any]) -> Install:
    """Call the application through a wrapper."""

    def wrong(right: Any) -> Any:
        return lambda app, environ, out: right(wrap(app), environ, out)

    return replaced(fastcgi, "play", wrong)


def _played(wrong: Callable[[Any], Any]) -> Install:
    return replaced(fastcgi, "play", wrong)


def _length_of_body(pairs: Any, body: bytes) -> tuple[Any, bytes]:
    others = [(name, value) for name, value in pairs if name != b"CONTENT_LENGTH"]
    return ([*others, (b"CONTENT_LENGTH", b"%d" % len(body))] if body else pairs), body


def _needed(name: str) -> Install:
    """The application is called only with a variable."""
    return _environ(lambda environ: environ[name])


def _pairs_needed(name: bytes) -> Install:
    return _inputs(lambda pairs, body: ([*pairs][dict(pairs)[name] is None :], body))


def _raises_with_200(app: Any) -> Any:
    def wrong(environ: Any, start_response: Any) -> Any:
        try:
            return app(environ, start_response)
        except Exception:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return []

    return wrong


def _needs_a_body(right: Any) -> Any:
    def play(app: Any, environ: Any, out: Callable[[bytes], object]) -> End:
        put: list[bytes] = []

        def noted(data: bytes) -> None:
            put.append(data)
            out(data)

        end: End = right(app, environ, noted)
        bare = not put and end.rest.endswith(b"\r\n\r\n")
        return End(b"" if bare else end.rest, end.status, end.broken)

    return play


def _buffered(right: Any) -> Any:
    def play(app: Any, environ: Any, out: Callable[[bytes], object]) -> End:
        kept: list[bytes] = []
        end: End = right(app, environ, kept.append)
        return End(b"".join(kept) + end.rest, end.status, end.broken)

    return play


def _unread_breaks_off(right: Any) -> Any:
    def play(app: Any, environ: Any, out: Callable[[bytes], object]) -> End:
        body = environ["wsgi.input"]

        def unread() -> bool:
            return bool(body.tell() < body.getbuffer().nbytes)

        end: End = right(app, environ, lambda data: None if unread() else out(data))
        return End(end.rest, end.status, end.broken or unread())

    return play


def _not_closed(app: Any) -> Any:
    return lambda environ, start_response: iter(app(environ, start_response))


def _without(name: str) -> Install:
    return _fields(lambda fields: [field for field in fields if field[0].lower() != name])


def _status_line(right: Any) -> Any:
    return lambda status, fields: right(status, fields).replace(b"Status: ", b"HTTP/1.1 ", 1)


def _set(name: str, value: str) -> Install:
    return _environ(lambda environ: environ.update({name: value}))


def _decode(name: str) -> Install:
    def change(environ: Environ) -> None:
        environ[name] = unquote_to_bytes(environ.get(name, "").encode("latin-1")).decode("latin-1")

    return _environ(change)


def _cut(name: str, at: str) -> Install:
    def change(environ: Environ) -> None:
        if name in environ:
            environ[name] = environ[name].partition(at)[0]

    return _environ(change)


def _path_raw(environ: Environ) -> None:
    environ["PATH_INFO"] = environ.get("REQUEST_URI", "").partition("?")[0]


def _no_query(environ: Environ) -> None:
    if not environ.get("QUERY_STRING"):
        environ.pop("QUERY_STRING", None)


def _texts(environ: Environ) -> None:
    for name, value in environ.items():
        if isinstance(value, str) and not name.startswith("wsgi."):
            environ[name] = value.encode("latin-1").decode("utf-8", "replace")


def _own(environ: Environ) -> list[str]:
    """The variables of a client's own fields, without those of the engine."""
    return [name for name in environ if name.startswith("HTTP_X_") and not name.startswith("HTTP_X_ENGINE")]


def _custom_lost(environ: Environ) -> None:
    for name in _own(environ):
        del environ[name]


def _first_values(environ: Environ) -> None:
    for name in _own(environ):
        environ[name] = environ[name].partition(",")[0]


def _mixed(environ: Environ) -> None:
    query = environ.get("QUERY_STRING", "")
    if query:
        environ["QUERY_STRING"], _last_query[0] = _last_query[0] or query, query


MUTANTS: Mapping[str, Mutant] = {
    "empty-values-dropped": Mutant(
        "parameters without a value are dropped", _pairs(lambda ps: [p for p in ps if p[1]])
    ),
    "last-parameter-lost": Mutant("the last parameter is lost", _pairs(lambda pairs: pairs[:-1])),
    "values-cut": Mutant(
        "a parameter's value is cut after 100 bytes", _pairs(lambda ps: [(n, v[:100]) for n, v in ps])
    ),
    "stdin-cut": Mutant(
        "the last byte of a body of more than 64 KiB is lost",
        _inputs(lambda pairs, body: (pairs, body[:-1] if len(body) > 64 * KIB else body)),
    ),
    "body-lost": Mutant("the body is empty", _inputs(lambda pairs, body: (pairs, b""))),
    "stdin-is-the-length": Mutant("CONTENT_LENGTH is the length of STDIN", _inputs(_length_of_body)),
    "status-200": Mutant("the Status field is always 200", _heads(lambda status, fields: ("200 OK", fields))),
    "reason-lost": Mutant(
        "the Status field has no phrase", _heads(lambda status, fields: (status.partition(" ")[0], fields))
    ),
    "status-in-a-status-line": Mutant(
        "the head begins with a status line", replaced(fastcgi_calls, "head_of", _status_line)
    ),
    "no-content-type": Mutant("Content-Type is left out", _without("content-type")),
    "no-content-length": Mutant("Content-Length is left out", _without("content-length")),
    "last-of-a-name": Mutant(
        "of several fields of one name the last one is sent",
        _fields(lambda fields: list({name.lower(): (name, value) for name, value in fields}.values())),
    ),
    "few-fields": Mutant("the first fifty fields of a response are sent", _fields(lambda fields: fields[:50])),
    "fields-cut": Mutant(
        "a field's value is cut after 1,000 bytes",
        _fields(lambda fields: [(name, value[:1000]) for name, value in fields]),
    ),
    "exception-is-200": Mutant("an application that raises has answered with 200", _apps(_raises_with_200)),
    "head-with-a-body": Mutant(
        "a head is sent with the first piece of its body, and never without", _played(_needs_a_body)
    ),
    "buffered": Mutant("a response is kept until the application has ended", _played(_buffered)),
    "body-not-closed": Mutant("close() of the application's iterable is not called", _apps(_not_closed)),
    "unread-breaks-off": Mutant(
        "the connection is closed if the application leaves a part of the body", _played(_unread_breaks_off)
    ),
    "path-raw": Mutant("PATH_INFO is not decoded", _environ(_path_raw)),
    "path-twice": Mutant("PATH_INFO is decoded twice", _decode("PATH_INFO")),
    "path-plus": Mutant(
        "a plus sign in PATH_INFO becomes a space",
        _environ(lambda environ: environ.update(PATH_INFO=environ.get("PATH_INFO", "").replace("+", " "))),
    ),
    "request-uri-decoded": Mutant("REQUEST_URI is decoded", _decode("REQUEST_URI")),
    "script-name-slash": Mutant("SCRIPT_NAME is a slash", _set("SCRIPT_NAME", "/")),
    "empty-query-left-out": Mutant("there is no QUERY_STRING if it is empty", _environ(_no_query)),
    "query-decoded": Mutant("QUERY_STRING is decoded", _decode("QUERY_STRING")),
    "query-cut": Mutant("QUERY_STRING ends at its first question mark", _cut("QUERY_STRING", "?")),
    "query-lost": Mutant("QUERY_STRING is always empty", _set("QUERY_STRING", "")),
    "query-of-another": Mutant("QUERY_STRING is that of the request before", _environ(_mixed)),
    "length-without-a-body": Mutant(
        "CONTENT_LENGTH is 1 if there is no body",
        _environ(lambda environ: environ.update(CONTENT_LENGTH=environ.get("CONTENT_LENGTH") or "1")),
    ),
    "type-lost": Mutant(
        "CONTENT_TYPE is empty", _environ(lambda environ: environ.update(CONTENT_TYPE="", HTTP_CONTENT_TYPE=""))
    ),
    "method-get": Mutant("REQUEST_METHOD is always GET", _set("REQUEST_METHOD", "GET")),
    "first-value-only": Mutant("of the values of a field X- the first one counts", _environ(_first_values)),
    "first-cookie-only": Mutant("of several cookies the first one counts", _cut("HTTP_COOKIE", ";")),
    "values-as-utf-8": Mutant("values are decoded from UTF-8", _environ(_texts)),
    "custom-lost": Mutant("fields X- are dropped", _environ(_custom_lost)),
    "protocol-1-1": Mutant("SERVER_PROTOCOL is always HTTP/1.1", _set("SERVER_PROTOCOL", "HTTP/1.1")),
    "content-type-twice": Mutant(
        "a second Content-Type follows that of the application",
        _fields(lambda fields: [*fields, ("Content-Type", "text/html")]),
    ),
    "status-twice": Mutant("the status stands in two fields", _fields(lambda fields: [("Status", "200 OK"), *fields])),
    "remote-addr-needed": Mutant("a request without REMOTE_ADDR is no request", _needed("REMOTE_ADDR")),
    "query-needed": Mutant("a request without QUERY_STRING is no request", _needed("QUERY_STRING")),
    "request-uri-needed": Mutant("a request without REQUEST_URI is no request", _needed("REQUEST_URI")),
    "script-name-needed": Mutant("a request without SCRIPT_NAME is no request", _pairs_needed(b"SCRIPT_NAME")),
    "host-needed": Mutant("a request without Host is no request", _needed("HTTP_HOST")),
}
