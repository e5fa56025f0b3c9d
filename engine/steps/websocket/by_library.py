"""A WebSocket that the package websockets speaks: the session that scripts use in place of the engine's own."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from engine.clients.websocket import LibraryWebSocket
from engine.errors import ChannelError
from engine.model.protocols import Channel
from engine.protocols.websocket import CLOSE, Frame, decode, encode
from engine.steps.api.context import Connection, Context
from engine.steps.websocket.session import FoundFrame, WebSocketSession


@dataclass(slots=True)
class LibrarySession(WebSocketSession):
    """As its base; frames are made and read by ``library``."""

    library: LibraryWebSocket = field(kw_only=True)

    @property
    def failure(self) -> str:
        return self.library.failure

    def encoded(self, ctx: Context, opcode: int, payload: bytes) -> bytes:
        data = self.library.send(opcode, payload)
        if data is None:
            ctx.note("own client", "websockets refuses to send this frame")
            return encode(opcode, payload)
        return data

    async def next(self, channel: Channel) -> FoundFrame | None:
        found = await self.library.next(channel)
        self.close_sent = self.close_sent or self.library.close_sent
        if found is None:
            return None
        frame, at = found
        opcode, data = int(frame.opcode), bytes(frame.data)
        raw = encode(opcode, data, fin=frame.fin, mask=False)
        return Frame(opcode, data, frame.fin, size=len(raw)), raw, at

    def put_back(self, channel: Channel, raw: bytes, at: float) -> None:
        del channel
        frame = decode(raw)
        if isinstance(frame, Frame):
            self.library.put_back(frame.opcode, frame.payload, frame.fin, at)

    def pong(self, ctx: Context, connection: Connection, ping: Frame) -> None:
        """The library has answered it."""

    def hand_over(self, connection: Connection) -> None:
        """Let the engine's own client go on, with the frames that no step has read yet."""
        for opcode, payload, fin, at in reversed(self.library.unread()):
            connection.channel.unread(encode(opcode, payload, fin=fin, mask=False), at)
        connection.codec = WebSocketSession(close_sent=self.close_sent, close_frame=self.close_frame)

    def leave(self, connection: Connection) -> None:
        if self.close_sent:
            return
        self.close_sent = True
        with contextlib.suppress(ChannelError):
            connection.channel.write(self.library.send(CLOSE, (1000).to_bytes(2, "big")) or b"")
