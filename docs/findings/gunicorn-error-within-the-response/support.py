"""Connections, messages and comparisons for the client. Only the standard library is used."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping

class FaultShown(Exception):
    """An expectation about the fault does not hold."""


class ResultUnknown(Exception):
    """A step before the one that shows the fault went wrong."""


class Overdue(Exception):
    """The time for the whole reproduction is over."""


class Absent:
    """The value of something that is missing; it equals nothing."""

    def __repr__(self) -> str:
        return "none"


class Several(Absent):
    """The value of something that occurs several times, and is expected once."""

    def __init__(self, values: object) -> None:
        self.values = values

    def __repr__(self) -> str:
        return f"several: {self.values!r}"


ABSENT = Absent()


class That:
    """A condition on a value, with its words."""

    def __init__(self, words: str, holds: Callable[[object], bool], *, absent: bool = False) -> None:
        self.words = words
        self.holds = holds
        self.absent = absent

    def __repr__(self) -> str:
        return self.words


def expect(what: str, actual: object, wanted: object) -> None:
    """Compare a value with the expected one. Raises FaultShown if it differs."""
    if not fits(actual, wanted):
        raise FaultShown(f"expected {what}: {brief(wanted)}\nactual {what}:   {brief(actual)}")
    print(f"as expected, {what}: {brief(actual)}")


def need(what: str, actual: object, wanted: object) -> None:
    """Compare a value with the one that the later steps depend on. Raises ResultUnknown if it differs."""
    if not fits(actual, wanted):
        raise ResultUnknown(f"needed {what}: {brief(wanted)}\nactual {what}: {brief(actual)}")


def fits(actual: object, wanted: object) -> bool:
    """True if a value is the wanted one, or meets the condition."""
    if isinstance(actual, Several):
        return False
    if isinstance(wanted, That):
        return (wanted.absent or actual is not ABSENT) and wanted.holds(actual)
    return actual is not ABSENT and same(actual, wanted)


def same(actual: object, wanted: object) -> bool:
    """Equality in which true is not 1, text is not bytes, and a tuple equals a list."""
    if isinstance(actual, Mapping) and "$class" in actual and isinstance(actual.get("value"), int):
        return same(actual["value"], wanted)
    if isinstance(actual, bool) or isinstance(wanted, bool):
        return actual is wanted
    if isinstance(actual, (list, tuple)) and isinstance(wanted, (list, tuple)):
        return len(actual) == len(wanted) and all(map(same, actual, wanted))
    if isinstance(actual, Mapping) and isinstance(wanted, Mapping):
        return actual.keys() == wanted.keys() and all(same(actual[key], wanted[key]) for key in actual)
    return actual == wanted


def brief(value: object) -> str:
    """A value for a reader; the middle of a long one is left out."""
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:300]} ... {text[-60:]}"


def run(reproduction: Callable[[], None], title: str, *, timeout_is_fault: bool = False) -> int:
    """Run a reproduction. Returns its exit status: 1 if the fault shows, 0 if it does not, 2 if that is unknown."""
    print(title)
    try:
        reproduction()
    except FaultShown as fault:
        print(f"{fault}\nThe fault shows.")
        return 1
    except Overdue as late:
        print(late)
        if timeout_is_fault:
            print("The fault shows.")
            return 1
        print("The result is unknown.")
        return 2
    except ResultUnknown as problem:
        print(f"{problem}\nThe result is unknown.")
        return 2
    except OSError as error:
        print(f"{type(error).__name__}: {error}\nThe result is unknown.")
        return 2
    print("The fault does not show.")
    return 0


def any_of(*choices: object) -> That:
    return That(f"one of {choices!r}", lambda v: any(fits(v, one) for one in choices), absent=True)


def alike(value: object, other: str | bytes) -> str | bytes:
    """A text or bytes as the type of a value: for bytes, a text stands for its UTF-8."""
    return other.encode() if isinstance(value, bytes) and isinstance(other, str) else other


def string_that(words: str, other: str | bytes, holds: Callable[[str | bytes, str | bytes], bool]) -> That:
    """A condition on text or bytes."""

    def found(value: object) -> bool:
        wanted = alike(value, other)
        return isinstance(value, (str, bytes)) and type(value) is type(wanted) and holds(value, wanted)

    return That(f"{words} {other!r}", found)


def contains(part: str | bytes) -> That:
    return string_that("containing", part, lambda v, p: p in v)  # type: ignore[operator]


def ends_with(part: str | bytes) -> That:
    return string_that("ending with", part, lambda v, p: not p or v[-len(p) :] == p)


def matches(pattern: str) -> That:
    def found(value: str | bytes, wanted: str | bytes) -> bool:
        text, regular = (one.decode("latin-1") if isinstance(one, bytes) else one for one in (value, wanted))
        return re.fullmatch(regular, text, re.DOTALL) is not None

    return string_that("matching", pattern, found)


PORT = int(os.environ.get("PORT", "8000"))
HOST = "127.0.0.1"
WHOLE = bool(os.environ.get("WHOLE"))
LIMIT = 10


class Clock:
    """``began`` is the start of the run under way."""

    began = time.monotonic()


def left(within: float | None) -> float:
    """The seconds that a wait may last: ``within``, or the rest of the time for the whole reproduction. Raises Overdue
    if that is over."""
    rest = Clock.began + LIMIT - time.monotonic()
    if rest <= 0:
        raise Overdue(f"it was not over after {LIMIT:g} s")
    return rest if within is None else min(within, rest)


def connected(address: tuple[str, int], within: float, receive_buffer: int | None = None) -> socket.socket:
    """A socket connected to a host and a port, or to the path of a Unix socket. Raises OSError."""
    host = address[0]
    family = socket.AF_UNIX if host.startswith("/") else socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family)
    try:
        if receive_buffer is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.settimeout(within)
        made.connect(host if family == socket.AF_UNIX else address)
        if family != socket.AF_UNIX:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        made.close()
        raise
    return made


class Connection:
    """A TCP connection to the server, and what was received on it."""

    def __init__(
        self,
        address: tuple[str, int] = (HOST, PORT),
        receive_buffer: int | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Connect, with TLS if a context is given. Raises OSError."""
        self.socket: socket.socket = connected(address, left(5.0), receive_buffer)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname=address[0])
        # The client of a Unix socket has no address.
        self.local: tuple[str, int] = tuple(self.socket.getsockname()[:2] or ("", 0))
        self.port = self.local[1]
        self.began = self.sent_at = self.arrived_at = time.monotonic()
        self.sent: bytes | Absent = Absent()
        self.unread = b""
        self.ended = ""
        self.reads = True

    def send(self, data: bytes | list[bytes], sent: bytes | None = None) -> None:
        """Send bytes in one write, or pieces one after the other. A connection that the server has ended takes none."""
        if isinstance(data, list):
            if not WHOLE:
                self.send_slowly(data, 0.002, sent)
                return
            data = b"".join(data)
        self.sent = data if sent is None else sent
        try:
            self.socket.settimeout(left(None))
            self.socket.sendall(data)
        except TimeoutError:
            left(None)
        except OSError:
            self.ended = self.ended or "reset"
        self.sent_at = time.monotonic()

    def send_slowly(self, pieces: list[bytes], every: float, sent: bytes | None = None) -> None:
        """Send pieces, so many seconds apart."""
        began = time.monotonic()
        for number, piece in enumerate(pieces):
            time.sleep(max(0.0, began + number * every - time.monotonic()))
            self.send(piece, b"".join(pieces) if sent is None else sent)

    def receive(self, within: float | None = None) -> bytes:
        """The next bytes; none at the end, after which ``ended`` is fin, tls or reset. Raises TimeoutError."""
        if self.unread:
            data, self.unread = self.unread, b""
            return data
        if self.ended:
            return b""
        waits = left(within)
        self.socket.settimeout(max(waits, 0.001))
        try:
            data = self.socket.recv(65536)
            self.ended = "" if data else "tls" if isinstance(self.socket, ssl.SSLSocket) else "fin"
        except ssl.SSLEOFError:
            data, self.ended = b"", "fin"
        except TimeoutError:
            left(None)
            raise
        except OSError:
            data, self.ended = b"", "reset"
        self.arrived_at = time.monotonic()
        return data

    def read(self, size: int | None = None, until: bytes | None = None, within: float | None = None) -> bytes:
        """Bytes up to a size, or up to and including some bytes; all up to the end without either. What was received
        until the time was over or the connection ended, if that comes first."""
        deadline = time.monotonic() + left(within)
        found = b""
        while True:
            end = size if size is not None and len(found) >= size else -1
            if until is not None and until in found:
                end = found.index(until) + len(until)
            if end >= 0:
                self.unread = found[end:] + self.unread
                return found[:end]
            try:
                data = self.receive(deadline - time.monotonic() if within is not None else None)
            except TimeoutError:
                return found
            if not data:
                return found
            found += data

    def close(self) -> None:
        """Close the connection; with TLS, after a closure alert."""
        if isinstance(self.socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self.socket.settimeout(0.2)
                self.socket = self.socket.unwrap()
        self.socket.close()
        self.ended = self.ended or "closed"


class Closed:
    """The end of a connection by the server: ``how`` it ended (fin, tls or reset; "" while it is open), the unread
    bytes before it, and the seconds from the last byte sent."""

    def __init__(self, connection: Connection, within: float | None = None) -> None:
        deadline = time.monotonic() + left(within)
        self.rest = b""
        self.how = ""
        try:
            while data := connection.receive(deadline - time.monotonic() if within is not None else None):
                self.rest += data
            self.how = connection.ended
        except TimeoutError:
            connection.unread = self.rest
        self.elapsed = connection.arrived_at - connection.sent_at
