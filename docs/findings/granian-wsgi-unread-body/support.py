"""Connections, messages and comparisons for the client. Only the standard library is used."""

from __future__ import annotations

import ast
import contextlib
import os
import re
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


def at(value: object, path: str) -> object:
    """The part of a value at a path such as ``user.0.name``; ABSENT if there is none."""
    if not path:
        return value
    if isinstance(value, Mapping) and "$class" in value:
        value = value.get("value")
    if isinstance(value, Mapping):
        # A key may contain dots: the longest that exists is taken.
        words = path.split(".")
        for count in range(len(words), 0, -1):
            key = ".".join(words[:count])
            if key in value and (found := at(value[key], ".".join(words[count:]))) is not ABSENT:
                return found
        return ABSENT
    head, _, rest = path.partition(".")
    if isinstance(value, (list, tuple)):
        if head == "last" and value:
            return at(value[-1], rest)
        if head.isdigit() and int(head) < len(value):
            return at(value[int(head)], rest)
    return ABSENT


PORT = int(os.environ.get("PORT", "8000"))
HOST = "127.0.0.1"
WHOLE = bool(os.environ.get("WHOLE"))
LIMIT = 20


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

    def pause(self, seconds: float) -> None:
        """Wait so long, and take what is received meanwhile, unless reading is off."""
        deadline = time.monotonic() + seconds
        kept, self.unread = self.unread, b""
        while self.reads and not self.ended and (rest := deadline - time.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                kept += self.receive(rest)
        self.unread = kept
        time.sleep(max(0.0, deadline - time.monotonic()))

    def close(self) -> None:
        """Close the connection; with TLS, after a closure alert."""
        if isinstance(self.socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self.socket.settimeout(0.2)
                self.socket = self.socket.unwrap()
        self.socket.close()
        self.ended = self.ended or "closed"


def connect(
    address: tuple[str, int] = (HOST, PORT),
    receive_buffer: int | None = None,
    context: ssl.SSLContext | None = None,
) -> tuple[str, Connection | None, str]:
    """The outcome of connecting (connected, refused, reset, handshake or timeout), the connection, and the error."""
    try:
        return "connected", Connection(address, receive_buffer, context), ""
    except ConnectionRefusedError as error:
        return "refused", None, str(error)
    except ConnectionResetError as error:
        return "handshake" if context else "reset", None, str(error)
    except TimeoutError as error:
        return "timeout", None, str(error)
    except OSError as error:
        return "handshake" if context else "refused", None, str(error)


class Response:
    """A response as far as it was received.

    ``outcome`` is response, closed, reset, refused, timeout, malformed or handshake. ``headers`` are pairs of name and
    value in the order of the wire. ``pieces`` are those of the body with the times of their arrival.
    """

    def __init__(self, began: float, port: int = 0) -> None:
        self.began = self.sent_at = self.ended_at = began
        self.port = port
        self.outcome = ""
        self.why = ""
        self.status: int | Absent = ABSENT
        self.reason: str | Absent = ABSENT
        self.version: str | Absent = ABSENT
        self.headers: list[list[str]] = []
        self.trailers: list[list[str]] = []
        self.interim: list[int] = []
        self.redirects: list[dict[str, object]] = []
        self.framing: str | Absent = ABSENT
        self.pieces: list[tuple[bytes, float]] = []
        self.chunks = 0
        self.wire = b""
        self.first_at: float | None = None
        self.complete = False
        self.open: bool | Absent = ABSENT

    def values(self, name: str) -> list[str]:
        """The values of all lines of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def body(self) -> bytes:
        """The body, without its chunked coding."""
        return b"".join(data for data, _ in self.pieces)

    @property
    def size(self) -> int:
        """The size of the body."""
        return len(self.body)


def single(values: list[str]) -> object:
    """The only value; ABSENT for none, and Several for more."""
    return values[0] if len(values) == 1 else Several(values) if values else ABSENT


def response(connection: Connection, method: str = "GET", within: float | None = None) -> Response:
    """Read one response from a connection."""
    reply = Response(time.monotonic(), connection.port)
    reply.sent_at = connection.sent_at
    return read_response(connection, reply, method, within)


class Reader:
    """Reads lines and numbers of bytes from a connection, and keeps every byte."""

    def __init__(self, connection: Connection, reply: Response, within: float | None) -> None:
        self.connection = connection
        self.reply = reply
        self.within = within
        self.deadline = time.monotonic() + left(within)
        self.buffer = b""

    def more(self) -> bool:
        """Receive more bytes. Returns False at the end of the connection. Raises TimeoutError."""
        data = self.connection.receive(None if self.within is None else max(0.0, self.deadline - time.monotonic()))
        self.reply.ended_at = self.connection.arrived_at
        if data and self.reply.first_at is None:
            self.reply.first_at = self.connection.arrived_at
        self.buffer += data
        return bool(data)

    def take(self, count: int) -> bytes:
        """Take so many bytes from the buffer."""
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        self.reply.wire += data
        return data

    def line(self) -> bytes:
        """The next line, without its end. Raises EOFError at the end of the connection."""
        while b"\n" not in self.buffer:
            if not self.more():
                raise EOFError
        return self.take(self.buffer.index(b"\n") + 1).rstrip(b"\r\n")

    def body(self, count: int) -> None:
        """Read so many bytes of the body. Raises EOFError at the end of the connection."""
        while count:
            if not self.buffer and not self.more():
                raise EOFError
            piece = self.take(min(count, len(self.buffer)))
            self.reply.pieces.append((piece, self.connection.arrived_at))
            count -= len(piece)


def read_response(connection: Connection, reply: Response, method: str, within: float | None) -> Response:
    """Read a response (RFC 9112) into ``reply``; bytes after it stay unread."""
    reader = Reader(connection, reply, within)
    try:
        while not reply.complete:
            read_head(reader, method)
        reply.outcome = "response"
    except EOFError:
        reply.outcome = "reset" if connection.ended == "reset" else "closed"
    except TimeoutError:
        reply.outcome = "timeout"
    except ValueError as error:
        reply.outcome, reply.why = "malformed", str(error)
    finally:
        if reply.outcome == "response":
            connection.unread = reader.buffer + connection.unread
        else:
            reply.wire += reader.buffer
    return reply


def read_head(reader: Reader, method: str) -> None:
    """Read a head, and the body behind it if the response is not an interim one."""
    reply = reader.reply
    line = reader.line()
    found = re.fullmatch(rb"HTTP/([0-9]\.[0-9]) ([1-9][0-9]{2})(?: ([^\r\n]*))?", line)
    if found is None:
        raise ValueError(f"no status line: {line!r}")
    status, headers = int(found[2]), read_fields(reader)
    if status < 200 and status != 101:
        reply.interim.append(status)
        return
    reply.status, reply.version, reply.headers = status, found[1].decode(), headers
    reply.reason = (found[3] or b"").decode("latin-1")
    reply.framing = framing(reply, method, status)
    if reply.framing == "chunked":
        read_chunks(reader)
    elif reply.framing == "content-length":
        sizes = set(reply.values("content-length"))
        if len(sizes) != 1 or not (size := sizes.pop()).isdigit():
            raise ValueError(f"no valid Content-Length: {reply.values('content-length')}")
        reader.body(int(size))
        reply.chunks = len(reply.pieces)
    elif reply.framing == "until-close":
        while reader.buffer or reader.more():
            reader.body(len(reader.buffer))
        reply.chunks = len(reply.pieces)
        if reader.connection.ended == "reset":
            raise EOFError
    reply.complete = True


def read_fields(reader: Reader) -> list[list[str]]:
    """Header or trailer fields, up to the empty line."""
    fields: list[list[str]] = []
    while line := reader.line():
        name, colon, value = line.decode("latin-1").partition(":")
        if line[:1] in b" \t" and fields:
            fields[-1][1] = f"{fields[-1][1]} {line.decode('latin-1').strip()}".strip()
        elif not colon or not re.fullmatch("[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or re.search("[\0\r\n]", value):
            raise ValueError(f"no field: {line!r}")
        else:
            fields.append([name, value.strip(" \t")])
    return fields


def framing(reply: Response, method: str, status: int) -> str:
    """The delimiting of a response's body (RFC 9112, section 6.3)."""
    if method == "HEAD" or status in (101, 204, 304) or (method == "CONNECT" and status < 300):
        return "none"
    if reply.values("transfer-encoding"):
        return "chunked"
    return "content-length" if reply.values("content-length") else "until-close"


def read_chunks(reader: Reader) -> None:
    """Read a body in the chunked coding, and the trailers."""
    while True:
        line = reader.line()
        size = line.partition(b";")[0].strip()
        if not re.fullmatch(b"[0-9A-Fa-f]+", size):
            raise ValueError(f"no chunk size: {line!r}")
        if int(size, 16) == 0:
            break
        reader.body(int(size, 16))
        if reader.line():
            raise ValueError("no line end after a chunk")
        reader.reply.chunks += 1
    reader.reply.trailers = read_fields(reader)


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

    def part(self, path: str) -> object:
        """A part of the scope; ``header.NAME`` and ``headers.NAME`` are headers by their names."""
        family, _, name = path.partition(".")
        if family in ("header", "headers") and name and not name.split(".")[0].isdigit() and name != "last":
            values = named(self.scope.get("headers") or [], name)
            return single(values) if family == "header" else values
        return at(self.scope, path)

    def body(self, messages: list[Any]) -> bytes:
        """The bodies of messages, joined."""
        return b"".join(message.get("body") or b"" for message in messages)


NO_CALL = Call(0.0, {})


def named(pairs: Any, name: str) -> list[Any]:
    """The values of the headers of a name."""
    return [value for key, value in pairs if key.lower() == name.lower().encode("latin-1")]


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


def ended_calls(since: float = 0.0, port: int | None = None, until: float = 1e12) -> list[Call]:
    """The same, after they have ended; at most a second is waited for that."""
    deadline = time.monotonic() + 1.0
    while True:
        found = calls_of(since, port, until)
        if (found and all(call.ended for call in found)) or time.monotonic() >= deadline:
            return found
        time.sleep(0.01)


def numbered(calls: list[Call], number: int | None = None) -> Call:
    """The call of a number, from 1, or the last; NO_CALL if there is none."""
    index = len(calls) if number is None else number
    return calls[index - 1] if 0 < index <= len(calls) else NO_CALL
