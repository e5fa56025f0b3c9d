"""A connection: its requests, one after another, or the streams of HTTP/2 (``http2``)."""

from __future__ import annotations

import asyncio

from . import forwarded, log, opening, proxy, uwsgi
from .exchange import Exchange
from .head import Request, take
from .http2.connection import Http2Connection
from .http2.frames import PREFACE
from .refused import RequestRefused
from .response import refusal
from .service import ServerState
from .session import WebSocketConversation
from .stream import LINGER, ServerStream


class ServerConnection:
    """One connection. ``run`` serves it to its end; ``stop`` ends it as soon as no request is in progress."""

    def __init__(self, stream: ServerStream, service: ServerState) -> None:
        self._stream = stream
        self._service = service
        self._idle: asyncio.Task[Request | None] | None = None
        self._served = False
        self._session: WebSocketConversation | None = None
        self._http2: Http2Connection | None = None

    async def run(self) -> None:
        """Serve requests until either side ends the connection. Raises only CancelledError."""
        linger = LINGER
        try:
            if self._service.options.proxy_protocol and not await self._introduced():
                linger = 0.0
                return
            if self._service.options.protocol == "uwsgi" and not await self._translated():
                return
            while (request := await self._next()) is not None:
                if not await self._serve(request):
                    break
            else:
                linger = 0.0
            if self._http2 is not None:
                linger = await self._http2.run()
        except RequestRefused as error:
            self._refuse(error)
        except asyncio.CancelledError:
            linger = 0.0
            raise
        finally:
            await self._stream.close(linger)

    async def _introduced(self) -> bool:
        """Read the PROXY protocol's header, which replaces the addresses of the connection. Returns False if there is
        none, and then nothing is answered."""
        stream, options = self._stream, self._service.options
        peer = stream.ends[0]
        if options.proxy_from and not (peer and forwarded.within(peer[0], options.proxy_from)):
            log.say("a peer that may send no header of the PROXY protocol")
            return False
        try:
            async with asyncio.timeout(options.head_within):
                while (header := proxy.take(stream.buffer, options.proxy_protocol)) is None:
                    if not await stream.fill():
                        return False
        except (proxy.Malformed, TimeoutError) as error:
            log.say(f"no header of the PROXY protocol: {error}")
            return False
        if header.ends is not None:
            stream.ends = header.ends
        return True

    async def _translated(self) -> bool:
        """Read the variables of a request of the uwsgi protocol, and put its head over HTTP before the body. Returns
        False if there is none."""
        stream, options = self._stream, self._service.options
        try:
            async with asyncio.timeout(options.head_within):
                while (variables := uwsgi.take(stream.buffer)) is None:
                    if not await stream.fill():
                        return False
            stream.buffer[:0] = uwsgi.head_of(variables)
        except (proxy.Malformed, TimeoutError) as error:
            log.say(f"no request of the uwsgi protocol: {error}")
            return False
        stream.ends = (uwsgi.client_of(variables) or stream.ends[0], stream.ends[1])
        return True

    async def turn_away(self) -> None:
        """Answer 503 (Service Unavailable), since the server has too many connections. Raises only CancelledError."""
        self._refuse(RequestRefused(503, "RFC 9110, section 15.6.4", "the server has too many connections"))
        await self._stream.close()

    def stop(self) -> None:
        """End now if no request is running; a WebSocket is closed, since the server stops. If it stops since it has
        served its number of requests, a new connection still has its first request answered."""
        if self._idle is not None and (self._served or not self._service.retired):
            self._idle.cancel()
        if self._session is not None:
            self._session.go_away()
        if self._http2 is not None:
            self._http2.stop()

    async def _serve(self, request: Request) -> bool:
        """Answer one request. Returns True if the next one can be read."""
        self._served = True
        self._service.count()
        self._stream.status = 0
        exchange = Exchange(self._stream, request, self._service)
        try:
            return await self._converse(request) if opening.is_handshake(request) else await exchange.run()
        finally:
            if self._service.options.access_log:
                log.access(self._stream.ends[0], str(request), request.version, self._stream.status, exchange.size)

    async def _converse(self, request: Request) -> bool:
        """Serve a WebSocket to its end. Returns False, since no request can follow it."""
        self._session = WebSocketConversation(self._stream, request, self._service)
        if self._service.stopping:
            self._session.go_away()
        await self._session.run()
        return False

    async def _next(self) -> Request | None:
        """The next request; None after the client's end, a timeout, or a signal.

        Raises RequestRefused.
        """
        if self._service.stopping and (self._served or not self._service.retired):
            return None
        self._idle = asyncio.ensure_future(self._head())
        try:
            await asyncio.wait([self._idle])
            return None if self._idle.cancelled() else self._idle.result()
        finally:
            self._idle.cancel()
            self._idle = None

    async def _head(self) -> Request | None:
        stream, options = self._stream, self._service.options
        try:
            if not stream.buffer:
                async with asyncio.timeout(options.keep_alive if self._served else options.head_within):
                    if not await stream.fill():
                        return None
            async with asyncio.timeout(options.head_within):
                while (request := self._taken()) is None and self._http2 is None:
                    if not await stream.fill():
                        self._cut()
                        return None
        except TimeoutError:
            if stream.buffer:
                raise RequestRefused(408, "SEM-34", "the head did not come in time") from None
            return None
        return request

    def _taken(self) -> Request | None:
        """The request at the start of the buffer; None if more bytes are needed, or if the client begins HTTP/2 (RFC
        9113, section 3.4), which only its first bytes can. Raises RequestRefused."""
        stream = self._stream
        start = bytes(stream.buffer[: len(PREFACE)])
        if not self._served and start and PREFACE.startswith(start):
            if start == PREFACE:
                self._http2 = Http2Connection(stream, self._service)
            return None
        if stream.alpn == "h2":
            raise RequestRefused(400, "H2-02", "h2 was agreed on, and the connection does not begin with its preface")
        return take(stream.buffer, self._service.options.limits)

    def _cut(self) -> None:
        """Handle the client's end of the stream. Raises RequestRefused if it is within a head."""
        if self._stream.buffer.strip(b"\r\n"):
            raise RequestRefused(400, "H1-13", "the head is truncated")

    def _refuse(self, error: RequestRefused) -> None:
        """Answer bytes that are no request (SEM-44)."""
        if not self._stream.lost:
            self._stream.put(refusal(None, error))
