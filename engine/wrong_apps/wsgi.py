"""The wrong WSGI app of a service: the bare WSGI app with the fault that the environment names."""

from __future__ import annotations

import functools
import io
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from . import boundary
from .base import Wrong, right_app

Environ = dict[str, Any]
WsgiApp = Callable[..., Any]
Start = tuple[str, list[tuple[str, str]]]
Response = tuple[Start, Any]
Alter = Callable[[Start, list[bytes]], Response]
Wrap = Callable[[WsgiApp], WsgiApp]

PAUSE = 0.05  # seconds, in which another request comes


def on(path: str, alter: Alter, method: str = "") -> Wrap:
    """Change the response on a path, or on those below it; of one method, or of all."""

    def wrap(inner: WsgiApp) -> WsgiApp:
        def app(environ: Environ, start_response: Callable[..., Any]) -> Any:
            if not environ["PATH_INFO"].startswith(path) or method not in ("", environ["REQUEST_METHOD"]):
                return inner(environ, start_response)
            started: list[Start] = []
            pieces = list(inner(environ, lambda status, headers: started.append((status, headers))))
            (status, headers), body = alter(started[0], pieces)
            start_response(status, headers)
            return body

        return app

    return wrap


def instead(path: str, app_of_path: WsgiApp) -> Wrap:
    """Another application on a path."""

    def wrap(inner: WsgiApp) -> WsgiApp:
        return lambda environ, start: (app_of_path if environ["PATH_INFO"] == path else inner)(environ, start)

    return wrap


def reading(change: Callable[[Environ], Environ]) -> Wrap:
    """Change the environ that the app is given."""

    def wrap(inner: WsgiApp) -> WsgiApp:
        return lambda environ, start: inner(change(dict(environ)), start)

    return wrap


def needing(name: str) -> Callable[[Environ], Environ]:
    """The app raises KeyError without a variable."""

    def change(environ: Environ) -> Environ:
        environ[name] = environ[name]
        return environ

    return change


def by_another(method: str) -> Callable[[Environ], Environ]:
    """The body is read by a method that PEP 3333 does not list, where the server has it."""

    def change(environ: Environ) -> Environ:
        found = getattr(environ["wsgi.input"], method, None)
        size = int(environ.get("CONTENT_LENGTH") or 0)
        if found is not None and size:
            buffer = bytearray(size)
            body = bytes(buffer[: found(buffer) or 0]) if method == "readinto" else found(size)
            environ["wsgi.input"] = io.BytesIO(body)
        return environ

    return change


def without(start: Start, name: str) -> Start:
    return start[0], [pair for pair in start[1] if pair[0] != name]


def of_json(change: Callable[[Any], Any]) -> Alter:
    """Change the JSON of a response."""

    def alter(start: Start, pieces: list[bytes]) -> Response:
        return without(start, "Content-Length"), [json.dumps(change(json.loads(b"".join(pieces)))).encode()]

    return alter


def header(name: str, value: str) -> Alter:
    """Another value of a header."""
    return lambda start, pieces: ((start[0], [*without(start, name)[1], (name, value)]), pieces)


def status(line: str) -> Alter:
    return lambda start, pieces: ((line, start[1]), pieces)


def cut(start: Start, pieces: list[bytes]) -> Response:
    return without(start, "Content-Length"), [b"".join(pieces)[:-1]]


def last_header_lost(start: Start, pieces: list[bytes]) -> Response:
    return without(start, start[1][-1][0]), pieces


def as_it_is(start: Start, pieces: list[bytes]) -> Response:
    return start, pieces


