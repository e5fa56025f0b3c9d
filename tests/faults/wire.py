"""The byte stream of one connection, and h11's view of it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Union

import h11

from .events import Headers
from .later import Leftovers
from .scope import Ends
from .switches import Switch
from .tls import HANDSHAKE, Tls, bare_fin, extension_of

LONGEST_HEAD = 32 * 1024
AHEAD = 256 * 1024  # bytes of later requests that are kept while one is answered

Got = Union[h11.Request, h11.Data, h11.EndOfMessage, h11.ConnectionClosed, type[h11.PAUSED]]


class Wire:
    """Reads and writes one connection. Strictness about syntax is h11's."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, switch: Switch, tls: Tls | None = None
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.switch = switch
        self.tls = tls
        self.ends: Ends = (
            tuple(writer.get_extra_info("peername")[:2]),
            tuple(writer.get_extra_info("sockname")[:2]),
        )  # the client's address, and the server's
        self.ended = False  # the peer has sent FIN or reset
        self.idle = True  # between two requests
        self.last = False  # the connection ends after the request under way
        self.leave: Callable[[], Awaitable[None]] | None = None  # says goodbye, where a protocol has a way to
        self.is_head = False  # whether the request under way is a HEAD
        self.held: list[bytes] | None = None  # output kept back by the fault `pipeline-reversed`
        self.memory = Leftovers(switch)
        self.protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)

    def secured(self, kind: str) -> dict[str, Any]:
        """The TLS data in a scope of that type."""
        session = self.writer.get_extra_info("ssl_object")
        return {"secure": session is not None, "tls": extension_of(self.tls, session, kind, self.switch)}

    @property
    def ahead(self) -> bytes:
        """The bytes received after the current request."""
        return self.protocol.trailing_data[0]

    async def read(self) -> bytes:
        """The next bytes; b"" at the end of the stream, however it ended."""
        if self.ended:
            return b""
        try:
            data = await self.reader.read(64 * 1024)
        except ConnectionError:
            data = b""
        self.ended = not data
        if data[:1] == HANDSHAKE and self.switch("tls-hello-hangs"):
            return await self.read()
        if data and b"\r" not in data and self.switch("bare-lf-hangs"):
            return await self.read()
        return misread(data, self.switch) if self.switch.name else data

    async def event(self) -> Got:
        """h11's next event, reading as needed. Raises h11.RemoteProtocolError."""
        while True:
            event = self.protocol.next_event()
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]  # h11 types its sentinels as classes
            again = bool(self.ahead) and self.protocol.their_state is h11.IDLE
            data = await self.read()
            if again and data and self.switch("one-read-a-request"):
                raise h11.RemoteProtocolError("a head in two pieces")
            self.protocol.receive_data(data)

    async def gone(self) -> None:
        """Wait until the peer has ended the stream; what it sends until then is kept for later."""
        while not self.ended:
            if len(self.ahead) > AHEAD:
                await asyncio.Event().wait()
            self.protocol.receive_data(await self.read())

    async def ignore(self) -> None:
        """Read on until the peer ends the stream, and throw away what it sends."""
        while await self.read():
            pass

    async def write(self, data: bytes) -> None:
        """Write and wait for the buffer. Raises ConnectionResetError when the peer is gone."""
        if self.held is not None:
            self.held.append(data)
            return
        if self.writer.transport.is_closing():
            raise ConnectionResetError("the client has gone")
        self.writer.write(data)
        if not self.switch("slow-reader-buffers"):
            await self.writer.drain()

    async def emit(self, event: h11.Event) -> None:
        """Write an event. Raises h11.LocalProtocolError for one that may not go out now, and as ``write``."""
        data = self.protocol.send(event)
        if data:
            await self.write(data)

    async def answer(self, status: int, text: str = "", headers: Headers | None = None) -> None:
        """A whole answer of the server's own, after which the connection closes."""
        body = text.encode()
        lines = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        lines += [*self.dated([]), (b"connection", b"close"), *(headers or [])]
        await self.emit(h11.Response(status_code=status, headers=lines, reason=reason(status)))
        if body and not self.is_head:
            await self.emit(h11.Data(data=body))
        await self.emit(h11.EndOfMessage())

    def dated(self, headers: Headers) -> Headers:
        """The headers, with a Date if they have none (RFC 9110, 6.6.1)."""
        if any(name.lower() == b"date" for name, _ in headers) or self.switch("no-date"):
            return headers
        return [*headers, (b"date", formatdate(usegmt=True).encode())]

    def restart(self, data: bytes) -> None:
        """Forget where the connection stands, and read on from ``data``: what faulty servers do."""
        self.protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
        if data:
            self.protocol.receive_data(data)

    async def close(self) -> None:
        """Close both sides, once what was written has gone out."""
        if self.tls is not None and self.switch("tls-bare-fin"):
            await asyncio.sleep(0.05)  # what was written has gone out
            bare_fin(self.writer)
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


def reason(status: int) -> bytes:
    """The reason phrase of a status, b"" for an unknown one."""
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""


def misread(data: bytes, switch: Switch) -> bytes:
    """Make wrong syntax look right before h11 sees it: the faults of a parser that is too kind."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        return data
    if switch("any-content-length"):
        head = re.sub(rb"(?i)(content-length:)(?![ \t]*[0-9]+[ \t]*(\r|$))[^\r\n]*", rb"\1 0", head)
    if switch("first-length-counts"):
        first, *others = re.split(rb"(?i)(?=\r\ncontent-length:)", head)
        head = first + b"".join(
            re.sub(rb"(?i)^(\r\ncontent-length:[^,\r]*)[^\r]*", rb"\1" if not number else b"", part)
            for number, part in enumerate(others)
        )
    if switch("any-transfer-encoding"):
        head = re.sub(rb"(?i)\r\ntransfer-encoding:(?![ \t]*chunked[ \t]*(\r|$))[^\r\n]*", b"", head)
    if switch("any-chunk-size") and b"chunked" in head.lower():
        rest = re.sub(rb"^(?![0-9A-Fa-f]+\r\n)[^\r\n]*\r\n(?:[^\r\n]*\r\n)?(?:0\r\n\r\n)?", b"0\r\n\r\n", rest)
    if switch("missing-host-accepted") and b"\r\nhost:" not in head.lower():
        head += b"\r\nhost: made.up"
    if switch("space-before-colon-accepted"):
        head = re.sub(rb"\r\n([\w-]+)[ \t]+:", rb"\r\n\1:", head)
    if switch("both-lengths-smuggle") and b"\r\ncontent-length:" in head.lower():
        head = re.sub(rb"(?i)\r\ntransfer-encoding:[^\r\n]*", b"", head)
    return head + end + rest
