"""A WebSocket's frames, sans I/O: bytes in, messages out.

websockets implements the protocol. This module adds three rules: a length must be written in the fewest bytes (RFC
6455, section 5.2), text is validated as it arrives and not at the end of its message, and a close between two fragments
is a close (5.4).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence

from websockets.exceptions import InvalidState, ProtocolError
from websockets.extensions import ServerExtensionFactory
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from .violations import Disconnected

PROTOCOL_ERROR, INVALID_DATA = 1002, 1007
LONGEST_REASON = 123  # bytes: what is left of 125 behind the code


class Protocol(ServerProtocol):
    """websockets' view of a connection whose handshake is complete."""

    def __init__(self, message_limit: int, extensions: Sequence[ServerExtensionFactory]) -> None:
        super().__init__(state=OPEN, max_size=message_limit, extensions=extensions)

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None  # what was begun is never finished, and that is no error
        super().recv_frame(frame)


class TooWide(Exception):
    """A frame's length is written in more bytes than it needs, or has its highest bit set."""


class Boundaries:
    """Splits a stream at the ends of its frames, so that one frame at a time can be checked."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._left = 0

    def split(self, data: bytes) -> Iterator[bytes]:
        """``data`` in pieces, none of which belongs to two frames. Raises TooWide."""
        while data:
            size = self._left or self._wanted()
            piece, data = data[:size], data[size:]
            if self._left:
                self._left -= len(piece)
            else:
                self._head += piece
                if not self._wanted():
                    self._left = self._length()
                    self._head.clear()
            yield piece

    def _wanted(self) -> int:
        """The number of bytes that the current head lacks up to the end of its length, as far as known."""
        if len(self._head) < 2:
            return 2 - len(self._head)
        return 2 + {126: 2, 127: 8}.get(self._head[1] & 0x7F, 0) - len(self._head)

    def _length(self) -> int:
        """The number of bytes of a frame after its length: the mask and the payload. Raises TooWide."""
        length = self._head[1] & 0x7F
        if length > 125:
            length = int.from_bytes(self._head[2:], "big")
            if not (126 if len(self._head) == 4 else 65536) <= length < 2**63:
                raise TooWide
        return length + (4 if self._head[1] & 0x80 else 0)


class ClientFrames:
    """A connection's frames. ``over`` is true once one side has closed, or the client failed."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._boundaries = Boundaries()
        self._decoder: codecs.IncrementalDecoder | None = None
        self._text: list[str] = []
        self._octets: list[bytes] = []
        self.over = False

    @property
    def open(self) -> bool:
        """True if messages can be sent."""
        return self._protocol.state is OPEN

    @property
    def closed_with(self) -> tuple[int, str]:
        """The code and the reason of the client's close; 1005 for one without a code, 1006 without a close."""
        close = self._protocol.close_rcvd
        return (int(close.code), close.reason) if close else (1006, "")

    def feed(self, data: bytes) -> list[str | bytes]:
        """Take bytes. Returns the messages that they complete; ``out`` has the bytes to send in response."""
        messages: list[str | bytes] = []
        try:
            for piece in self._boundaries.split(data):
                self._protocol.receive_data(piece)
                for frame in self._protocol.events_received():
                    if isinstance(frame, Frame):
                        self._take(frame, messages)
                self.over = self._protocol.eof_sent
                if self.over:
                    break
        except TooWide:
            self._fail(PROTOCOL_ERROR, "a length in more bytes than it needs")
        except UnicodeDecodeError:
            self._fail(INVALID_DATA, "text that is not UTF-8")
        return messages

    def _take(self, frame: Frame, messages: list[str | bytes]) -> None:
        """Take a frame. Raises UnicodeDecodeError at the first invalid byte of a text."""
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        if frame.opcode is Opcode.TEXT:
            self._decoder = codecs.getincrementaldecoder("utf-8")()
        elif frame.opcode is Opcode.BINARY:
            self._decoder = None
        if self._decoder is not None:
            self._text.append(self._decoder.decode(bytes(frame.data), frame.fin))
        else:
            self._octets.append(bytes(frame.data))
        if frame.fin:
            messages.append(b"".join(self._octets) if self._decoder is None else "".join(self._text))
            self._text, self._octets = [], []

    def _fail(self, code: int, reason: str) -> None:
        self._protocol.fail(code, reason)
        self.over = True

    def send(self, message: str | bytes) -> None:
        """Send a message. Raises Disconnected once one side has closed, UnicodeEncodeError for invalid text."""
        try:
            if isinstance(message, str):
                self._protocol.send_text(message.encode())
            else:
                self._protocol.send_binary(message)
        except InvalidState:
            raise Disconnected from None

    def ping(self) -> None:
        """Send a ping."""
        if self.open:
            self._protocol.send_ping(b"")

    def close(self, code: int, reason: str = "") -> None:
        """Send a close. Raises Disconnected once one side has closed, ValueError for a code that cannot be sent."""
        try:
            self._protocol.send_close(code, reason)
        except InvalidState:
            raise Disconnected from None
        except ProtocolError as error:
            raise ValueError(str(error)) from None

    def out(self) -> bytes:
        """The bytes to be written."""
        return b"".join(self._protocol.data_to_send())
