"""Endpoints of the bare WSGI app that do what the query of the request says, and report what they were given.

They are below ``/boundary``, as those of ``boundary``, and answer any method; ``contract-wsgi.yaml`` describes them.
Calls that refer to one another name the same token.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs
from wsgiref.util import request_uri

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Body = Iterable[bytes]

PLAIN = [("Content-Type", "text/plain")]
WITHIN = 5.0  # seconds that a call waits for another one
SHOWN = 4096  # bytes of a request's body beyond which only the sizes of its pieces are reported
LINE = b"each line of this has thirty-seven..\n"

_closed: dict[str, int] = {}
_asked: dict[str, list[str]] = {}
_kept: dict[str, Any] = {}
_meetings: dict[str, threading.Barrier] = {}
_released: dict[str, threading.Event] = {}
_lock = threading.Lock()


def said(environ: Environ) -> dict[str, list[str]]:
    """The parameters of the query."""
    return parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)


def one(given: dict[str, list[str]], name: str, default: str = "") -> str:
    """A parameter that is given at most once."""
    return given.get(name, [default])[0]


def pieces_of(words: str) -> list[bytes]:
    """The pieces that a text with commas means: ``one,,3*x`` is one, nothing, and xxx."""
    found = []
    for word in words.split(","):
        count, star, of = word.partition("*")
        found.append(of.encode() * int(count) if star else word.encode())
    return found


# The response


class Once:
    """An iterator over pieces, which raises before the one with a number, and may have a close()."""

    def __init__(self, pieces: list[bytes], raises: int | None) -> None:
        self._pieces = list(enumerate(pieces))
        self._raises = raises

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._raises is not None and (not self._pieces or self._pieces[0][0] == self._raises):
            raise RuntimeError("the body raised")
        if not self._pieces:
            raise StopIteration
        return self._pieces.pop(0)[1]


class Iterable_:
    """An object that has nothing but ``__iter__``."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces


class Asked(Iterable_):
    """An iterable that notes the names of attributes that it has not."""

    def __init__(self, pieces: Iterator[bytes], token: str) -> None:
        super().__init__(pieces)
        self._token = token

    def __getattr__(self, name: str) -> Any:
        _asked.setdefault(self._token, []).append(name)
        raise AttributeError(name)


class Items(list[bytes]):
    """A list with a close()."""

    close: Callable[[], None]


class Source:
    """An object that has only ``read`` and ``close``, whose calls are counted."""

    def __init__(self, content: bytes, token: str) -> None:
        self._rest = content
        self._token = token

    def read(self, size: int) -> bytes:
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def close(self) -> None:
        note_close(self._token)


def note_close(token: str) -> None:
    """Count a call of close()."""
    with _lock:
        _closed[token] = _closed.get(token, 0) + 1


def body(environ: Environ, start_response: StartResponse) -> Body:
    """A response of these pieces, as an iterable of some kind."""
    given = said(environ)
    kind = one(given, "as", "list")
    pieces = pieces_of(one(given, "pieces")) if "pieces" in given else []
    raises = int(one(given, "raises")) if "raises" in given else None
    status = one(given, "status", "200 OK")
    headers = [("Content-Type", one(given, "type", "text/plain"))] if one(given, "type", "x") else []
    headers += [("Content-Length", length) for length in given.get("length", [])]
    headers += [(name, value.strip()) for name, _, value in (pair.partition(":") for pair in given.get("header", []))]
    if kind == "function":
        return _function(start_response, status, headers, pieces, raises)
    send = start_response(status, headers)
    if kind == "write":
        for piece in pieces:
            send(piece)
        return []
    if kind == "written-first":
        for piece in pieces[:1]:
            send(piece)
        return pieces[1:]
    return closing(made(kind, pieces, raises, environ, given), given)


def _function(
    start_response: StartResponse, status: str, headers: list[Any], pieces: list[bytes], raises: int | None
) -> Iterator[bytes]:
    start_response(status, headers)
    yield from Once(pieces, raises)


