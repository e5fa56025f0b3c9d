"""HTTP/1.1 as a client speaks it: a request's bytes are sent as they are, and the response is parsed."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import re
import time
import zlib

from engine.reproduce.parts.checks import ABSENT, Absent, Several
from engine.reproduce.parts.wire import HOST, PORT, Connection, connect, left


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

    def header(self, name: str) -> object:
        """The value of a header that occurs once."""
        return single(self.values(name))

    def trailer(self, name: str) -> object:
        """The value of a trailer that occurs once."""
        return single([value for key, value in self.trailers if key.lower() == name.lower()])

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
    def size(self) -> int:
        """The size of the body."""
        return len(self.body)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the body."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def json(self) -> object:
        """The body as JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return ABSENT

    @property
    def lines(self) -> list[str]:
        """The lines of the body."""
        rows = self.body.decode("utf-8", "replace").split("\n")
        return [row.removesuffix("\r") for row in (rows if rows[-1] else rows[:-1])]

    @property
    def events(self) -> list[dict[str, object]]:
        """The server-sent events in the body."""
        return server_sent_events(self.body.decode("utf-8", "replace"))

    @property
    def first_byte(self) -> object:
        """The seconds from the last byte sent to the first byte received."""
        return ABSENT if self.first_at is None else self.first_at - self.sent_at

    @property
    def elapsed(self) -> float:
        """The seconds from the last byte sent to the end of the response."""
        return self.ended_at - self.sent_at

    @property
    def spread(self) -> object:
        """The seconds from the first byte of the body to the last."""
        return self.pieces[-1][1] - self.pieces[0][1] if self.pieces else ABSENT


def single(values: list[str]) -> object:
    """The only value; ABSENT for none, and Several for more."""
    return values[0] if len(values) == 1 else Several(values) if values else ABSENT


def server_sent_events(body: str) -> list[dict[str, object]]:
    """Server-sent events, each with event, data, id, and json if the data is JSON."""
    found: list[dict[str, object]] = []
    identity = ""
    *blocks, _ = re.split(r"(?:\r\n|\r|\n){2}", body.removeprefix("\ufeff"))
    for block in blocks:
        event, data = "message", []
        for line in re.split(r"\r\n|\r|\n", block):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                event = value or "message"
            elif name == "data":
                data.append(value)
            elif name == "id":
                identity = value
        if data:
            one: dict[str, object] = {"event": event, "data": "\n".join(data), "id": identity}
            with contextlib.suppress(ValueError):
                one["json"] = json.loads("\n".join(data))
            found.append(one)
    return found


def request(
    data: bytes | list[bytes],
    connection: Connection | None = None,
    *,
    method: str = "GET",
    within: float | None = None,
    abandon_after: float | None = None,
    body: bytes = b"",
) -> Response:
    """Send a request, and read its response. Without a connection it gets its own, which is closed afterwards."""
    reply = Response(time.monotonic())
    used = connection
    if used is None:
        reply.outcome, used, reply.why = connect((HOST, PORT))
        if used is None:
            return reply
    reply.port = used.port
    if used.ended:
        reply.outcome = "reset" if used.ended == "reset" else "closed"
        return reply
    used.send(data, body)
    reply.sent_at = used.sent_at
    read_response(used, reply, method, abandon_after if within is None else within)
    if abandon_after is not None:
        time.sleep(max(0.0, reply.sent_at + abandon_after - time.monotonic()))
        used.close()
    elif connection is None:
        used.close()
    return reply


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


def still_open(connection: Connection, reply: Response) -> bool:
    """True if the server keeps the connection open after a response."""
    words = ",".join(reply.values("connection")).lower()
    closes = (
        "close" in words or reply.framing == "until-close" or (reply.version == "1.0" and "keep-alive" not in words)
    )
    connection.silence(1.0 if closes else 0.05)
    return not connection.ended
