"""Mutants of the bare WSGI app that imitate faults of a server: they stand between the server and the app, and change
environ, the input, start_response or the body."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .base import Wrong

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[..., Any]
Wrap = Callable[[WsgiApp], WsgiApp]


class OwnDict(dict[str, Any]):
    """A subclass of dict."""


class Input:
    """An input with a fault; all other attributes are those of the server's own."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._stream)


class ByteArrays(Input):
    def read(self, *size: int) -> bytearray:
        return bytearray(self._stream.read(*size))


class SizeNeeded(Input):
    def read(self, size: int) -> Any:
        return self._stream.read(size)


class WholeLines(Input):
    def readline(self, size: int = -1) -> Any:
        return self._stream.readline()


class OneLine(Input):
    def readline(self, size: int = -1) -> Any:
        return self._stream.read()

    def readlines(self, hint: int = -1) -> Any:
        return [self._stream.read()]

    def __iter__(self) -> Iterator[Any]:
        return iter([self._stream.read()])


class Endless(Input):
    def read(self, size: int = -1) -> Any:
        return self._stream.read(size) or b"GET / HTTP/1.1"[: max(size, 0)]


def environ(change: Callable[[Environ], Environ]) -> Wrap:
    """Change the environ of requests for the endpoints below /boundary."""

    def wrap(inner: WsgiApp) -> WsgiApp:
        def app(given: Environ, start_response: StartResponse) -> Any:
            mine = given.get("PATH_INFO", "").startswith("/boundary/")
            return inner(change(dict(given)) if mine else given, start_response)

        return app

    return wrap


def sets(name: str, value: Any) -> Wrap:
    return environ(lambda given: {**given, name: value})


def reads(kind: Callable[[Any], Any]) -> Wrap:
    return environ(lambda given: {**given, "wsgi.input": kind(given["wsgi.input"])})


def starts(make: Callable[[StartResponse], StartResponse]) -> Wrap:
    """Change start_response; ``make`` makes another one for each call."""
    return lambda inner: lambda given, start_response: inner(given, make(start_response))


def accepts_again(start_response: StartResponse) -> StartResponse:
    begun: list[Any] = []

    def start(*words: Any) -> Any:
        if not begun:
            begun.append(start_response(*words))
        return begun[0]

    return start


def fails_again(start_response: StartResponse) -> StartResponse:
    begun: list[Any] = []

    def start(*words: Any) -> Any:
        if begun:
            raise AssertionError("start_response was called twice")
        begun.append(start_response(*words))
        return begun[0]

    return start


def without_write(start_response: StartResponse) -> StartResponse:
    def start(*words: Any) -> None:
        start_response(*words)

    return start


def write_lost(start_response: StartResponse) -> StartResponse:
    def start(*words: Any) -> Any:
        start_response(*words)
        return lambda piece: None

    return start


def changes_headers(change: Callable[[str, list[Any]], tuple[str, list[Any]]]) -> Wrap:
    def make(start_response: StartResponse) -> StartResponse:
        return lambda status, headers, *more: start_response(*change(status, headers), *more)

    return starts(make)


def breaks_are_sent(status: str, headers: list[Any]) -> tuple[str, list[Any]]:
    """A line break in a status or a value begins a field of its own."""
    injected = "\n" in status or any("\n" in value for _, value in headers)
    own = [(name, value.partition("\n")[0].rstrip("\r")) for name, value in headers]
    return status.partition("\r\n")[0], [*own, ("X-Injected", "1")] if injected else own


def starts_before_the_body(inner: WsgiApp) -> WsgiApp:
    def app(given: Environ, start_response: StartResponse) -> Any:
        begun: list[Any] = []

        def start(*words: Any) -> Any:
            begun.append(words)
            return start_response(*words)

        body = inner(given, start)
        if begun or not given.get("PATH_INFO", "").startswith("/boundary/"):
            return body
        start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
        return [b"start_response was not called"]

    return app


def closes(times: int) -> Wrap:
    """Call close() of the body so many times, instead of once."""

    def wrap(inner: WsgiApp) -> WsgiApp:
        return lambda given, start_response: Closes(inner(given, start_response), times)

    return wrap


class Closes:
    def __init__(self, body: Iterable[bytes], times: int) -> None:
        self._body = body
        self._times = times

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        for _ in range(self._times):
            if hasattr(self._body, "close"):
                self._body.close()


def fails_to_close(inner: WsgiApp) -> WsgiApp:
    class Failing(Closes):
        def close(self) -> None:
            raise RuntimeError("close() failed")

    def app(given: Environ, start_response: StartResponse) -> Any:
        body = inner(given, start_response)
        return Failing(body, 1) if given.get("PATH_INFO") == "/stream" else body

    return app


def whole_file(source: Any, size: int = 8192) -> Any:
    source.seek(0)
    return iter(lambda: source.read(size), b"")


MUTANTS: Mapping[str, Wrong] = {
    "environ-of-own-class": Wrong("environ is a subclass of dict", environ(OwnDict)),
    "server-port-as-number": Wrong("SERVER_PORT is an int", sets("SERVER_PORT", 80)),
    "server-name-empty": Wrong("SERVER_NAME is empty", sets("SERVER_NAME", "")),
    "wsgi-version-as-list": Wrong("wsgi.version is a list", sets("wsgi.version", [1, 0])),
    "scheme-always-https": Wrong("wsgi.url_scheme is always https", sets("wsgi.url_scheme", "https")),
    "run-once-always": Wrong("wsgi.run_once is always true", sets("wsgi.run_once", True)),
    "errors-take-bytes": Wrong("wsgi.errors is a stream of bytes", sets("wsgi.errors", io.BytesIO())),
    "remote-user-empty": Wrong("REMOTE_USER is empty without authentication", sets("REMOTE_USER", "")),
    "input-as-bytearrays": Wrong("wsgi.input returns bytearrays", reads(ByteArrays)),
    "input-needs-a-size": Wrong("read() of wsgi.input needs a size", reads(SizeNeeded)),
    "readline-without-size": Wrong("readline() of wsgi.input ignores its size", reads(WholeLines)),
    "input-in-one-line": Wrong("wsgi.input does not divide the body into lines", reads(OneLine)),
    "input-without-end": Wrong("wsgi.input returns bytes of the next request", reads(Endless)),
    "second-start-ignored": Wrong("a second call of start_response is ignored", starts(accepts_again)),
    "second-start-always-raises": Wrong("start_response raises an error of its own with exc_info", starts(fails_again)),
    "start-returns-nothing": Wrong("start_response returns no write()", starts(without_write)),
    "write-lost": Wrong("bytes of write() are lost", starts(write_lost)),
    "late-start-refused": Wrong("start_response must be called before the body", starts_before_the_body),
    "length-dropped": Wrong(
        "the Content-Length of the application is dropped",
        changes_headers(lambda status, headers: (status, [one for one in headers if one[0] != "Content-Length"])),
    ),
    "line-breaks-sent": Wrong("a line break in a header begins another field", changes_headers(breaks_are_sent)),
    "body-not-closed": Wrong("close() of the body is not called", closes(0)),
    "body-closed-twice": Wrong("close() of the body is called twice", closes(2)),
    "close-fails": Wrong("close() of the body fails", fails_to_close),
    "file-from-its-start": Wrong("a file is sent from its start", sets("wsgi.file_wrapper", whole_file)),
}
