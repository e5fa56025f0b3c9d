"""FastCGI as a web server speaks it to an application (FastCGI 1.0)."""

from __future__ import annotations

import re
import time
from typing import Any

from engine.reproduce.parts.checks import ABSENT
from engine.reproduce.parts.http1 import Response
from engine.reproduce.parts.wire import Connection, left

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


def pairs(*values: tuple[bytes, bytes], long: bool = False) -> bytes:
    """Name-value pairs; ``long`` writes every length in four bytes."""

    def length(data: bytes) -> bytes:
        size = len(data)
        return bytes([size]) if size < 128 and not long else (size | 1 << 31).to_bytes(4, "big")

    return b"".join(length(name) + length(value) + name + value for name, value in values)


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
    def app_status(self) -> object:
        """The application's status in END_REQUEST."""
        return int.from_bytes(self.content[:4], "big") if self.type == "end_request" else ABSENT

    @property
    def protocol_status(self) -> object:
        """The protocol's status in END_REQUEST."""
        if self.type != "end_request" or len(self.content) < 5:
            return ABSENT
        number = self.content[4]
        return STATUSES[number] if number < len(STATUSES) else number

    @property
    def unknown_type(self) -> object:
        """The type that the application does not know, in UNKNOWN_TYPE."""
        return self.content[0] if self.type == "unknown_type" and self.content else ABSENT

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

    def receive_values(self, within: float | None = None) -> tuple[Record, str]:
        """The result of GET_VALUES, and the outcome: result, unknown_type, timeout, closed, reset or malformed."""
        deadline = None if within is None else time.monotonic() + left(within)
        while True:
            one, outcome = self.next(deadline)
            if one is None:
                return Record(0, 0, b"", 0), outcome
            if one.number in (10, 11):
                return one, "result" if one.number == 10 else "unknown_type"
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
    def stderr(self) -> bytes:
        """All of STDERR."""
        return b"".join(one.content for one in self.received if one.number == 7)

    @property
    def app_status(self) -> object:
        """The application's status in END_REQUEST."""
        return ABSENT if self.end is None else self.end.app_status

    @property
    def protocol_status(self) -> object:
        """The protocol's status in END_REQUEST."""
        return ABSENT if self.end is None else self.end.protocol_status

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records, each with its type, its length and its padding."""
        return [{"type": one.type, "length": len(one.content), "padding": one.padding} for one in self.received]

    @property
    def types(self) -> list[object]:
        """The types of the records."""
        return [one.type for one in self.received]
