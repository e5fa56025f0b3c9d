"""Connections, messages and comparisons for the client. Only the standard library is used."""

from __future__ import annotations

import ast
import contextlib
import os
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

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


PORT = int(os.environ.get("PORT", "8000"))
HOST = "127.0.0.1"
WHOLE = bool(os.environ.get("WHOLE"))
LIMIT = 30


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

    def close(self) -> None:
        """Close the connection; with TLS, after a closure alert."""
        if isinstance(self.socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self.socket.settimeout(0.2)
                self.socket = self.socket.unwrap()
        self.socket.close()
        self.ended = self.ended or "closed"


CALLS = Path(__file__).with_name("calls.log")


class Call:
    """One call of the application: its scope, the messages that it received and sent, and its end."""

    def __init__(self, began: float, scope: Mapping[str, Any], pid: object = ABSENT) -> None:
        self.began = began
        self.scope: Any = scope
        self.scope_after: Any = ABSENT
        self.received: list[Any] = []
        self.sent: list[Any] = []
        self.sent_at: list[float] = []
        self.raised_by_send: list[str] = []
        self.returned: Any = ABSENT
        self.raised: Any = ABSENT
        self.results: dict[str, Any] = {}
        self.loop: Any = ABSENT
        self.pid = pid
        self.ended = False
        self.last = began

    @property
    def port(self) -> object:
        """The client's port, 0 if the server does not say it."""
        if self.scope.get("type") == "wsgi":
            return int(self.scope.get("REMOTE_PORT") or 0)
        client = self.scope.get("client")
        found = client[1] if isinstance(client, (list, tuple)) and len(client) == 2 else 0
        # Granian says it as text, which is another fault.
        return int(found) if isinstance(found, str) and found.isdecimal() else found

    def body(self, messages: list[Any]) -> bytes:
        """The bodies of messages, joined."""
        return b"".join(message.get("body") or b"" for message in messages)


NO_CALL = Call(0.0, {})


def recorded() -> list[Call]:
    """All calls, in the order of their start."""
    calls: dict[str, Call] = {}
    lines = CALLS.read_text("utf-8").splitlines(keepends=True) if CALLS.exists() else []
    for line in lines:
        if not line.endswith("\n"):  # another process is writing it
            continue
        entry = ast.literal_eval(line)
        if entry["event"] == "called":
            calls[entry["call"]] = Call(entry["time"], entry["scope"], entry["pid"])
            calls[entry["call"]].loop = entry["loop"]
            continue
        call = calls[entry["call"]]
        call.last = entry["time"]
        if entry["event"] == "received":
            call.received.append(entry["message"])
        elif entry["event"] == "sends":
            call.sent.append(entry["message"])
            call.sent_at.append(entry["time"])
        elif entry["event"] == "send raised":
            call.raised_by_send.append(entry["raised"])
        elif entry["event"] == "outcome":
            call.results[entry["name"]] = entry["result"]
        elif entry["event"] == "ended":
            call.returned = entry["raised"] is None
            call.raised = ABSENT if entry["raised"] is None else entry["raised"]
            call.scope_after = entry["scope"]
            call.ended = True
    return sorted(calls.values(), key=lambda call: call.began)


def calls_of(since: float = 0.0, port: int | None = None, until: float = 1e12) -> list[Call]:
    """The calls since a time, without lifespan calls: those of a client's port, if it is given and the server says
    it."""
    found = [call for call in recorded() if since <= call.began < until and call.scope.get("type") != "lifespan"]
    return [call for call in found if port is None or call.port in (0, port)]


def numbered(calls: list[Call], number: int | None = None) -> Call:
    """The call of a number, from 1, or the last; NO_CALL if there is none."""
    index = len(calls) if number is None else number
    return calls[index - 1] if 0 < index <= len(calls) else NO_CALL


def retry(action: Callable[[], None], within: float, every: float = 0.05) -> None:
    """Call a function until it raises nothing; when the time is over, what it raised last counts."""
    deadline = time.monotonic() + within
    while True:
        try:
            return action()
        except (FaultShown, ResultUnknown):
            if time.monotonic() >= deadline:
                raise
        time.sleep(every)