def made(kind: str, pieces: list[bytes], raises: int | None, environ: Environ, given: dict[str, list[str]]) -> Any:
    """The iterable that a word names."""
    if kind == "tuple":
        return tuple(pieces)
    if kind == "generator":
        return (piece for piece in Once(pieces, raises))
    if kind == "iterator":
        return Once(pieces, raises)
    if kind == "iterable":
        return Iterable_(Once(pieces, raises))
    if kind == "asked":
        return Asked(Once(pieces, raises), one(given, "asked"))
    if kind in ("file", "disk"):
        return filed(kind, b"".join(pieces), environ, given)
    return Items(pieces) if "token" in given else pieces


def filed(kind: str, content: bytes, environ: Environ, given: dict[str, list[str]]) -> Any:
    """The server's wrapper around a file in memory or on disk, at a position; the content if it has none."""
    at = int(one(given, "from", "0"))
    wrapper = environ.get("wsgi.file_wrapper")
    if wrapper is None:
        note_close(one(given, "file"))
        return [b"another"] if "dropped" in given else [content[at:]]
    if kind == "file":
        source: Any = Source(content[at:], one(given, "file"))
    else:
        source = tempfile.TemporaryFile()  # noqa: SIM115 (the server closes it)
        source.write(content)
        source.flush()
        source.seek(at)
    wrapped = wrapper(source, 8192)
    return [b"another"] if "dropped" in given else wrapped


def closing(result: Any, given: dict[str, list[str]]) -> Any:
    """The result with a close() that counts its calls, if there is a token for them."""
    token = one(given, "token")
    if not token or one(given, "as") in ("tuple", "file", "disk"):
        return result

    def close() -> None:
        note_close(token)
        if one(given, "closes") == "raises":
            raise RuntimeError("close() raised")

    if one(given, "as") == "generator":
        return _Closing(result, close)
    result.close = close
    return result


class _Closing:
    """An iterable with another close()."""

    def __init__(self, result: Any, close: Callable[[], None]) -> None:
        self._result = result
        self.close = close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._result)


def counts(environ: Environ, start_response: StartResponse, token: str) -> Body:
    """How often close() was called for a token, and the names of attributes that were asked for."""
    return as_json(start_response, {"closed": _closed.get(token, 0), "asked": _asked.get(token, [])})


# The request


