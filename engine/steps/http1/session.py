"""HTTP/1.1 as a client speaks it: the bytes of a request, and a response read from a channel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.errors import Reset
from engine.model.protocols import Channel
from engine.model.quantities import show_size
from engine.protocols.http1 import (
    Data,
    Event,
    Head,
    MalformedResponse,
    Pair,
    ResponseCodec,
    head_end,
    header_pairs,
    status_of,
)
from engine.steps.http1.plain import plain

# Methods whose content has a meaning: a client says "no content" explicitly (RFC 9110, section 8.6).
WITH_CONTENT = frozenset({"POST", "PUT", "PATCH"})


def request_bytes(
    method: str,
    target: str,
    *,
    host: str,
    headers: Sequence[Pair] = (),
    added: Sequence[Pair] = (),
    version: str = "1.1",
    body: bytes | None = None,
    framing: str | None = None,
    trailers: Sequence[Pair] = (),
) -> bytes:
    """The bytes of a request.

    ``headers`` are the case's own, in order and with their case kept; ``added`` are the engine's. Host, and
    Content-Length or Transfer-Encoding, are added unless ``headers`` have them. ``framing`` is ``content-length``,
    ``chunked`` or ``none``; by default the trailers or a Transfer-Encoding of the case's own ask for chunks, and
    anything else for a length where there is a body.
    """
    given = {name.lower(): value for name, value in headers}
    chunked = framing == "chunked" or (framing is None and bool(trailers or (given and _ends_chunked(given))))
    lines = [f"{method} {target} HTTP/{version}\r\n".encode()]
    if b"host" not in given:
        lines.append(b"Host: %s\r\n" % host.encode())
    lines += [b"%s: %s\r\n" % pair for pair in added]
    lines += [b"%s: %s\r\n" % pair for pair in headers]
    if b"content-length" not in given and b"transfer-encoding" not in given:
        if chunked:
            lines.append(b"Transfer-Encoding: chunked\r\n")
        elif framing == "content-length" or (framing is None and (body is not None or method in WITH_CONTENT)):
            lines.append(b"Content-Length: %d\r\n" % len(body or b""))
    lines.append(b"\r\n")
    if chunked:
        if body:
            lines.append(b"%x\r\n%s\r\n" % (len(body), body))
        lines.append(b"0\r\n")
        lines += [b"%s: %s\r\n" % pair for pair in trailers]
        lines.append(b"\r\n")
    elif body:
        lines.append(body)
    return b"".join(lines)


def _ends_chunked(given: dict[bytes, bytes]) -> bool:
    return given.get(b"transfer-encoding", b"").lower().rpartition(b",")[2].strip() == b"chunked"


@dataclass(slots=True)
class Response:
    """A response, filled in as it arrives, so that a broken one shows its progress.

    ``sent_at`` is the time when the last byte of the request was sent; all times are in seconds of CLOCK_MONOTONIC.
    ``outcome`` is ``response`` for a whole one, else ``closed``, ``reset``, ``refused``, ``timeout``, ``malformed``,
    ``handshake`` or ``endless``, and ``detail`` explains it. ``pieces`` are those of the body with the times of their
    arrival. ``open`` is None if nothing checked it. ``waited`` is how long a response was waited for that timed out, in
    seconds; None where nothing was.
    """

    method: str = "GET"
    sent_at: float = 0.0
    outcome: str = ""
    detail: str = ""
    status: int | None = None
    reason: str = ""
    version: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    trailers: tuple[tuple[str, str], ...] = ()
    interim: list[int] = field(default_factory=list)
    framing: str = ""
    pieces: list[tuple[bytes, float]] = field(default_factory=list)
    chunks: int = 0
    wire: list[bytes] = field(default_factory=list)
    complete: bool = False
    first_at: float | None = None
    ended_at: float | None = None
    open: bool | None = None
    waited: float | None = None

    def values(self, name: str) -> list[str]:
        """The values of a header, in the order of the wire; ``name`` in any case."""
        name = name.lower()
        return [value for key, value in self.headers if key.lower() == name]

    @property
    def announces_close(self) -> bool:
        """True if it says that the connection will be closed (RFC 9112, section 9.6), or ends by it."""
        words = {word.strip().lower() for value in self.values("connection") for word in value.split(",")}
        if self.framing == "until-close" or "close" in words:
            return True
        return self.version == "1.0" and "keep-alive" not in words


def framing_of(method: str, status: int, headers: Sequence[tuple[str, str]]) -> str:
    """The delimiting of a response's body (RFC 9112, section 6.3)."""
    if method == "HEAD" or status in (204, 304) or status < 200 or (method == "CONNECT" and status < 300):
        return "none"
    names = {name.lower() for name, _ in headers}
    if "transfer-encoding" in names:
        return "chunked"
    return "content-length" if "content-length" in names else "until-close"


