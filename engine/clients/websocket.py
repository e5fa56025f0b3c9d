"""websockets on a channel: its frames go out through the step that sends, and what arrives is parsed by it.

The package's sans-I/O protocol makes the handshake, masks and parses frames, answers pings and echoes close frames.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidState, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from engine.model.protocols import Channel

Pair = tuple[bytes, bytes]


class LibraryWebSocket:
    """A client of the package websockets. ``failure`` is the reason why it failed the connection, "" while it has not.
    ``target`` is the request target
    that it sends. ``close_sent`` is true once it has sent a close frame."""

    def __init__(self, url: str, subprotocols: Sequence[str]) -> None:
        """``url`` is the target, as ``ws://host:port/path``."""
        uri = parse_uri(url)
        self.target = uri.resource_name
        wanted = [Subprotocol(name) for name in subprotocols] or None
        self._protocol = ClientProtocol(uri, subprotocols=wanted, max_size=None)
        self._frames: deque[tuple[Frame, float]] = deque()
        self._close_sent = False

    @property
    def key(self) -> str:
        """The key of the handshake."""
        return str(self._protocol.key)

    @property
    def close_sent(self) -> bool:
        """True once it has sent a close frame."""
        return self._close_sent or self._protocol.close_sent is not None

    @property
    def failure(self) -> str:
        """The reason why the library failed the connection, "" if it did not."""
        error = self._protocol.parser_exc
        return f"websockets: {error}" if error is not None and not isinstance(error, EOFError) else ""

    def handshake(self, headers: Sequence[Pair]) -> bytes:
        """The bytes of the handshake, with more headers behind the library's own."""
        request = self._protocol.connect()
        for name, value in headers:
            request.headers[name.decode("latin-1")] = value.decode("latin-1")
        self._protocol.send_request(request)
        return self._out()

    def answered(self, data: bytes) -> str:
        """Take the bytes of the response. Returns the reason why the library refuses it, "" if it does not."""
        self._protocol.receive_data(data)
        error = self._protocol.handshake_exc
        seen = any(isinstance(event, Response) for event in self._protocol.events_received())
        if error is None and seen:
            return ""
        return f"websockets: {error or InvalidHandshake('the response is not complete')}"

    def send(self, opcode: int, payload: bytes) -> bytes | None:
        """The bytes of a message or a control frame; None if the library refuses to send such a one."""
        protocol = self._protocol
        try:
            match opcode:
                case Opcode.TEXT:
                    protocol.send_text(payload)
                case Opcode.BINARY:
                    protocol.send_binary(payload)
                case Opcode.PING:
                    protocol.send_ping(payload)
                case Opcode.CLOSE if not payload:
                    protocol.send_close()
                case Opcode.CLOSE:
                    protocol.send_close(int.from_bytes(payload[:2], "big"), payload[2:].decode())
                case _:
                    return None
        except (InvalidState, ProtocolError, UnicodeDecodeError):
            return None
        self._close_sent = self._close_sent or opcode == Opcode.CLOSE
        return self._out()

    async def next(self, channel: Channel) -> tuple[Frame, float] | None:
        """The next frame and the time of its arrival; None after a FIN, and once the library has failed the connection.
        Pongs and the echo of a close frame go out by themselves. Raises Reset."""
        while not self._frames:
            if self.failure:
                return None
            data, at = await channel.receive()
            if not data:
                self._protocol.receive_eof()
                return None
            self._protocol.receive_data(data)
            self._frames.extend((cast(Frame, one), at) for one in self._protocol.events_received())
            if (out := self._out()) and not channel.ended:
                channel.write(out)
        return self._frames.popleft()

    def put_back(self, opcode: int, payload: bytes, fin: bool, at: float) -> None:
        """Have a frame again, before all others."""
        self._frames.appendleft((Frame(Opcode(opcode), payload, fin), at))

    def unread(self) -> list[tuple[int, bytes, bool, float]]:
        """Take all frames that were parsed and not read: opcode, payload, FIN bit and time."""
        found = [(int(one.opcode), bytes(one.data), one.fin, at) for one, at in self._frames]
        self._frames.clear()
        return found

    def _out(self) -> bytes:
        """The bytes that the protocol has to send. The steps decide about its wish to end the stream."""
        return b"".join(self._protocol.data_to_send())
