"""A connection of HTTP/2: its bytes, the tasks of its streams, its time limits, and its end.

One task reads; each stream has one of its own, which sends as the windows permit. The connection ends when the client
leaves, after an error, when it was idle for too long, and after a signal: then GOAWAY first permits the streams that
are on their way, the answer to a PING shows that they came, and a second GOAWAY names the last one.
"""

from __future__ import annotations

import asyncio
import contextlib

from .. import log
from ..refused import RequestRefused
from ..service import ServerState, first
from ..stream import LINGER, ServerStream
from ..violations import Disconnected
from . import exchange as exchanges
from .conversation import Http2WebSocket
from .exchange import Http2Exchange
from .faults import ConnectionFault, ErrorCode
from .frames import PREFACE
from .protocol import Began, Content, Gone, Happening, Http2Protocol
from .request import Http2Request
from .response import fields_of, plain
from .tables import Field

ANSWERS_WITHIN = 1.0  # seconds for the PING before the last GOAWAY
PING_DATA = b"goodbye!"


class Http2Connection(exchanges.Wire):
    """One connection, whose preface has been seen. ``run`` serves it to its end; ``stop`` ends it when its streams are
    done."""

    def __init__(self, stream: ServerStream, service: ServerState) -> None:
        self._stream = stream
        self._service = service
        self._protocol = Http2Protocol(service.options.limits, asyncio.get_running_loop().time)
        self._exchanges: dict[int, Http2Exchange | Http2WebSocket] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._changed = asyncio.Event()  # a stream has ended, or a PING was answered
        self._stopping: asyncio.Task[None] | None = None

    async def run(self) -> float:
        """Serve it. Returns the seconds to wait for the client's end. Raises only CancelledError."""
        del self._stream.buffer[: len(PREFACE)]
        linger = LINGER
        idle = asyncio.create_task(self._end_if_idle())
        reading = asyncio.create_task(self._read())
        try:
            await first(self._over.wait(), asyncio.wait([reading]))
            if reading.done() and not reading.cancelled():
                linger = reading.result()
        finally:
            self._over.set()
            ending = [task for task in (idle, reading, self._stopping) if task is not None]
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            for one in self._exchanges.values():
                one.leave()
        return linger

    def stop(self) -> None:
        """End as soon as the streams are done; WebSockets are closed."""
        for one in list(self._exchanges.values()):
            one.go_away()
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._leave())

    # reading

    async def _read(self) -> float:
        """Take frames until the end. Returns as ``run``."""
        stream, protocol = self._stream, self._protocol
        self._flush()
        try:
            while True:
                for happening in protocol.receive(stream.buffer):
                    self._happen(happening)
                self._flush()
                for one in list(self._exchanges.values()):
                    one.grow()
                self._changed.set()
                await stream.drain()
                if protocol.client_leaves and not protocol.streams:
                    return LINGER
                if not await stream.fill():
                    return 0.0
        except ConnectionFault as fault:
            log.say(f"{fault} (HTTP/2)")
            protocol.goaway(fault.code, f"{fault.clause}: {fault.why}")
            self._flush()
            return LINGER
        except Disconnected:
            return 0.0

    def _happen(self, happening: Happening) -> None:
        match happening:
            case Began(number, request, ended, head):
                if isinstance(request, RequestRefused):
                    self._refuse(number, request, ended=ended, head=head)
                else:
                    self._begin(number, request, ended=ended)
            case Content(number, data, ended):
                if (one := self._exchanges.get(number)) is not None:
                    one.take(data, ended=ended)
                else:
                    self.credit(number, len(data))
            case Gone(number):
                if (one := self._exchanges.get(number)) is not None:
                    one.leave()

    def _begin(self, number: int, request: Http2Request, *, ended: bool) -> None:
        self._service.count()
        kind = Http2WebSocket if request.opens_websocket else Http2Exchange
        one = kind(self, self._stream, number, request, self._service, ended=ended)
        self._exchanges[number] = one
        task = asyncio.create_task(self._serve(number, request, one))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, number: int, request: Http2Request, one: Http2Exchange | Http2WebSocket) -> None:
        try:
            await one.run()
        finally:
            del self._exchanges[number]
            self._count_orphans()
            self._changed.set()
            if self._protocol.client_leaves and not self._protocol.streams:
                self._over.set()
            if self._service.options.access_log:
                log.access(self._stream.ends[0], str(request), request.version, one.status, one.size)

    def _count_orphans(self) -> None:
        self._protocol.orphans = sum(number not in self._protocol.streams for number in self._exchanges)

    def _refuse(self, number: int, error: RequestRefused, *, ended: bool, head: bool) -> None:
        """Answer a request that the application does not receive."""
        answer, *rest = plain(error.status, f"{error.clause}: {error.why}", bare=head)
        body = b"".join(bytes(part.data) for part in rest if hasattr(part, "data"))
        fits = len(body) <= self.room(number)
        self.head(number, fields_of(answer), ends=not body or not fits)  # type: ignore[arg-type]  # it is a head
        if body and fits:
            self.data(number, body, ends=True)
        if not ended:
            self.reset(number, ErrorCode.NO_ERROR)

    # writing, for the streams

    def head(self, number: int, fields: list[Field], *, ends: bool) -> None:
        if number in self._protocol.streams:
            self._protocol.head(number, fields, ends=ends)
            self._flush()

    def room(self, number: int) -> int:
        return self._protocol.room(number)

    def data(self, number: int, data: bytes, *, ends: bool) -> None:
        if number in self._protocol.streams:
            self._protocol.data(number, data, ends=ends)
            self._flush()

    def reset(self, number: int, code: ErrorCode) -> None:
        if number in self._protocol.streams:
            self._protocol.reset(number, code)
            self._flush()

    def credit(self, number: int, size: int) -> None:
        self._protocol.credit(number, size)
        self._flush()

    def _flush(self) -> None:
        """Write what the protocol has to say. A client that has left is noticed where it is read."""
        data = bytes(self._protocol.out)
        self._protocol.out.clear()
        with contextlib.suppress(Disconnected):
            self._stream.put(data)
        self._count_orphans()

    # the end

    async def _end_if_idle(self) -> None:
        """End the connection if it has had no stream for as long as the options permit."""
        keep_alive = self._service.options.keep_alive
        while True:
            self._changed.clear()
            if self._exchanges:
                await self._changed.wait()
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(keep_alive):
                    await self._changed.wait()
                continue
            if not self._exchanges:
                break
        self._protocol.goaway(ErrorCode.NO_ERROR)
        self._flush()
        self._over.set()

    async def _leave(self) -> None:
        """Announce the end, let the streams end, and end."""
        protocol = self._protocol
        protocol.goaway(ErrorCode.NO_ERROR, final=False)
        protocol.ping(PING_DATA)
        self._flush()
        answered = protocol.pongs + 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWERS_WITHIN):
                while protocol.pongs < answered:
                    await self._next_change()
        protocol.goaway(ErrorCode.NO_ERROR)
        self._flush()
        while self._exchanges or protocol.streams:
            await self._next_change()
        self._over.set()

    async def _next_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