def pattern(size: int) -> bytes:
    """So many bytes of lines whose length is no divisor of a buffer's, so that a lost or repeated buffer shows."""
    return (LINE * (size // len(LINE) + 1))[:size]


def reads(environ: Environ, start_response: StartResponse) -> Body:
    """The body as some readings return it: sizes, types, whether it is the expected one, and short bodies as texts."""
    stream = environ["wsgi.input"]
    found: list[Any] = []
    try:
        for way in one(said(environ), "do").split(","):
            name, _, word = way.partition("-")
            number = [int(word)] if word else []
            if name == "iterate":
                found += list(stream)
            elif name == "readlines":
                found += list(stream.readlines(*number))
            elif name == "until":
                while piece := stream.read(*number):
                    found.append(piece)
            else:
                found.append(getattr(stream, name)(*number))
    except Exception as error:
        return as_json(start_response, {"raised": type(error).__name__, "after": len(found)})
    whole = b"".join(bytes(piece) for piece in found)
    size = int(one(said(environ), "size", "0"))
    report: dict[str, Any] = {
        "size": len(whole),
        "same": whole == pattern(size),
        "types": sorted({type(piece).__name__ for piece in found}),
        "longest": max(map(len, found), default=0),
        "length": environ.get("CONTENT_LENGTH"),
    }
    if len(whole) <= SHOWN:
        report["pieces"] = [bytes(piece).decode("latin-1") for piece in found]
    return as_json(start_response, report)


def variables(environ: Environ, start_response: StartResponse, *deeper: str) -> Body:
    """environ: its texts, the types of all values, and what is odd about its names and texts."""
    texts = {name: value for name, value in environ.items() if isinstance(value, str)}
    own = {name for name in environ if "." in name}
    report = {
        "values": texts,
        "types": {name: type(value).__name__ for name, value in environ.items()},
        "flags": {name.removeprefix("wsgi."): environ[name] for name in own if isinstance(environ[name], bool)},
        "http": sorted(name for name in environ if name.startswith("HTTP_")),
        "url": request_uri(environ),
        "scheme": environ.get("wsgi.url_scheme"),
        "upper_case": sorted(name for name in own if name != name.lower()),
        "beyond_latin_1": sorted(name for name, value in texts.items() if any(ord(sign) > 255 for sign in value)),
        "of_the_process": sorted(name for name in texts if name in os.environ and name.startswith("HTTP_")),
        "input": sorted(
            name for name in ("read", "readline", "readlines", "__iter__") if not hasattr(environ["wsgi.input"], name)
        ),
    }
    return as_json(start_response, report)


def mark(environ: Environ, start_response: StartResponse) -> Body:
    """Whether environ has what an earlier call of this left in its own."""
    found = sorted(name for name in ("engine.mark", "HTTP_X_MARK") if name in environ)
    changed = environ.get("REQUEST_METHOD") != "GET" or environ.get("HTTP_X_CHANGED") == "1"
    environ["engine.mark"] = environ["HTTP_X_MARK"] = "left"
    environ["REQUEST_METHOD"] = "CHANGED"
    environ["HTTP_X_CHANGED"] = "1"
    environ.pop("wsgi.errors", None)
    return as_json(start_response, {"found": found, "changed": changed})


def errors(environ: Environ, start_response: StartResponse, how: str) -> Body:
    """Whether wsgi.errors takes a text, by a method of it."""
    stream = environ["wsgi.errors"]
    text = {
        "ascii": "a text", "latin-1": "\u00e9", "greek": "\u03b1", "beyond-the-bmp": "\U0001f600",
        "surrogate": "\udc80", "nul": "\0", "empty": "", "long": "x" * 70000,
    }[one(said(environ), "text", "ascii")]  # fmt: skip
    note = one(said(environ), "note")
    try:
        if how == "writelines":
            stream.writelines([note, text, "\n"])
        elif how == "print":
            print(note, text, file=stream)
        else:
            stream.write(f"{note}{text}\n")
        stream.flush()
    except Exception as error:
        return as_json(start_response, {"raised": type(error).__name__})
    return as_json(start_response, {"raised": ""})


# start_response


def refused(environ: Environ, start_response: StartResponse, what: str) -> Body:
    """What start_response raises for wrong arguments; if it raises nothing, the response that they mean."""
    name, value, status = "X-Own", "x", "200 OK"
    wrong: dict[str, tuple[Any, Any]] = {
        "status-bytes": (b"200 OK", PLAIN),
        "status-number": (200, PLAIN),
        "status-cr": ("200 OK\rX-Injected: 1", PLAIN),
        "status-lf": ("200 OK\nX-Injected: 1", PLAIN),
        "status-crlf": ("200 OK\r\nX-Injected: 1", PLAIN),
        "status-nul": ("200 OK\0X-Injected", PLAIN),
        "status-beyond-latin-1": ("200 \u0131\u010a", PLAIN),
        "status-no-number": ("OK", PLAIN),
        "status-empty": ("", PLAIN),
        "headers-tuple": ("200 OK", tuple(PLAIN)),
        "headers-dict": ("200 OK", dict(PLAIN)),
        "headers-none": ("200 OK", None),
        "name-bytes": (status, [*PLAIN, (b"X-Own", value)]),
        "value-bytes": (status, [*PLAIN, (name, b"x")]),
        "value-number": (status, [*PLAIN, (name, 1)]),
        "pair-as-list": (status, [*PLAIN, [name, value]]),
        "name-cr": (status, [*PLAIN, ("X-Own\rX-Injected", value)]),
        "name-lf": (status, [*PLAIN, ("X-Own: 1\nX-Injected", value)]),
        "name-crlf": (status, [*PLAIN, ("X-Own: 1\r\nX-Injected", value)]),
        "name-nul": (status, [*PLAIN, ("X-Own\0X-Injected", value)]),
        "name-colon": (status, [*PLAIN, ("X-Injected:", value)]),
        "name-space": (status, [*PLAIN, ("X-Injected own", value)]),
        "name-empty": (status, [*PLAIN, ("", "X-Injected")]),
        "name-beyond-latin-1": (status, [*PLAIN, ("X-Injected\u0131", value)]),
        "value-cr": (status, [*PLAIN, (name, "x\rX-Injected: 1")]),
        "value-lf": (status, [*PLAIN, (name, "x\nX-Injected: 1")]),
        "value-crlf": (status, [*PLAIN, (name, "x\r\nX-Injected: 1")]),
        "value-crlf-twice": (status, [*PLAIN, (name, "x\r\n\r\nX-Injected: 1")]),
        "value-folded": (status, [*PLAIN, (name, "x\r\n X-Injected: 1")]),
        "value-ends-in-crlf": (status, [*PLAIN, (name, "X-Injected\r\n")]),
        "value-ends-in-lf": (status, [*PLAIN, (name, "X-Injected\n")]),
        "value-nul": (status, [*PLAIN, (name, "x\0X-Injected")]),
        # Their low bytes are CR and LF.
        "value-beyond-latin-1": (status, [*PLAIN, (name, "x\u010d\u010aX-Injected: 1")]),
    }
    hop_by_hop = {
        "connection": "close", "keep-alive": "timeout=5", "proxy-authenticate": "Basic", "te": "trailers",
        "proxy-authorization": "Basic eA==", "trailer": "X-Own", "transfer-encoding": "chunked", "upgrade": "h2c",
    }  # fmt: skip
    given = wrong[what] if what in wrong else (status, [*PLAIN, (what.title(), hop_by_hop[what])])
    try:
        start_response(*given)
    except Exception as error:
        return as_json(start_response, {"raised": type(error).__name__})
    return [b"sent"]


def body_of_wrong_type(environ: Environ, start_response: StartResponse, what: str) -> Any:
    """A body that is none."""
    send = start_response("200 OK", PLAIN)
    if what == "written-str":
        send("text")
        return []
    wrong: dict[str, Any] = {
        "str": ["text"], "none": [None], "number": [1], "list": [["text"]], "bytearray": [bytearray(b"text")],
        "nothing": None, "a-number": 1, "text": "text",
    }  # fmt: skip
    return wrong[what]


def replaced(environ: Environ, start_response: StartResponse, when: str) -> Body:
    """A response that is replaced by another one: before anything was sent, or too late."""
    if when in ("before", "twice"):
        start_response("200 OK", [*PLAIN, ("X-First", "1"), ("Content-Length", "5")])
        _again(start_response, "503 Service Unavailable")
        if when == "twice":
            _again(start_response, "504 Gateway Timeout")
        return [b"replaced"]
    if when == "written":
        start_response("200 OK", PLAIN)(b"begun\n")
        return [_again(start_response, "503 Service Unavailable")]
    if when == "first":  # with nothing to replace
        _again(start_response, "503 Service Unavailable")
        return [b"replaced"]
    return _replaced_later(start_response, when)


def _replaced_later(start_response: StartResponse, when: str) -> Iterator[bytes]:
    start_response("200 OK", [*PLAIN, ("X-First", "1")])
    if when == "after-empty-pieces":
        yield b""
        yield b""
        _again(start_response, "503 Service Unavailable")
        yield b"replaced"
        return
    if when == "at-the-end":
        yield b""
        _again(start_response, "503 Service Unavailable")
        return
    yield b"begun\n"
    yield _again(start_response, "503 Service Unavailable")


def _again(start_response: StartResponse, status: str) -> bytes:
    try:
        raise ValueError("the application failed")
    except ValueError:
        try:
            start_response(status, [*PLAIN, ("X-Second", "2")], sys.exc_info())
        except Exception as error:
            return type(error).__name__.encode()
    return b"nothing was raised"


class Kept(Exception):
    """An exception that can be referred to weakly."""


def exception(environ: Environ, start_response: StartResponse, token: str) -> Body:
    """A response that start_response was called with exc_info for."""
    try:
        raise Kept("the application failed")
    except Kept as error:
        _kept[token] = weakref.ref(error)
        start_response("503 Service Unavailable", PLAIN, sys.exc_info())
    return [b"replaced"]


def exception_is_kept(environ: Environ, start_response: StartResponse, token: str) -> Body:
    """Whether there still is a reference to the exception of an earlier call."""
    gc.collect()
    return as_json(start_response, {"kept": _kept[token]() is not None})


def never_started(environ: Environ, start_response: StartResponse, how: str) -> Body:
    """A body without start_response, or with one that comes after its first piece."""
    if how == "too-late":
        return _started_too_late(start_response)
    return [] if how == "empty" else [b"never started"]


def _started_too_late(start_response: StartResponse) -> Iterator[bytes]:
    yield b"too early"
    start_response("200 OK", PLAIN)
    yield b"too late"


# Calls at the same time


def meet(environ: Environ, start_response: StartResponse, token: str, count: str) -> Body:
    """Whether so many calls were here at the same time, in this process."""
    with _lock:
        meeting = _meetings.setdefault(token, threading.Barrier(int(count)))
    try:
        meeting.wait(1.5)
        met = True
    except threading.BrokenBarrierError:
        met = False
    flags = {name: environ[f"wsgi.{name}"] for name in ("multithread", "multiprocess")}
    return as_json(start_response, {"met": met, "query": environ.get("QUERY_STRING"), **flags})


def held(environ: Environ, start_response: StartResponse, token: str, how: str) -> Body:
    """A response whose second piece comes when another call releases it."""
    gate = gate_of(token)
    if how == "write":
        send = start_response("200 OK", PLAIN)
        send(b"first,")
        came = gate.wait(WITHIN)
        send(b"second," if came else b"late,")
        return [b"third"]
    return _held(start_response, gate, how)


def _held(start_response: StartResponse, gate: threading.Event, how: str) -> Iterator[bytes]:
    length = [("Content-Length", "12")] if how == "length" else []
    start_response("200 OK", [*PLAIN, *length])
    yield b"first,"
    came = gate.wait(WITHIN)
    yield b"second" if came else b"late.."


def gate_of(token: str) -> threading.Event:
    """The gate that calls with a token wait at."""
    with _lock:
        return _released.setdefault(token, threading.Event())


def release(environ: Environ, start_response: StartResponse, token: str) -> Body:
    """Release the call with a token."""
    gate_of(token).set()
    return as_json(start_response, {"released": True})


def as_json(start_response: StartResponse, value: object) -> Body:
    """A response of JSON."""
    content = json.dumps(value).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [content]


# By the second word of the path, and how many come after it. They answer any method.
HANDLERS: dict[tuple[str, int], Callable[..., Body]] = {
    ("body", 0): body,
    ("counts", 1): counts,
    ("reads", 0): reads,
    ("variables", 0): variables,
    ("variables", 1): variables,
    ("variables", 2): variables,
    ("variables", 3): variables,
    ("mark", 0): mark,
    ("errors", 1): errors,
    ("refused", 1): refused,
    ("wrong-body", 1): body_of_wrong_type,
    ("replaced", 1): replaced,
    ("exception", 1): exception,
    ("exception-kept", 1): exception_is_kept,
    ("never-started", 1): never_started,
    ("meet", 2): meet,
    ("held", 2): held,
    ("release", 1): release,
}
