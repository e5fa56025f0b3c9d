"""Faults that show only if the client's bytes arrive in other pieces than usual: what is cut is taken as complete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import connection
from ..body import Chunked
from ..frames import ClientFrames
from ..refused import RequestRefused
from ..session import WebSocketConversation
from ..stream import ServerStream
from .base import Install, Mutant, replaced, together


def _reads(change: Callable[[bytes], bytes]) -> Install:
    """Change the bytes of each read."""

    def wrong(right: Any) -> Any:
        async def fill(self: ServerStream) -> bool:
            before = len(self.buffer)
            goes_on: bool = await right(self)
            self.buffer[before:] = change(bytes(self.buffer[before:]))
            return goes_on

        return fill

    return replaced(ServerStream, "fill", wrong)


def _without_the_return(data: bytes) -> bytes:
    return data.removesuffix(b"\r")


def _counted(right: Any) -> Any:
    async def fill(self: ServerStream) -> bool:
        self.reads = getattr(self, "reads", 0) + 1  # type: ignore[attr-defined]  # a mutant's own
        goes_on: bool = await right(self)
        return goes_on

    return fill


def _fault_of_the_server(right: Any) -> Any:
    def _refuse(self: connection.ServerConnection, error: RequestRefused) -> None:
        several = getattr(self._stream, "reads", 0) > 1
        right(self, RequestRefused(500, "SEM-45", "the head came in several reads") if several else error)

    return _refuse


def _line_at_once(right: Any) -> Any:
    def take(buffer: bytearray, *more: Any) -> Any:
        if buffer and b"\n" not in buffer and not buffer.endswith(b"\r"):
            raise RequestRefused(400, "H1-34", "the request line is not complete in the first read")
        return right(buffer, *more)

    return take


def _size_so_far(right: Any) -> Any:
    def _next_line(self: Chunked, buffer: bytearray) -> bytes | None:
        line: bytes | None = right(self, buffer)
        if line is None and buffer.isalnum():
            line = bytes(buffer)
            buffer.clear()
        return line

    return _next_line


def _short_is_nothing(right: Any) -> Any:
    def _take_in(self: WebSocketConversation, frames: ClientFrames) -> None:
        if len(self._stream.buffer) < 2:
            self._stream.buffer.clear()
        right(self, frames)

    return _take_in


def _reads_of_sockets(right: Any) -> Any:
    def _take_in(self: WebSocketConversation, frames: ClientFrames) -> None:
        data = bytes(self._stream.buffer)
        seen = getattr(self, "text_so_far", b"") + data
        self.text_so_far = seen  # type: ignore[attr-defined]  # a mutant's own
        if (cut := _text_of(seen)) is not None:
            try:
                cut.decode()
            except UnicodeDecodeError:
                frames._fail(1007, "text that is not UTF-8")
                self._stream.put(frames.out())
                return
        right(self, frames)

    return _take_in


def _text_of(data: bytes) -> bytes | None:
    """The payload, as far as it is there, of one short text frame; None for other bytes."""
    if len(data) < 7 or data[0] != 0x81 or data[1] & 0x7F > 125:
        return None
    key, payload = data[2:6], data[6 : 6 + (data[1] & 0x7F)]
    return bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


MUTANTS: Mapping[str, Mutant] = {
    "cut-request-line": Mutant(
        "a request line that needs two reads is refused", replaced(connection, "take", _line_at_once)
    ),
    "cut-head-refused": Mutant(
        "a malformed head that needs two reads is answered by 500",
        together(
            replaced(ServerStream, "fill", _counted),
            replaced(connection.ServerConnection, "_refuse", _fault_of_the_server),
        ),
    ),
    "cut-crlf": Mutant("a CR at the end of a read is lost", _reads(_without_the_return)),
    "cut-chunk-size": Mutant(
        "the digits of a chunk size that one read has are taken for all", replaced(Chunked, "_next_line", _size_so_far)
    ),
    "cut-frame-head": Mutant(
        "the first byte of a frame is lost if it comes by itself",
        replaced(WebSocketConversation, "_take_in", _short_is_nothing),
    ),
    "cut-utf-8": Mutant(
        "text is validated by each read, so that a character in two reads closes the connection",
        replaced(WebSocketConversation, "_take_in", _reads_of_sockets),
    ),
}
