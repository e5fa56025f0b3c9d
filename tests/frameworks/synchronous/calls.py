"""Calls of an app: what a server would hand it, and what it answers, held to PEP 3333."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .manner import Environ, Manner

App = Callable[[Environ, Callable[..., Any]], Any]

# What a server alone may say of its connection (RFC 2616 13.5.1, which PEP 3333 cites).
HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding",
    "upgrade",
}  # fmt: skip
STATUS = re.compile(r"([2-5][0-9]{2}) ([!-~][ -~]*)")


class Wrong(Exception):
    """The app did not do what it should; the message says what."""


@dataclass
class Answer:
    """The result of a call. ``pieces`` are the non-empty ones, with the clock's time; ``raised`` is the exception of
    iterating, after the response had begun."""

    status: int = 0
    reason: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    pieces: list[tuple[float, bytes]] = field(default_factory=list)
    raised: Exception | None = None
    started: float = 0.0

    @property
    def body(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    def all(self, name: str) -> list[str]:
        """The values of a header."""
        return [value for one, value in self.headers if one.lower() == name]

    def header(self, name: str) -> str:
        """The value of a header that comes once. Raises Wrong where it does not."""
        values = self.all(name)
        if len(values) != 1:
            raise Wrong(f"the header {name} comes {len(values)} times")
        return values[0]

    def json(self) -> Any:
        """The body as JSON. Raises Wrong where it is none, or is not said to be."""
        if self.header("content-type").partition(";")[0] != "application/json":
            raise Wrong(f"the type is {self.header('content-type')}")
        try:
            return json.loads(self.body)
        except ValueError:
            raise Wrong(f"the body is no JSON: {self.body[:100]!r}") from None


class Clock:
    """A clock that moves when the app sleeps, and by nothing else."""

    def __init__(self) -> None:
        self.now = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Stands for ``time.sleep`` meanwhile."""
        real = time.sleep
        time.sleep = self._sleep  # type: ignore[assignment]  # the clock of the test
        try:
            yield
        finally:
            time.sleep = real

    def _sleep(self, seconds: float) -> None:
        self.now = round(self.now + seconds, 6)


class Call:
    """One call of the app."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.answer = Answer()
        self._has_begun = False

    def start_response(self, status: Any, headers: Any, exc_info: Any = None) -> Callable[[bytes], None]:
        """The server's own. Raises Wrong where it is called against the rules."""
        if exc_info and self.answer.pieces:
            raise exc_info[1].with_traceback(exc_info[2])
        if self._has_begun and not exc_info:
            raise Wrong("start_response was called twice")
        self._has_begun = True
        if type(status) is not str or not (parts := STATUS.fullmatch(status)):
            raise Wrong(f"{status!r} is no status line")
        if type(headers) is not list:
            raise Wrong(f"the headers are of class {type(headers).__name__}, and should be a list")
        for pair in headers:
            check_header(pair)
        self.answer.status, self.answer.reason = int(parts[1]), parts[2]
        self.answer.headers = list(headers)
        self.answer.started = self._clock.now
        return self._take

    def _take(self, piece: Any) -> None:
        if type(piece) is not bytes:
            raise Wrong(f"a piece is of class {type(piece).__name__}, and should be bytes")
        if piece:
            if not self._has_begun:
                raise Wrong("a piece came before start_response was called")
            self.answer.pieces.append((self._clock.now, piece))

    def run(self, app: App, environ: Environ) -> Answer:
        """The whole exchange. Raises Wrong, and what the app raised before the response had begun."""
        result = app(environ, self.start_response)
        try:
            for piece in result:
                self._take(piece)
        except Wrong:
            raise
        except Exception as error:
            if not self.answer.pieces:
                raise
            self.answer.raised = error
        finally:
            if hasattr(result, "close"):
                result.close()
        if not self._has_begun:
            raise Wrong("start_response was not called")
        return self.answer


def check_header(pair: Any) -> None:
    """Raises Wrong for a header that an application may not give."""
    if type(pair) is not tuple or len(pair) != 2 or any(type(one) is not str for one in pair):
        raise Wrong(f"{pair!r} is no pair of texts")
    name, value = pair
    if name.lower() in HOP_BY_HOP:
        raise Wrong(f"the header {name} is the server's alone")
    if re.search(r"[\x00-\x1f\x7f]", name + value) or not name or ":" in name:
        raise Wrong(f"{pair!r} has a character that no header has")


class Server:
    """Calls an app in some manner."""

    def __init__(self, app: App, manner: Manner, clock: Clock) -> None:
        self.app = app
        self.manner = manner
        self.clock = clock

    def ask(
        self,
        method: str,
        path: str,
        query: str = "",
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        changed: Environ | None = None,
    ) -> Answer:
        """One request's answer. ``changed`` are variables of environ. Raises Wrong, and what the app raised."""
        environ = self.manner.environ(method, path, query, body, headers or {}) | (changed or {})
        answer = Call(self.clock).run(self.app, environ)
        lengths = answer.all("content-length")
        if method != "HEAD" and lengths and not answer.raised and lengths != [str(len(answer.body))]:
            raise Wrong(f"Content-Length is {lengths}, and the body has {len(answer.body)} bytes")
        return answer
