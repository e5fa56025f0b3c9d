"""The worker's side: executes requests, and sends the results. ``engine.worker.messages`` documents the protocol.

``app`` provides a Host, which creates sessions from requests; nothing here knows how jobs are planned or run.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from engine.errors import Defect
from engine.worker.messages import (
    Allow,
    Begin,
    Compare,
    Comparing,
    End,
    Message,
    Prepare,
    Read,
    Recheck,
    Reply,
    ResultMessage,
    RunLine,
    SessionEnded,
    decode,
    encode,
)

# Results within so many seconds are sent together, since each write wakes the other process.
TOGETHER = 0.002
# A line with all cells of a large run has a megabyte and more.
LONGEST_LINE = 1 << 28

CANCELLED = "the run was cancelled"


class Session(Protocol):
    """A session that has begun."""

    async def run(self) -> None:
        """Run all cells. Raises the error that ends it early."""
        ...

    async def allow(self, cells: int) -> None:
        """Let the first ``cells`` cells run, of a session that was begun ``held``."""
        ...


class Host(Protocol):
    """Turns requests into work. Each method raises the errors that prevent it."""

    async def prepare(self, order: Prepare) -> None: ...

    async def read(self, order: Read) -> None: ...

    async def begin(self, order: Begin, send: Callable[[ResultMessage], None]) -> Session:
        """A session, which sends each result as it comes."""
        ...

    def recheck(self) -> AsyncIterator[Mapping[str, Any]]:
        """The lines of the run's file about what was rerun."""
        ...

    def compare(self, order: Compare) -> AsyncIterator[Comparing | RunLine]:
        """The start of the comparison, unless nothing is compared, then its lines of the run's file."""
        ...

    async def close(self) -> None:
        """Stop targets that no session needed."""
        ...

    def describe(self, error: Exception) -> str:
        """One sentence for people about an error."""
        ...


class SessionServer:
    """Executes requests one after the other; one session, recheck or comparison runs at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: Host) -> None:
        self._reader = reader
        self._writer = writer
        self._host = host
        self._session: Session | None = None
        self._allowed = 0
        self._running: asyncio.Task[None] | None = None
        self._owed = False
        self._trouble = ""
        self._unsent: list[bytes] = []

    async def serve(self) -> None:
        """Execute requests until the other end is closed. Raises Defect for a line that is no request."""
        try:
            while (line := await self._reader.readline()).endswith(b"\n"):
                await self._follow(decode(line))
        except ConnectionError:
            pass
        finally:
            await self._end()
            await self._host.close()

    async def _follow(self, order: Message) -> None:
        match order:
            case Prepare():
                await self._unanswered(self._host.prepare(order))
            case Read():
                await self._unanswered(self._host.read(order))
            case Begin():
                self._allowed = 0
                await self._answer(partial(self._run, order))
            case Allow(cells):
                self._allowed = cells
                if self._session is not None:
                    await self._session.allow(cells)
            case End():
                await self._end()
            case Recheck():
                await self._answer(lambda: self._send_lines(self._host.recheck()))
            case Compare():
                await self._answer(lambda: self._send_compared(order))
            case _:
                raise Defect(f"{type(order).__name__} is no order")

    async def _unanswered(self, work: Coroutine[Any, Any, None]) -> None:
        """Execute a request that has no reply. Its first error is kept for the next session."""
        try:
            await work
        except Exception as error:
            self._trouble = self._trouble or self._host.describe(error)

    async def _answer(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin a request that is answered by one ``SessionEnded``."""
        await self._end()
        self._owed = True

        async def whole() -> None:
            trouble = CANCELLED
            try:
                await work()
                trouble = ""
            except asyncio.CancelledError:
                pass
            except Exception as error:  # pytest must not wait for ever
                trouble = self._host.describe(error)
            self._ended(trouble)

        self._running = asyncio.create_task(whole())

    async def _run(self, order: Begin) -> None:
        if self._trouble:
            raise Defect(self._trouble)
        try:
            session = await self._host.begin(order, self._send_soon)
            if order.held:
                await session.allow(self._allowed)
            self._session = session
            await session.run()
        finally:
            self._session = None

    async def _send_lines(self, documents: AsyncIterator[Mapping[str, Any]]) -> None:
        async for document in documents:
            self._send(RunLine(document))

    async def _send_compared(self, order: Compare) -> None:
        async for reply in self._host.compare(order):
            self._send(reply)

    async def _end(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            # It takes its own cancellation, once everything is stopped; one that has not begun yet does not.
            with suppress(asyncio.CancelledError):
                await running
        self._ended(CANCELLED)

    def _ended(self, trouble: str) -> None:
        """Send ``SessionEnded`` if a request still waits for one."""
        if self._owed:
            self._owed = False
            self._send(SessionEnded(trouble))

    def _send(self, reply: Reply) -> None:
        self._unsent.append(encode(reply))
        self._flush()

    def _send_soon(self, reply: Reply) -> None:
        """Send a reply without waiting: replies that pytest has not read yet are kept in memory."""
        if not self._unsent:
            asyncio.get_running_loop().call_later(TOGETHER, self._flush)
        self._unsent.append(encode(reply))

    def _flush(self) -> None:
        lines, self._unsent = self._unsent, []
        if lines and not self._writer.is_closing():
            self._writer.write(b"".join(lines))


async def serve(end: socket.socket, host: Host) -> None:
    """Execute the requests that arrive at one end of a socket pair."""
    reader, writer = await asyncio.open_connection(sock=end, limit=LONGEST_LINE)
    try:
        await SessionServer(reader, writer, host).serve()
        with suppress(ConnectionError):
            await writer.drain()
    finally:
        writer.close()
