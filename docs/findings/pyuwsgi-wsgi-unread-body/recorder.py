"""Writes every call of a WSGI application to ``calls.log``: its environ, what it read and sent, its end.

Each line is a Python literal.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

CALLS = Path(__file__).with_name("calls.log")
NUMBERS = itertools.count(1)


def note(event: str, call: str, **values: object) -> None:
    """Append one line."""
    line = repr({"call": call, "event": event, "time": time.monotonic(), **values}) + "\n"
    with CALLS.open("ab", buffering=0) as file:
        file.write(line.encode("utf-8", "backslashreplace"))


def literal(value: Any) -> Any:
    """A value that ``ast.literal_eval`` can read; any other class is named."""
    if type(value) in (str, bytes, int, float, bool, type(None)):
        return value
    if type(value) in (list, tuple):
        return type(value)(literal(item) for item in value)
    if isinstance(value, Mapping):
        plain = {literal(key): literal(item) for key, item in value.items()}
        return plain if type(value) is dict else {"$class": type(value).__name__, "value": plain}
    return {"$class": type(value).__name__, "value": None}


class Input:
    """``wsgi.input`` of a call, with every read written down."""

    def __init__(self, inner: Any, call: str) -> None:
        self._inner = inner
        self._call = call

    def _read(self, data: bytes, *, ended: bool) -> bytes:
        note("received", self._call, message={"type": "http.request", "body": data, "more_body": not ended})
        return data

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(size) if size >= 0 else self._inner.read()
        return self._read(data, ended=size < 0 or len(data) < size)

    def readline(self, size: int = -1) -> bytes:
        data = self._inner.readline(size) if size >= 0 else self._inner.readline()
        return self._read(data, ended=not data)

    def readlines(self, hint: int = -1) -> list[bytes]:
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line


class Body:
    """The response of a call: its pieces, and ``close()``."""

    def __init__(self, inner: Iterable[bytes], call: str, environ: dict[str, Any]) -> None:
        self._inner = inner
        self._call = call
        self._environ = environ
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._inner:
                note("sends", self._call, message={"type": "http.response.body", "body": piece})
                yield piece
        except GeneratorExit:
            raise
        except BaseException as error:
            self._end(type(error).__name__)
            raise
        self._end(None)

    def _end(self, raised: str | None) -> None:
        if not self._ended:
            self._ended = True
            note("ended", self._call, raised=raised, scope=literal(self._environ))

    def close(self) -> None:
        """Close the application's response, and write that down."""
        note("outcome", self._call, name="close", result={"ok": True, "value": self._ended})
        self._end(None)
        if hasattr(self._inner, "close"):
            self._inner.close()


def recorded(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The same application, with every call written down."""

    def recording(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        call = f"{os.getpid()}.{next(NUMBERS)}"
        note("called", call, pid=os.getpid(), loop="", scope=literal({**environ, "type": "wsgi"}))
        if "wsgi.input" in environ:
            environ["wsgi.input"] = Input(environ["wsgi.input"], call)

        def starting(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            code, _, reason = status.partition(" ")
            message = {"type": "http.response.start", "status": int(code), "reason": reason, "headers": headers}
            note("sends", call, message=literal(message))
            return start_response(status, headers, *more)

        try:
            return Body(app(environ, starting), call, environ)
        except BaseException as error:
            note("ended", call, raised=type(error).__name__, scope=literal(environ))
            raise

    return recording
