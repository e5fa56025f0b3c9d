"""Connections, messages and comparisons for the client. Only the standard library is used."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import socket
import ssl
import time
import zlib
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
        return "nothing"


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


HOST = "127.0.0.1"
PORT = int(os.environ.get("PORT", "8000"))
LIMIT = 10
BEGAN = time.monotonic()


def left(within: float | None) -> float:
    """The seconds that a wait may last: ``within``, or the rest of the time for the whole reproduction. Raises Overdue
    if that is over."""
    rest = BEGAN + LIMIT - time.monotonic()
    if rest <= 0:
        raise Overdue(f"it was not over after {LIMIT:g} s")
    return rest if within is None else min(within, rest)


class Connection:
    """A TCP connection to the server, and what was received on it."""

    def __init__(
        self,
        address: tuple[str, int] = (HOST, PORT),
        receive_buffer: int | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Connect, with TLS if a context is given. Raises OSError."""
        self.socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(left(5.0))
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname=address[0])
        self.local: tuple[str, int] = self.socket.getsockname()[:2]
        self.port = self.local[1]
        self.began = self.sent_at = self.arrived_at = time.monotonic()
        self.sent: bytes | Absent = Absent()
        self.unread = b""
        self.ended = ""
        self.reads = True

    def send(self, data: bytes | list[bytes], sent: bytes | None = None) -> None:
        """Send bytes in one write, or pieces one after the other. A connection that the server has ended takes none."""
        if isinstance(data, list):
            self.send_slowly(data, 0.002, sent)
            return
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

    def close(self) -> None:
        """Close the connection; with TLS, after a closure alert."""
        if isinstance(self.socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self.socket.settimeout(0.2)
                self.socket = self.socket.unwrap()
        self.socket.close()
        self.ended = self.ended or "closed"


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
    def content(self) -> object:
        """The body without its content coding: gzip, deflate or none."""
        coding = ",".join(self.values("content-encoding")).strip().lower()
        try:
            if coding == "gzip":
                return gzip.decompress(self.body)
            return zlib.decompress(self.body) if coding == "deflate" else self.body
        except (OSError, EOFError, zlib.error):
            return ABSENT

    @property
    def json(self) -> object:
        """The body as JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return ABSENT


TYPES = {
    "begin_request": 1, "abort_request": 2, "end_request": 3, "params": 4, "stdin": 5, "stdout": 6, "stderr": 7,
    "data": 8, "get_values": 9, "get_values_result": 10, "unknown_type": 11,
}  # fmt: skip
STATUSES = ("request_complete", "cant_mpx_conn", "overloaded", "unknown_role")


def record(
    type: int,
    id: int,
    content: bytes = b"",
    *,
    padding: int = 0,
    version: int = 1,
    reserved: int = 0,
    claim_length: int | None = None,
    claim_padding: int | None = None,
) -> bytes:
    """The bytes of one record, legal or not."""
    length = len(content) if claim_length is None else claim_length
    padded = padding if claim_padding is None else claim_padding
    head = bytes([version, type]) + id.to_bytes(2, "big") + length.to_bytes(2, "big") + bytes([padded, reserved])
    return head + content + bytes(padding)


class Record:
    """A record of the application."""

    def __init__(self, type: int, id: int, content: bytes, padding: int) -> None:
        names: dict[int, str] = {number: name for name, number in TYPES.items()}
        self.type: object = names.get(type, type)
        self.number = type
        self.id = id
        self.content = content
        self.padding = padding

    @property
    def protocol_status(self) -> object:
        """The protocol's status in END_REQUEST."""
        if self.type != "end_request" or len(self.content) < 5:
            return ABSENT
        number = self.content[4]
        return STATUSES[number] if number < len(STATUSES) else number

    @property
    def values(self) -> object:
        """The variables in GET_VALUES_RESULT."""
        return decoded_pairs(self.content) if self.type == "get_values_result" else ABSENT

    @property
    def faults(self) -> list[str]:
        """The rules that the record breaks by itself."""
        found = []
        if isinstance(self.type, int):
            found.append(f"there is no record type {self.type} (section 8)")
        elif self.number in (1, 2, 4, 5, 8, 9):
            found.append(f"{self.type} is sent by web servers only (appendix A)")
        if (self.number in (9, 10, 11)) is bool(self.id):
            found.append(f"{self.type} has the request id {self.id} (section 3.3)")
        if self.number in (3, 11) and len(self.content) != 8:
            found.append(f"{self.type} has {len(self.content)} bytes, not 8 (sections 4.2 and 5.5)")
        return found


def decoded_pairs(data: bytes) -> dict[str, str]:
    """Name-value pairs as text."""
    found = {}
    while data:
        lengths = []
        for _ in range(2):
            size = 4 if data[0] & 128 else 1
            lengths.append(int.from_bytes(data[:size], "big") & ((1 << (8 * size - 1)) - 1))
            data = data[size:]
        name, value, data = data[: lengths[0]], data[lengths[0] : sum(lengths)], data[sum(lengths) :]
        found[name.decode("latin-1")] = value.decode("latin-1")
    return found


class Records:
    """The records that are received on a connection; those that nothing has taken are kept."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.kept: list[Record] = []
        self.buffer = b""

    def next(self, deadline: float | None) -> tuple[Record | None, str]:
        """The next record from the connection, and how the wait ended: record, timeout, closed, reset or malformed."""
        while True:
            data = self.buffer
            if data and data[0] != 1:
                return None, "malformed"
            size = 8 + int.from_bytes(data[4:6], "big") + data[6] if len(data) >= 8 else 8
            if len(data) >= 8 and len(data) >= size:
                length = int.from_bytes(data[4:6], "big")
                self.buffer = data[size:]
                return Record(data[1], int.from_bytes(data[2:4], "big"), data[8 : 8 + length], data[6]), "record"
            try:
                more = self.connection.receive(None if deadline is None else max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                return None, "timeout"
            if not more:
                return None, "reset" if self.connection.ended == "reset" else "closed"
            self.buffer += more

    def receive(self, type: object = None, within: float | None = None) -> tuple[Record | None, str]:
        """The next record of a type, or of any, and how the wait ended; other records are kept."""
        deadline = None if within is None else time.monotonic() + left(within)
        waiting, self.kept = self.kept, []
        while True:
            one, outcome = (waiting.pop(0), "record") if waiting else self.next(deadline)
            if one is None or type is None or type in (one.type, one.number):
                self.kept += waiting
                return one, outcome
            self.kept.append(one)

    def response(self, id: int, within: float | None = None) -> Answer:
        """The response to a request, up to END_REQUEST; records of other requests are kept."""
        deadline = None if within is None else time.monotonic() + left(within)
        answer = Answer(self.connection)
        waiting, self.kept = self.kept, []
        while not answer.outcome:
            one, outcome = (waiting.pop(0), "record") if waiting else self.next(deadline)
            if one is None:
                answer.outcome = outcome
            elif one.id != id or one.number in (9, 10, 11):
                self.kept.append(one)
            else:
                answer.take(one, self.connection.arrived_at)
        self.kept += waiting
        return answer


class Answer(Response):
    """The response of an application in FastCGI; ``outcome`` can also be rejected or empty."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(time.monotonic(), connection.port)
        self.sent_at = connection.sent_at
        self.received: list[Record] = []
        self.ended: list[str] = []
        self.faults: list[str] = []
        self.end: Record | None = None

    def take(self, one: Record, at: float) -> None:
        """Take the next record of the request."""
        self.received.append(one)
        self.faults += one.faults
        self.ended_at = at
        self.first_at = self.first_at or at
        if one.number in (6, 7) and not one.content:
            self.ended.append(str(one.type))
        elif one.number in (6, 7) and str(one.type) in self.ended:
            self.faults.append(f"{one.type} goes on after its end (section 3.3)")
        elif one.number == 6:
            self.pieces.append((one.content, at))
        elif one.number == 3:
            self.end = one
            self.finish()

    def finish(self) -> None:
        """Read the CGI response (RFC 3875, section 6) from STDOUT."""
        data = self.stdout
        if self.protocol_status != "request_complete":
            self.outcome = "rejected"
            return
        if not data:
            self.outcome = "empty"
            return
        found = re.search(rb"(?:\A|\n)\r?\n", data)
        if found is None:
            self.outcome = "malformed"
            return
        lines = data[: found.start()].decode("latin-1").split("\n")
        self.headers = [[part.strip(" \t") for part in line.rstrip("\r").split(":", 1)] for line in lines]
        if not all(len(pair) == 2 and re.fullmatch("[!#$%&'*+.^_`|~0-9A-Za-z-]+", pair[0]) for pair in self.headers):
            self.outcome = "malformed"
            return
        status = re.fullmatch(r"([1-9][0-9]{2})(?: (.*))?", (self.values("status") or ["200"])[0])
        if status is None:
            self.outcome = "malformed"
            return
        moved = not self.values("status") and re.match(
            r"[A-Za-z][A-Za-z0-9+.-]*:", (self.values("location") or [""])[0]
        )
        self.status, self.reason = (302, "") if moved else (int(status[1]), status[2] or "")
        self.outcome, self.complete = "response", True
        skipped, found_pieces = found.end(), []
        for piece, at in self.pieces:
            rest, skipped = piece[skipped:], max(0, skipped - len(piece))
            found_pieces += [(rest, at)] if rest else []
        self.stdout_pieces, self.pieces = [piece for piece, _ in self.pieces], found_pieces
        self.chunks = len(found_pieces)

    @property
    def stdout(self) -> bytes:
        """All of STDOUT."""
        return b"".join(one.content for one in self.received if one.number == 6)

    @property
    def protocol_status(self) -> object:
        """The protocol's status in END_REQUEST."""
        return ABSENT if self.end is None else self.end.protocol_status
