"""Deliberately wrong WSGI applications behind FastCGI, by name, and the cases that must catch them.

``app`` takes the place of the bare app; ``FAULTY_FAULT`` in the environment names the fault. A case is named as in
``tests.faults.harness.Table``.
"""

from __future__ import annotations

import functools
import io
import os
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from tests.faults.harness import Table
from tests.frameworks.synchronous.calls import App
from tests.frameworks.wrong_wsgi import WRONG, Start, of_json, on, right, without

PAUSE = 0.05  # seconds, in which another request comes
SIZES = "1-b", "64-kib", "1-mib", "10-mib"


def cut(start: Start, pieces: list[bytes]) -> tuple[Start, Any]:
    """The body without its last byte."""
    return without(start, "Content-Length"), [b"".join(pieces)[:-1]]


def shared() -> App:
    """The bare app, but the query of a call is stored globally."""
    inner = right()
    kept: dict[str, str] = {}

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] != "/query":
            return inner(environ, start_response)
        kept["query"] = environ["QUERY_STRING"]
        time.sleep(PAUSE)
        return inner({**environ, "QUERY_STRING": kept["query"]}, start_response)

    return app


def first_body() -> App:
    """The bare app, but every body is replaced by the first one."""
    inner = right()
    kept: list[bytes] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] == "/echo":
            kept.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            environ = {**environ, "wsgi.input": io.BytesIO(kept[0]), "CONTENT_LENGTH": str(len(kept[0]))}
        return inner(environ, start_response)

    return app


def counting_in_queries() -> App:
    """The bare app, but its response to /query depends on the number of earlier requests."""
    inner = right()
    seen: list[None] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] == "/query":
            seen.append(None)
            environ = {**environ, "QUERY_STRING": urlencode({"n": len(seen) % 3})}
        return inner(environ, start_response)

    return app


def after_an_error() -> App:
    """The bare app, but after an error every request is answered with an error."""
    inner = right()
    broken: list[None] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"].startswith("/error/"):
            broken.append(None)
        elif broken:
            environ = {**environ, "REQUEST_METHOD": "GET", "PATH_INFO": "/error/500"}
        return inner(environ, start_response)

    return app


def always_500() -> App:
    """An application that answers every request with 500."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
        return [b"no"]

    return app


def _of(name: str) -> Callable[[], App]:
    """One of the wrong apps that exist."""
    return WRONG[name][0]


def _cases(file: str, *ids: str) -> tuple[str, ...]:
    return tuple(f"fastcgi/{file}.yaml::{name}" for name in ids)


def _variants(name: str, *variants: object) -> tuple[str, ...]:
    return tuple(f"{name}[{variant}]" for variant in variants)


FAULTS: dict[str, Callable[[], App]] = {
    "another-type": _of("another-type"),
    "echo-cut": lambda: on("/echo", cut),
    "json-is-lost": _of("json-is-lost"),
    "headers-lost": lambda: on("/headers", of_json(lambda said: {})),
    "error-code-as-text": _of("error-code-as-text"),
    "error-not-told": lambda: on("/error", of_json(lambda said: {"code": said["code"]})),
    "large-cut": lambda: on("/large", cut),
    "query-as-lists": _of("query-as-lists"),
    "environ-in-small-letters": _of("environ-of-get"),
    "query-shared": shared,
    "first-body-again": first_body,
    "query-counted": counting_in_queries,
    "error-stays": after_an_error,
    "head-has-length-0": _of("head-has-length-0"),
    "reason-of-the-code": _of("reason-of-the-code"),
    "cookies-in-one": _of("cookies-in-one"),
    "header-lost": lambda: on(
        "/response-headers", lambda start, pieces: (without(start, start[1][-1][0]), pieces)
    ),
    "size-cut": lambda: on("/size", cut),
    "counts-nothing": _of("counts-nothing"),
    "lines-at-once": _of("lines-at-once"),
    "does-not-raise": _of("does-not-raise"),
    "always-500": always_500,
}  # fmt: skip


CAUGHT: Table = {
    "another-type": _cases("checks", "get"),
    "echo-cut": (
        *_cases("checks", *_variants("post", "text", "100-kib"), "keep-alive-mixed"),
        *_cases("responses", *_variants("upload", *SIZES)),
    ),
    "json-is-lost": _cases("checks", "post-json"),
    "headers-lost": _cases("checks", *_variants("header", "custom", "host", "content-type", "user-agent")),
    "error-code-as-text": _cases("checks", *_variants("error", 400, 401, 403, 404, 500, 502, 503)),
    "error-not-told": _cases("checks", *_variants("error", 400, 401, 403, 404, 500, 502, 503)),
    "large-cut": _cases("checks", "large"),
    "query-as-lists": _cases("checks", "query", "keep-alive", "keep-alive-mixed", "concurrent"),
    "environ-in-small-letters": _cases(
        "checks", "request-method[GET]", "path-info", "query-string", *_variants("server-protocol", "1.0", "1.1"),
    ),
    "query-shared": (
        *_cases("checks", "concurrent"), *_cases("responses", "fifty-at-once", "kept-connections-at-once"),
    ),
    "first-body-again": _cases("checks", "keep-alive-mixed"),
    "query-counted": (*_cases("checks", "keep-alive"), *_cases("responses", "kept-connection")),
    "error-stays": _cases("responses", "error-between"),
    "head-has-length-0": _cases("responses", "head"),
    "reason-of-the-code": _cases("responses", "reason"),
    "cookies-in-one": _cases("responses", "cookies"),
    "header-lost": _cases("responses", "many-fields"),
    "size-cut": _cases("responses", *_variants("size", 1, 65535, 65536, 1048576, 10485760)),
    "counts-nothing": _cases("responses", "chunked"),
    "lines-at-once": _cases("responses", "streamed"),
    "does-not-raise": _cases("responses", "raises-before"),
    "always-500": (*_cases("checks", "error[500]"), *_cases("responses", "raises-before")),
}  # fmt: skip


@functools.cache
def chosen() -> App:
    """The wrong application that the environment asks for. Raises KeyError where it asks for none."""
    return FAULTS[os.environ["FAULTY_FAULT"]]()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    return chosen()(environ, start_response)
