"""The faults of the small FastCGI server between records and application: environ, and the head of a response."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from urllib.parse import unquote_to_bytes

Environ = MutableMapping[str, str]
Fields = list[tuple[str, str]]

_last_query = [""]


def _set(name: str, value: str) -> Callable[[Environ], None]:
    def change(environ: Environ) -> None:
        environ[name] = value

    return change


def _decode(name: str) -> Callable[[Environ], None]:
    def change(environ: Environ) -> None:
        environ[name] = unquote_to_bytes(environ.get(name, "").encode("latin-1")).decode("latin-1")

    return change


def _cut(name: str, at: str) -> Callable[[Environ], None]:
    def change(environ: Environ) -> None:
        if name in environ:
            environ[name] = environ[name].partition(at)[0]

    return change


def _path_raw(environ: Environ) -> None:
    environ["PATH_INFO"] = environ.get("REQUEST_URI", "").partition("?")[0]


def _no_query(environ: Environ) -> None:
    if not environ.get("QUERY_STRING"):
        environ.pop("QUERY_STRING", None)


def _length(environ: Environ) -> None:
    environ["CONTENT_LENGTH"] = environ.get("CONTENT_LENGTH") or "1"


def _text(environ: Environ) -> None:
    for name, value in environ.items():
        environ[name] = value.encode("latin-1").decode("utf-8", "replace")


def _own(environ: Environ) -> list[str]:
    """The variables that hold a client's own fields, those of the engine left out."""
    return [name for name in environ if name.startswith("HTTP_X_") and not name.startswith("HTTP_X_ENGINE")]


def _custom(environ: Environ) -> None:
    for name in _own(environ):
        del environ[name]


def _first_values(environ: Environ) -> None:
    for name in _own(environ):
        environ[name] = environ[name].partition(",")[0]


def _mixed(environ: Environ) -> None:
    query = environ.get("QUERY_STRING", "")
    if query:
        environ["QUERY_STRING"], _last_query[0] = _last_query[0] or query, query


ENVIRON: dict[str, Callable[[Environ], None]] = {
    "path-raw": _path_raw,
    "path-twice": _decode("PATH_INFO"),
    "path-plus": lambda environ: environ.update(PATH_INFO=environ.get("PATH_INFO", "").replace("+", " ")),
    "request-uri-decoded": _decode("REQUEST_URI"),
    "script-name-slash": _set("SCRIPT_NAME", "/"),
    "empty-query-left-out": _no_query,
    "query-decoded": _decode("QUERY_STRING"),
    "query-cut": _cut("QUERY_STRING", "?"),
    "query-lost": _set("QUERY_STRING", ""),
    "query-of-another": _mixed,
    "length-without-a-body": _length,
    "type-lost": lambda environ: environ.update(CONTENT_TYPE="", HTTP_CONTENT_TYPE=""),
    "method-get": _set("REQUEST_METHOD", "GET"),
    "first-value-only": _first_values,
    "first-cookie-only": _cut("HTTP_COOKIE", ";"),
    "values-as-utf-8": _text,
    "custom-lost": _custom,
    "protocol-1.1": _set("SERVER_PROTOCOL", "HTTP/1.1"),
}


def head(fault: str, status: str, fields: Fields) -> tuple[str, Fields]:
    """A response's first line and its fields, with a fault or none."""
    line = "Status: " + status
    match fault:
        case "status-200":
            line = "Status: 200 OK"
        case "status-in-a-status-line":
            line = f"HTTP/1.1 {status}"
        case "reason-lost":
            line = "Status: " + status.partition(" ")[0]
        case "no-content-type" | "no-content-length":
            fields = [field for field in fields if field[0].lower() != fault.removeprefix("no-")]
        case "last-of-a-name":
            fields = list({name.lower(): (name, value) for name, value in fields}.values())
        case "few-fields":
            fields = fields[:50]
        case "fields-cut":
            fields = [(name, value[:1000]) for name, value in fields]
    return line, fields
