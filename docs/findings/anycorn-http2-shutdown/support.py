"""A small client of HTTP/2 with prior knowledge. It makes frames as bytes, fields by hpack, and checks nothing itself."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable

import hpack

HOST = "127.0.0.1"
PORT = int(os.environ.get("PORT", "8000"))
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
NAMES = "DATA HEADERS PRIORITY RST_STREAM SETTINGS PUSH_PROMISE PING GOAWAY WINDOW_UPDATE CONTINUATION".split()
END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 1, 1, 4, 8, 32


class FaultShown(Exception):
    """An expectation about the fault does not hold."""


class ResultUnknown(Exception):
    """A step before the one that shows the fault went wrong."""


def expect(what: str, actual: object, wanted: object) -> None:
    """Compare a value with the expected one. Raises FaultShown if it differs."""
    if actual != wanted:
        raise FaultShown(f"expected {what}: {wanted!r}\nactual {what}:   {actual!r}")
    print(f"as expected, {what}: {actual!r}")


def need(what: str, actual: object, wanted: object) -> None:
    """Compare a value on which the later steps depend. Raises ResultUnknown if it differs."""
    if actual != wanted:
        raise ResultUnknown(f"needed {what}: {wanted!r}\nactual {what}: {actual!r}")


def run(reproduction: Callable[[], None], title: str) -> int:
    """Run a reproduction. Returns its exit status: 1 if the fault shows, 0 if it does not, 2 if that is unknown."""
    print(title)
    try:
        reproduction()
    except FaultShown as fault:
        print(f"{fault}\nThe fault shows.")
        return 1
    except (ResultUnknown, OSError) as problem:
        print(f"{problem}\nThe result is unknown.")
        return 2
    print("The fault does not show.")
    return 0


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame as bytes."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def section(*fields: tuple[str | bytes, str | bytes]) -> bytes:
    """A field section of literals without indexing and without Huffman codes, so nothing outlives the request."""

    def text(value: str | bytes) -> bytes:
        value = value if isinstance(value, bytes) else value.encode("latin-1")
        if len(value) < 127:
            return bytes([len(value)]) + value
        rest, octets = len(value) - 127, [127]
        while rest >= 128:
            octets.append(rest % 128 + 128)
            rest //= 128
        return bytes([*octets, rest]) + value

    return b"".join(b"\0" + text(name) + text(value) for name, value in fields)


class Stream:
    """What was received on a stream."""

    def __init__(self) -> None:
        self.sections: list[list[tuple[bytes, bytes]]] = []
        self.body = b""
        self.ended = False
        self.reset: int | None = None

    @property
    def statuses(self) -> list[int]:
        """The status of each field section that has one."""
        return [int(value) for fields in self.sections for name, value in fields if name == b":status"]

    @property
    def status(self) -> int | None:
        """The final status."""
        return next((status for status in self.statuses if status >= 200), None)

    def values(self, name: bytes) -> list[bytes]:
        """The values of a field in all sections."""
        return [value for fields in self.sections for known, value in fields if known == name]

    def json(self) -> object:
        """The content as JSON."""
        return json.loads(self.body)


class Connection:
    """A connection, and what was received on it. SETTINGS and PING are acknowledged; with ``refills`` the windows of
    the client are filled again."""

    def __init__(
        self, settings: bytes = b"", *, starts: bool = True, refills: bool = True, shows: bool = True
    ) -> None:
        self.socket = socket.create_connection((HOST, PORT), 5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.decoder = hpack.Decoder(max_header_list_size=1 << 24)
        self.streams: dict[int, Stream] = {}
        self.pongs: list[bytes] = []
        self.goaway: tuple[int, bytes] | None = None
        self.closed = ""
        self.refills, self.shows = refills, shows
        self.room: dict[int, int] = {0: 65535}
        self.initial = 65535
        self.told = False
        self._input = self._section = b""
        self._shown = b""
        if starts:
            self.send(PREFACE + frame(SETTINGS, 0, 0, settings))

    def send(self, data: bytes) -> None:
        """Send bytes; a connection that the server has ended takes none."""
        if self.shows:
            self._show(">>", data)
        try:
            self.socket.settimeout(5)
            self.socket.sendall(data)
        except OSError as error:
            self.closed = self.closed or f"closed ({type(error).__name__})"

    def request(
        self, stream: int, *more: tuple[str | bytes, str | bytes], method: str = "GET", path: str = "/", end: bool = True
    ) -> None:
        """Send the fields of a request."""
        fields = [(":method", method), (":scheme", "http"), (":authority", f"{HOST}:8000"), (":path", path)]
        self.fields(stream, *fields, *more, end=end)

    def fields(self, stream: int, *fields: tuple[str | bytes, str | bytes], end: bool = True) -> None:
        """Send a field section as it is."""
        self.send(frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, section(*fields)))

    def data(self, stream: int, content: bytes, *, end: bool = False) -> None:
        """Send one DATA frame whatever the windows are."""
        self.room[0] -= len(content)
        self.room[stream] = self.room.get(stream, self.initial) - len(content)
        self.send(frame(DATA, END_STREAM if end else 0, stream, content))

    def upload(self, stream: int, content: bytes, within: float = 5, *, end: bool = True) -> int:
        """Send content as far as the windows go. Returns the number of bytes that were sent within so many seconds."""
        sent, deadline = 0, time.monotonic() + within
        while sent < len(content) and time.monotonic() < deadline and not self.over:
            room = min(self.room[0], self.room.setdefault(stream, self.initial), 16384, len(content) - sent)
            if room <= 0:
                self.read(0.05, lambda: self.room[0] > 0 and self.room[stream] > 0)
                continue
            self.data(stream, content[sent : sent + room], end=end and sent + room == len(content))
            sent += room
        return sent

    @property
    def over(self) -> bool:
        """True if the server has ended the connection."""
        return bool(self.closed) or self.goaway is not None and self.goaway[0] != 0

    def stream(self, number: int) -> Stream:
        """What was received on a stream."""
        return self.streams.setdefault(number, Stream())

    def response(self, number: int, within: float = 5) -> Stream:
        """Read until a stream has ended, for at most so many seconds."""
        one = self.stream(number)
        self.read(within, lambda: one.ended or one.reset is not None)
        return one

    def outcome(self, number: int, within: float = 5) -> str:
        """How a stream went on: "response 200", "reset 8", "goaway 1", "closed" or, if nothing ended it, "open"."""
        one = self.stream(number)
        self.read(within, lambda: one.ended or one.reset is not None or self.over)
        if one.reset is not None:
            return f"reset {one.reset}"
        if one.ended:
            return f"response {one.status}"
        if self.goaway is not None and self.goaway[0]:
            return f"goaway {self.goaway[0]}"
        return self.closed or "open"

    def refuses(self, number: int, within: float = 5) -> None:
        """Expect that the server refuses a stream: by a reset, GOAWAY, a close, or a status from 400 on."""
        found = self.outcome(number, within)
        refused = found.startswith(("reset", "goaway", "closed", "response 4", "response 5"))
        expect("the stream", found, found if refused else "reset, a status of refusal, GOAWAY or a close")

    def ping(self, data: bytes = b"12345678", within: float = 5) -> bool:
        """True if a PING is answered within so many seconds."""
        self.send(frame(PING, 0, 0, data))
        self.read(within, lambda: data in self.pongs)
        return data in self.pongs

    def read(self, within: float, done: Callable[[], object] = lambda: False) -> None:
        """Read frames until something is so, the connection has ended, or so many seconds are over."""
        deadline = time.monotonic() + within
        while not done() and not self.closed:
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
                self.closed = "" if data else "closed"
            except TimeoutError:
                return
            except OSError as error:
                self.closed, data = f"closed ({type(error).__name__})", b""
            self._input += data
            self._frames()
        if self.closed and not self.told:
            self.told = True
            print("   the connection is closed")

    def _frames(self) -> None:
        while len(self._input) >= 9 + int.from_bytes(self._input[:3]):
            end = 9 + int.from_bytes(self._input[:3])
            one, self._input = self._input[:end], self._input[end:]
            if self.shows:
                self._show("<<", one)
            self._take(one[3], one[4], int.from_bytes(one[5:9]) & 0x7FFFFFFF, one[9:])

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        one = self.stream(number)
        if kind in (DATA, HEADERS) and flags & PADDED:
            payload = payload[1 : len(payload) - payload[0]]
        if kind == DATA:
            one.body += payload
            if self.refills and payload:
                step = len(payload).to_bytes(4)
                self.send(frame(WINDOW_UPDATE, 0, 0, step) + frame(WINDOW_UPDATE, 0, number, step))
        elif kind in (HEADERS, CONTINUATION):
            payload = payload[5:] if kind == HEADERS and flags & WITH_PRIORITY else payload
            self._section = payload if kind == HEADERS else self._section + payload
            if flags & END_HEADERS:
                one.sections.append(self.decoder.decode(self._section, raw=True))
                if self.shows:
                    for name, value in one.sections[-1]:
                        print(f"     {shown(name)}: {shown(value)}")
        elif kind == RST_STREAM:
            one.reset = int.from_bytes(payload)
        elif kind == SETTINGS and not flags & ACK:
            for at in range(0, len(payload), 6):
                if int.from_bytes(payload[at : at + 2]) == 4:
                    size = int.from_bytes(payload[at + 2 : at + 6])
                    self.room = {key: room + (size - self.initial if key else 0) for key, room in self.room.items()}
                    self.initial = size
            self.send(frame(SETTINGS, ACK, 0))
        elif kind == PING:
            if flags & ACK:
                self.pongs.append(payload)
            else:
                self.send(frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            self.goaway = int.from_bytes(payload[4:8]), payload[8:]
        elif kind == WINDOW_UPDATE:
            self.room[number] = self.room.get(number, self.initial) + int.from_bytes(payload)
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            one.ended = True

    def _show(self, way: str, data: bytes) -> None:
        if data.startswith(PREFACE):
            print(f"{way} {shown(PREFACE)}")
            data = data.removeprefix(PREFACE)
        while data:
            end = 9 + int.from_bytes(data[:3])
            one, data = data[:end], data[end:]
            name = NAMES[one[3]] if one[3] < len(NAMES) else f"type {one[3]}"
            words = [way, name, f"stream {int.from_bytes(one[5:9]) & 0x7FFFFFFF}"]
            if one[3] in (SETTINGS, PING) and one[4] & ACK:
                words.append("ACK")
            if one[3] in (DATA, HEADERS) and one[4] & END_STREAM:
                words.append("END_STREAM")
            if one[3] == HEADERS and way == "<<":
                print(*words)
                continue
            if one[9:]:
                words.append(shown(one[9:]))
            print(*words)


def shown(data: bytes) -> str:
    """Bytes as text; the middle of long ones is left out."""
    text = repr(data)[2:-1]
    return text if len(text) <= 200 else f"{text[:120]} ... ({len(data)} bytes)"


def websocket(connection: Connection, stream: int, path: str = "/", *more: tuple[str, str], protocol: str = "websocket") -> None:
    """Send a handshake for a WebSocket (RFC 8441)."""
    fields = [(":method", "CONNECT"), (":protocol", protocol), (":scheme", "http"), (":authority", f"{HOST}:8000")]
    connection.fields(stream, *fields, (":path", path), ("sec-websocket-version", "13"), *more, end=False)


def main(reproduction: Callable[[], None], title: str) -> None:
    """Run a reproduction, and end with its exit status."""
    sys.exit(run(reproduction, title))
