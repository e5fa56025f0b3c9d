"""h11 as the codec of responses, behind an interface small enough to replace it by another parser.

h11 plays a client that has sent a request and waits. It checks syntax and framing. ``header_pairs`` parses the headers
from the bytes themselves, with duplicates and their original case, since h11 normalizes some of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Union

import h11

# The most bytes of a response's head. It is generous: a long head is checked, not refused.
MAX_HEAD = 1024 * 1024

# A header's name and value, as they are on the wire.
Pair = tuple[bytes, bytes]

_blank_line = re.compile(rb"\n\r?\n")
_status_line = re.compile(rb"HTTP/([0-9]\.[0-9]) ([0-9]{3})(?: ([^\r\n]*))?\r?\n")


class MalformedResponse(Exception):
    """The bytes are no HTTP/1.1 response; the message is that of h11."""


@dataclass(frozen=True)
class Head:
    """A status line and headers were complete; ``interim`` for 1xx other than 101."""

    status: int
    reason: str
    version: str
    interim: bool


@dataclass(frozen=True)
class Data:
    """A piece of the body. ``ends`` is true if a chunk of the chunked coding ends with it. (h11 does not report the
    start of a chunk whose size arrives by itself.)"""

    data: bytes
    ends: bool


@dataclass(frozen=True)
class MessageEnd:
    """The response is complete, with these trailers."""

    trailers: tuple[tuple[str, str], ...] = ()


Event = Union[Head, Data, MessageEnd]


def _request(method: str) -> h11.Request:
    # The upgrade is proposed always, so that h11 reads a 101 to any request as what it is.
    return h11.Request(method=method, target="/", headers=[("Host", "h"), ("Upgrade", "any")])


# Only these methods change how a response is framed (RFC 9112, section 6.3).
_requests = {method: _request(method) for method in ("GET", "HEAD", "CONNECT")}
_end_of_request = h11.EndOfMessage()


class ResponseCodec:
    """Bytes in, events out, for one response and the interim ones before it."""

    __slots__ = ("_connection", "_switched")

    def __init__(self, method: str) -> None:
        """``method`` is that of the request."""
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self._connection.send(_requests.get(method, _requests["GET"]))
        self._connection.send(_end_of_request)
        self._switched = False

    def feed(self, data: bytes) -> None:
        """Take bytes; b"" for the end of the stream."""
        self._connection.receive_data(data)

    def next(self) -> Event | None:
        """The next event, or None if more bytes are needed. Raises MalformedResponse."""
        if self._switched:
            self._switched = False
            return MessageEnd()
        try:
            event = self._connection.next_event()
        except h11.RemoteProtocolError as error:
            raise MalformedResponse(str(error)) from error
        if isinstance(event, h11.Data):
            return Data(bytes(event.data), event.chunk_end)
        if isinstance(event, (h11.InformationalResponse, h11.Response)):
            self._switched = self._connection.their_state is h11.SWITCHED_PROTOCOL
            interim = isinstance(event, h11.InformationalResponse) and not self._switched
            version = event.http_version.decode("ascii")
            return Head(event.status_code, event.reason.decode("latin-1"), version, interim)
        if isinstance(event, h11.EndOfMessage):
            return MessageEnd(tuple((_text(name), _text(value)) for name, value in event.headers.raw_items()))
        return None

    @property
    def trailing(self) -> bytes:
        """The bytes that were fed beyond the end of the response."""
        return self._connection.trailing_data[0]


def _text(data: bytes) -> str:
    return bytes(data).decode("latin-1")


def head_end(wire: bytes | bytearray, start: int) -> int:
    """The index of the end of the head that begins at ``start``, -1 if it is incomplete."""
    found = _blank_line.search(wire, start)
    return found.end() if found else -1


def header_pairs(head: bytes) -> list[tuple[str, str]]:
    """The names and values of a head as they were on the wire, in latin-1; folded lines are joined by a space."""
    pairs: list[tuple[str, str]] = []
    for row in head.decode("latin-1").split("\n")[1:]:
        line = row.removesuffix("\r")
        if line[:1] in (" ", "\t") and pairs:
            name, value = pairs[-1]
            pairs[-1] = (name, " ".join((value, line.strip(" \t"))))
        elif line:
            name, _, value = line.partition(":")
            pairs.append((name, value.strip(" \t")))
    return pairs


def status_of(head: bytes) -> Head | None:
    """The status line at the start of a head that the codec refused for something after it."""
    found = _status_line.match(head)
    if found is None:
        return None
    return Head(int(found[2]), (found[3] or b"").decode("latin-1"), found[1].decode("ascii"), False)