def prompt(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers at once, whatever was asked for."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"begun\n"]


def shared_query(inner: WsgiApp) -> WsgiApp:
    kept: dict[str, str] = {}

    def app(environ: Environ, start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] != "/query":
            return inner(environ, start_response)
        kept["query"] = environ["QUERY_STRING"]
        time.sleep(PAUSE)
        return inner({**environ, "QUERY_STRING": kept["query"]}, start_response)

    return app


def first_body(inner: WsgiApp) -> WsgiApp:
    kept: list[bytes] = []

    def app(environ: Environ, start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] == "/echo":
            kept.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            environ = {**environ, "wsgi.input": io.BytesIO(kept[0]), "CONTENT_LENGTH": str(len(kept[0]))}
        return inner(environ, start_response)

    return app


def counting_in_queries(inner: WsgiApp) -> WsgiApp:
    seen: list[None] = []

    def app(environ: Environ, start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] == "/query":
            seen.append(None)
            environ = {**environ, "QUERY_STRING": urlencode({"n": len(seen) % 3})}
        return inner(environ, start_response)

    return app


def after_an_error(inner: WsgiApp) -> WsgiApp:
    broken: list[None] = []

    def app(environ: Environ, start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"].startswith("/error/"):
            broken.append(None)
        elif broken:
            environ = {**environ, "REQUEST_METHOD": "GET", "PATH_INFO": "/error/500"}
        return inner(environ, start_response)

    return app


def always_500(inner: WsgiApp) -> WsgiApp:
    def app(environ: Environ, start_response: Callable[..., Any]) -> Any:
        start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
        return [b"no"]

    return app


def always_chunks(inner: WsgiApp) -> WsgiApp:
    def app(environ: Environ, start_response: Callable[..., Any]) -> Any:
        return inner({**environ, "wsgi.input": io.BytesIO(b""), "CONTENT_LENGTH": "0"}, start_response)

    return app


MUTANTS: Mapping[str, Wrong] = {
    **boundary.MUTANTS,
    "reads-by-read1": Wrong("the body is read by read1", reading(by_another("read1"))),
    "reads-by-readinto": Wrong("the body is read by readinto", reading(by_another("readinto"))),
    "needs-remote-addr": Wrong("REMOTE_ADDR is read without a default", reading(needing("REMOTE_ADDR"))),
    "needs-query-string": Wrong("QUERY_STRING is read without a default", reading(needing("QUERY_STRING"))),
    "another-type": Wrong("a text has the type text/html", on("/", header("Content-Type", "text/html"), "GET")),
    "echo-cut": Wrong("the last byte of an echo is lost", on("/echo", cut)),
    "json-is-lost": Wrong("JSON is not parsed", on("/json", of_json(lambda said: {**said, "received": None}))),
    "headers-lost": Wrong("no header is read", on("/headers", of_json(lambda said: {}))),
    "error-code-as-text": Wrong(
        "the code of an error is text", on("/error", of_json(lambda said: {**said, "code": str(said["code"])}))
    ),
    "error-not-told": Wrong("an error has no message", on("/error", of_json(lambda said: {"code": said["code"]}))),
    "large-cut": Wrong("the last byte of a large response is lost", on("/large", cut)),
    "query-as-lists": Wrong(
        "the values of a query are lists",
        on("/query", of_json(lambda said: {name: [value] for name, value in said.items()})),
    ),
    "environ-in-small-letters": Wrong(
        "the names of the environ are in lower case",
        on("/environ", of_json(lambda said: {name.lower(): value for name, value in said.items()}), "GET"),
    ),
    "query-shared": Wrong("the query of a request is kept in a global variable", shared_query),
    "first-body-again": Wrong("every body is replaced by the first one", first_body),
    "query-counted": Wrong("the response to a query depends on earlier requests", counting_in_queries),
    "error-stays": Wrong("after an error every request is answered with one", after_an_error),
    "head-has-length-0": Wrong("HEAD has a Content-Length of 0", on("/size", header("Content-Length", "0"), "HEAD")),
    "reason-of-the-code": Wrong("the reason of a status is replaced", on("/reason", status("299 OK"))),
    "cookies-in-one": Wrong("cookies are joined in one line", on("/cookies", header("Set-Cookie", "a=1, b=2"))),
    "header-lost": Wrong("the last header is lost", on("/response-headers", last_header_lost)),
    "size-cut": Wrong("the last byte of a response of a size is lost", on("/size", cut)),
    "counts-nothing": Wrong("a body is not counted", on("/count", of_json(lambda said: {**said, "size": 0}))),
    "lines-at-once": Wrong("a stream is collected", on("/stream", as_it_is)),
    "does-not-raise": Wrong("an exception is replaced by a response", instead("/raise/before", prompt)),
    "always-500": Wrong("every request is answered with 500", always_500),
    "input-unread": Wrong("the input is not read", always_chunks),
}


@functools.cache
def chosen() -> WsgiApp:
    """The wrong app. Raises KeyError if the environment names no fault, or an unknown one."""
    wrong: WsgiApp = MUTANTS[os.environ["ENGINE_MUTANT"]].wrap(right_app())
    return wrong


def app(environ: Environ, start_response: Callable[..., Any]) -> Any:
    """The wrong app."""
    return chosen()(environ, start_response)
