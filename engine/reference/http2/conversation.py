"""A WebSocket over HTTP/2 (RFC 8441): its handshake is CONNECT with :protocol, and a stream carries its frames."""

from __future__ import annotations

import asyncio

from ..opening import Opening, negotiated
from ..service import ServerState
from ..session import WebSocketConversation
from ..stream import ServerStream
from .exchange import Wire
from .request import Http2Request
from .tunnel import StreamTunnel


class Http2Conversation(WebSocketConversation):
    """A request for a WebSocket, and its session, on one stream."""

    def __init__(self, tunnel: StreamTunnel, request: Http2Request, service: ServerState) -> None:
        super().__init__(tunnel, request, service)
        self._response.closing = False
        self._tunnel = tunnel

    def _opened(self) -> Opening:
        return negotiated(self._request, self._service.options.message_limit)

    async def _skip_content(self) -> None:
        """Do nothing: the bytes after the handshake are no content."""

    def _agree(self, fields: list[tuple[bytes, bytes]]) -> None:
        self._tunnel.accept(fields)


class Http2WebSocket:
    """One stream with a WebSocket, as the connection sees it."""

    def __init__(
        self, wire: Wire, stream: ServerStream, number: int, request: Http2Request, service: ServerState, *, ended: bool
    ) -> None:
        self._tunnel = StreamTunnel(wire, stream, number, request, ended=ended)
        self._conversation = Http2Conversation(self._tunnel, request, service)
        self.gone = asyncio.Event()
        if service.stopping:
            self._conversation.go_away()

    async def run(self) -> None:
        """Serve it to its end."""
        await self._conversation.run()
        if not self.gone.is_set():
            await self._tunnel.close(0.0)

    @property
    def size(self) -> int:
        """The size of what was sent so far, in bytes."""
        return self._tunnel.size

    @property
    def status(self) -> int:
        """The status of the response, 0 before it."""
        return self._tunnel.status

    def __str__(self) -> str:
        return str(self._conversation)

    def take(self, data: bytes, *, ended: bool) -> None:
        """Bytes of the client."""
        self._tunnel.take(data, ended=ended)

    def grow(self) -> None:
        """A window may have grown."""
        self._tunnel.grow()

    def leave(self) -> None:
        """The stream was reset, or the connection has ended."""
        self.gone.set()
        self._tunnel.leave()

    def go_away(self) -> None:
        """Close, since the server stops."""
        self._conversation.go_away()