class ResponseReader:
    """Reads one response, and the interim ones before it, from a channel into ``response``."""

    __slots__ = ("_codec", "_head", "_left", "_start", "response")

    def __init__(self, response: Response) -> None:
        self.response = response
        self._codec: ResponseCodec | None = None
        self._left = 0
        self._head = b""
        self._start = 0

    async def read(self, channel: Channel) -> None:
        """Read until the response is complete or broken. Bytes after it are put back. Raises ChannelClosed where this
        side has closed the channel."""
        response = self.response
        while not response.outcome:
            try:
                data, at = await channel.receive()
            except Reset:
                self._ended("reset")
                break
            response.ended_at = at
            if data:
                self._data(channel, data, at)
            else:
                self._fin(at)

    def _data(self, channel: Channel, data: bytes, at: float) -> None:
        response, codec = self.response, self._codec
        response.wire.append(data)
        if response.first_at is None:
            response.first_at = at
            found = plain(response.method, data)
            if found is not None:
                self._final(found.head, found.headers)
                self._left = found.length
                self._piece(channel, data, found.size, at)
                return
        elif codec is None:
            self._piece(channel, data, 0, at)
            return
        if codec is None:
            codec = self._codec = ResponseCodec(response.method)
        if response.status is None:
            self._head += data
        codec.feed(data)
        pieces = len(response.pieces)
        self._drain(codec, at)
        if len(response.pieces) > pieces and response.framing != "chunked":
            response.chunks += 1
        if response.complete:
            trailing = codec.trailing
            if trailing:
                response.wire[-1] = data[: -len(trailing)]
                channel.unread(trailing, at)

    def _piece(self, channel: Channel, data: bytes, start: int, at: float) -> None:
        """Add the bytes of a plain response's body, which continues at ``start``."""
        response = self.response
        end = start + self._left
        piece = data[start:end]
        if piece:
            response.pieces.append((piece, at))
            response.chunks += 1
            self._left -= len(piece)
        if self._left:
            return
        response.complete = True
        response.outcome = "response"
        if end < len(data):
            response.wire[-1] = data[:end]
            channel.unread(data[end:], at)

    def _fin(self, at: float) -> None:
        if self._codec is not None and self.response.framing == "until-close":
            self._codec.feed(b"")
            self._drain(self._codec, at)
        if not self.response.outcome:
            self._ended("closed")

    def _drain(self, codec: ResponseCodec, at: float) -> None:
        try:
            while (event := codec.next()) is not None:
                self._take(event, at)
                if self.response.complete:
                    break
        except MalformedResponse as error:
            self._refused(error)

    def _take(self, event: Event, at: float) -> None:
        response = self.response
        if isinstance(event, Data):
            response.pieces.append((event.data, at))
            if response.framing == "chunked":
                response.chunks += event.ends
        elif isinstance(event, Head):
            end = head_end(self._head, self._start)
            if event.interim:
                response.interim.append(event.status)
                self._start = end
            else:
                self._final(event, header_pairs(self._head[self._start : end]))
        else:
            response.trailers = event.trailers
            response.complete = True
            response.outcome = "response"

    def _final(self, head: Head, headers: list[tuple[str, str]]) -> None:
        response = self.response
        response.status, response.reason, response.version = head.status, head.reason, head.version
        response.headers = headers
        response.framing = framing_of(response.method, head.status, headers)
        self._head = b""

    def _refused(self, error: MalformedResponse) -> None:
        """The codec refused the bytes. A head that is there is shown all the same, for whoever seeks the fault."""
        response = self.response
        if response.status is None and (end := head_end(self._head, self._start)) >= 0:
            head = self._head[self._start : end]
            if (status := status_of(head)) is not None:
                self._final(status, header_pairs(head))
        response.outcome, response.detail = "malformed", str(error)

    def _ended(self, outcome: str) -> None:
        self.response.outcome = outcome
        self.response.detail = f"received {progress(self.response)}"


def progress(response: Response) -> str:
    """The part of a response that had come, in words."""
    if response.status is not None:
        size = sum(len(data) for data, _ in response.pieces)
        return f"the head of the response ({response.status}) and {show_size(size)} of its body"
    return f"{show_size(sum(map(len, response.wire)))} of the response"


async def read_response(channel: Channel, response: Response, within: float | None, now: float) -> Response:
    """Read a response into ``response``; ``within`` seconds from ``now`` it is broken off, its outcome ``timeout``."""
    try:
        async with asyncio.timeout(within):
            await ResponseReader(response).read(channel)
    except TimeoutError:
        time_out(response, within or 0.0, now)
    return response


def time_out(response: Response, within: float, now: float) -> None:
    """Note that the time was over before the response was complete; ``now`` is when waiting began."""
    response.outcome = "timeout"
    response.waited = within
    response.detail = f"received {progress(response)}"
    response.ended_at = now + within


# The time to wait for a FIN if `open` is expected, in seconds: the server may close without announcing it, and a server
# that has announced it gets the time that a busy machine needs.
LOOK, LOOK_ANNOUNCED = 0.05, 1.0


async def still_open(channel: Channel, response: Response) -> bool:
    """True if the connection is open after a response; bytes that come meanwhile are put back."""
    if channel.ended:
        return False
    came: list[tuple[bytes, float]] = []
    try:
        async with asyncio.timeout(LOOK_ANNOUNCED if response.announces_close else LOOK):
            while True:
                data, at = await channel.receive()
                if not data:
                    return False
                came.append((data, at))
    except Reset:
        return False
    except TimeoutError:
        return True
    finally:
        for data, at in reversed(came):
            channel.unread(data, at)
