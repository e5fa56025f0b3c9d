"""Wrong WSGI apps: the bare app with one fault each, and the check that has to catch it."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.frameworks.synchronous.calls import App

CONTROL = Path(__file__).parents[2] / "frameworks" / "wsgi-control" / "app.py"

Start = tuple[str, list[tuple[str, str]]]
Change = Callable[[Start, list[bytes]], tuple[Start, Any]]


def right() -> App:
    """The unchanged bare app, with its module loaded again."""
    spec = importlib.util.spec_from_file_location("wsgi_control_app", CONTROL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # It imports another module of its folder.
    if str(CONTROL.parent) not in sys.path:
        sys.path.append(str(CONTROL.parent))
    spec.loader.exec_module(module)
    app: App = module.app
    return app


def on(path: str, change: Change, method: str = "") -> App:
    """The bare app, with its response on a path, or on those below it, passed through ``change``."""
    inner = right()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if not environ["PATH_INFO"].startswith(path) or method not in ("", environ["REQUEST_METHOD"]):
            return inner(environ, start_response)
        started: list[Start] = []
        pieces = list(inner(environ, lambda status, headers: started.append((status, headers))))
        (status, headers), body = change(started[0], pieces)
        start_response(status, headers)
        return body

    return app


def instead(path: str, app_of_path: App) -> App:
    """The bare app, with another application on a path."""
    inner = right()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        return (app_of_path if environ["PATH_INFO"] == path else inner)(environ, start_response)

    return app


def body(text: bytes) -> Change:
    """Another body, of the length that is declared."""

    def change(start: Start, pieces: list[bytes]) -> tuple[Start, Any]:
        return without(start, "Content-Length"), [text]

    return change


def of_json(alter: Callable[[Any], Any]) -> Change:
    """Another JSON."""

    def change(start: Start, pieces: list[bytes]) -> tuple[Start, Any]:
        return without(start, "Content-Length"), [json.dumps(alter(json.loads(b"".join(pieces)))).encode()]

    return change


def without(start: Start, name: str) -> Start:
    return start[0], [pair for pair in start[1] if pair[0] != name]


def header(name: str, value: Any) -> Change:
    """Another value of a header, or one more."""
    return lambda start, pieces: ((start[0], [*without(start, name)[1], (name, value)]), pieces)


def status(line: Any) -> Change:
    return lambda start, pieces: ((line, start[1]), pieces)


def one_piece(start: Start, pieces: list[bytes]) -> tuple[Start, Any]:
    return start, [b"".join(pieces)]


def twice(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"OK"]


def never(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return []


def raising(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    raise ValueError("no")


def prompt(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers at once, whatever was asked for."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"begun\n"]


def greedy(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Reads to the end of an input that need not have one."""
    given = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", environ["CONTENT_TYPE"])])
    return [given]


def reads(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    environ["wsgi.input"].read(1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"unread"]


def renamed(said: dict[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in said.items()}


WRONG: dict[str, tuple[Callable[[], App], str]] = {
    # name: the app, and the id of a check that must fail
    "another-text": (lambda: on("/", body(b"KO"), "GET"), "GET /: says OK"),
    "another-type": (lambda: on("/", header("Content-Type", "text/html"), "GET"), "GET /: says OK"),
    "no-bytes": (lambda: on("/", lambda start, pieces: (start, ["OK"]), "GET"), "GET /: says OK"),
    "bytes-as-header": (lambda: on("/", header("X-A", b"1"), "GET"), "GET /: says OK"),
    "hop-by-hop": (lambda: on("/", header("Connection", "close"), "GET"), "GET /: says OK"),
    "a-line-in-a-header": (lambda: on("/", header("X-A", "1\r\nX-B: 2"), "GET"), "GET /: says OK"),
    "status-without-reason": (lambda: on("/", status("200"), "GET"), "GET /: says OK"),
    "status-as-number": (lambda: on("/", status(200), "GET"), "GET /: says OK"),
    "wrong-length": (lambda: on("/", header("Content-Length", "3"), "GET"), "GET /: says OK"),
    "two-starts": (lambda: instead("/", twice), "GET /: says OK"),
    "no-start": (lambda: instead("/", never), "GET /: says OK"),
    "raises": (lambda: instead("/", raising), "GET /: says OK"),
    "not-found-as-text": (lambda: on("/nothing", body(b"no")), "GET /: another path is not found"),
    "no-length-of-head": (
        lambda: on("/", lambda start, pieces: (without(start, "Content-Length"), []), "HEAD"),
        "HEAD /: as GET",
    ),
    "head-is-another-status": (lambda: on("/status", status("200 OK"), "HEAD"), "HEAD /status/{code}: as GET"),
    "head-has-length-0": (lambda: on("/size", header("Content-Length", "0"), "HEAD"), "HEAD /size/{bytes}: as GET"),
    "greedy": (lambda: instead("/echo", greedy), "POST /echo: 100 KiB"),
    "echo-of-its-own-type": (lambda: on("/echo", header("Content-Type", "text/plain")), "POST /echo: text"),
    "header-names": (
        lambda: on("/headers", of_json(renamed)),
        "GET /headers: shows what was sent, as a client would write it",
    ),
    **{
        f"environ-of-{method.lower()}": (
            lambda method=method: on("/environ", of_json(renamed), method),  # type: ignore[misc]  # mypy infers no default of a lambda
            f"{method} /environ: and below it",
        )
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    },
    "error-code-as-text": (
        lambda: on("/error", of_json(lambda said: {**said, "code": str(said["code"])})),
        "GET /error/{code}: each of them",
    ),
    "one-piece": (lambda: on("/large", one_piece), "GET /large: 1 MiB in pieces"),
    "json-is-lost": (
        lambda: on("/json", of_json(lambda said: {**said, "received": None})),
        "POST /json: what was said",
    ),
    "query-as-lists": (
        lambda: on("/query", of_json(lambda said: {name: [value] for name, value in said.items()})),
        "GET /query: two",
    ),
    "body-with-204": (lambda: on("/status/204", body(b"x")), "GET /status/{code}: 204"),
    "reason-of-the-code": (lambda: on("/reason", status("299 OK")), "GET /reason: one of its own"),
    "cookies-in-one": (
        lambda: on("/cookies", header("Set-Cookie", "a=1, b=2")),
        "GET /cookies: two lines",
    ),
    "headers-lost": (
        lambda: on("/response-headers", lambda start, pieces: (without(start, "X-N-1"), pieces)),
        "GET /response-headers/{count}/{size}: 3 of 0 bytes",
    ),
    "bytes-lost": (lambda: on("/size", lambda start, pieces: (start, pieces[:-1])), "GET /size/{bytes}: 65537"),
    "counts-nothing": (lambda: on("/count", of_json(lambda said: {**said, "size": 0})), "POST /count: 3 bytes"),
    "reads-it": (lambda: instead("/unread", reads), "POST /unread: without reading"),
    "lines-at-once": (
        lambda: on("/stream", lambda start, pieces: (start, pieces)),
        "GET /stream: five lines, 100 ms apart",
    ),
    "no-wait": (lambda: instead("/slow/250", prompt), "GET /slow/{milliseconds}: 250 ms"),
    "does-not-raise": (lambda: instead("/raise/before", prompt), "GET /raise/before: raises, or answers 500"),
    "ends-in-peace": (lambda: instead("/raise/after", prompt), "GET /raise/after: after the first piece"),
}
