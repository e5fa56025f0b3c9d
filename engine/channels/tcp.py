"""A TCP connection that records every piece of its traffic, with the time.

A protocol on asyncio's transports, not on its streams: the time of an arrival is taken in ``data_received`` itself, a
FIN is distinguished from a reset, and a connection that the peer has half closed stays writable. It runs on asyncio's
own loop and on uvloop.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from engine.channels.peer_queue import unread
from engine.channels.record import Trace
from engine.errors import ChannelClosed, ChannelError, ConnectionRefused, Endless, Reset
from engine.model.network import Address, display, unix_path
from engine.model.transcript import TraceEvent

Clock = Callable[[], float]

# The most bytes that are read on one connection: a server may send without end, and drivers hold received data in
# memory. The largest bodies that cases request have some MiB.
MOST = 64 * 1024 * 1024

# For the delivery in pieces, in seconds: how long the peer has to read a piece before the next one goes out, how long
# all pieces of a write may wait in vain, and the pause where nobody knows what the peer has read. A write whose pieces
# take longer than LONGEST, on a busy machine, ends in one piece: a delivery must not use up the time of its case.
PATIENCE, VAIN, PAUSE, LONGEST = 0.05, 0.25, 0.002, 1.0
# A server may end a connection that is idle, so a write on one that was idle for IDLE seconds may take no more than
# AFTER_IDLE: a slow machine must not make pieces miss the time that the same bytes in one write keep.
IDLE, AFTER_IDLE = 0.5, 0.25
# A server that decides between protocols by the first bytes waits for them for a second or so from accept() on
# (gunicorn). An engine that stood still may learn of its connection as late as that. So after LATE seconds such a
# connection is given up for another one, whose first bytes are in the kernel before the loop goes on, and on which
# nothing is sent in pieces. So is that one after STALE seconds, since a server may end a connection without requests
# after 2 s; at most TRIES times. Pieces of a first write, LATE seconds after the connection was begun, are sent as one.
LATE, STALE, TRIES = 0.15, 1.0, 5
# A server that has read a piece gets so long to process it: asyncio's streams would join it with the next one.
SETTLE = 0.001
# So many looks follow each other at once; later ones have a pause between them, of the least time that loops measure.
LOOKS, BETWEEN = 20, 0.001

_NO_LINGER = struct.pack("ii", 1, 0)
_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL)


class TcpChannel(asyncio.Protocol):
    """``engine.model.protocols.Channel`` over one TCP connection. ``open_tcp`` makes one."""

    def __init__(self, label: str, clock: Clock) -> None:
        self.longest = LONGEST
        """The time that the pieces of one write may take, in seconds."""
        self.hurry = 0.0
        """The time until which the first bytes should go out, where the peer does not wait for them; 0 for no such
        time."""
        self.ahead = b""
        """The first bytes, where the kernel has them already: what is written begins with them."""
        self._clock = clock
        self._record = Trace(label)
        self._arrived: deque[tuple[bytes, float]] = deque()
        self._received = 0
        self._heard = 0.0
        self._endless = False
        self._fin_at = 0.0
        self._reader: asyncio.Future[None] | None = None
        self._sink: Callable[[bytes, float], None] | None = None
        self._writers: list[asyncio.Future[None]] = []
        self._paused = False
        self._shut = False
        self._lost = False
        self._ended = ""
        self._transport: asyncio.Transport
        self._local: tuple[str, int] = ("", 0)
        self._opened = 0.0

    # asyncio's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._opened = self._clock()
        self._transport = cast(asyncio.Transport, transport)
        # Any byte that the kernel does not take at once pauses the writer: that is how `send` knows when all is gone.
        self._transport.set_write_buffer_limits(high=0)
        name = transport.get_extra_info("sockname")
        # A client's Unix socket has no name.
        self._local = (name[0], name[1]) if isinstance(name, (tuple, list)) else ("", 0)
        port = self._local[1]
        self._record.event(self._opened, "connected", f"from port {port}" if port else "to a Unix socket")

    def data_received(self, data: bytes) -> None:
        at = self._clock()
        self._record.data(at, "received", data)
        self._heard = at
        if self._sink is None:
            self._arrived.append((data, at))
        else:
            self._sink(data, at)
        self._received += len(data)
        if self._received > MOST and not self._endless:
            self._endless = True
            self._transport.pause_reading()
            self._record.event(at, "reading", f"stops for good: more than {MOST >> 20} MiB came")
        self._wake_reader()

    def eof_received(self) -> bool:
        if not self._ended:
            self._fin_at = self._clock()
            self._ended = "fin"
            self._record.event(self._fin_at, "closed", "by the peer")
        self._wake_reader()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        at = self._clock()
        self._lost = True
        if exc is not None:
            self._record.event(at, "reset", "by the peer")
            self._ended = self._ended or "reset"
        self._ended = self._ended or "closed"
        self._wake_reader()
        self.resume_writing()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        for waiter in self._writers:
            if not waiter.done():
                waiter.set_result(None)
        self._writers.clear()

    def _wake_reader(self) -> None:
        waiter = self._reader
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        if self._sink is not None and self._ended:
            self._sink(b"", self._fin_at or self._clock())

    # State

    @property
    def local(self) -> tuple[str, int]:
        """This side's address."""
        return self._local

    @property
    def opened(self) -> float:
        """The time at which the connection was established, in seconds of CLOCK_MONOTONIC."""
        return self._opened

    @property
    def events(self) -> Sequence[TraceEvent]:
        """The events so far, in order; beyond ``record.KEPT_BYTES`` they hold only the beginnings of pieces."""
        return self._record.events

    @property
    def ended(self) -> str:
        """``fin`` or ``reset`` by the peer, ``closed`` by this side, "" while it is open: whichever came first."""
        return self._ended

    @property
    def closure(self) -> str:
        """``fin`` once the peer has ended the stream by one, else ""."""
        return "fin" if self._ended == "fin" else ""

    # Actions

    def write(self, data: bytes) -> float:
        """Hand bytes over without waiting. Raises Reset and ChannelClosed."""
        self._may_write()
        # The record has the time before: what the bytes bring about must not seem to come before them.
        self._record.data(self._clock(), "sent", data)
        if self.ahead:
            known = min(len(self.ahead), len(data))
            self.ahead, data = self.ahead[known:], data[known:]
        if data:
            self._transport.write(data)
        return self._clock()

    async def send(self, data: bytes) -> float:
        """Hand bytes over, and wait until the kernel has taken them all. Returns the time of the last one. Raises Reset
        if the connection is lost meanwhile, and ChannelClosed."""
        at = self.write(data)
        if not self._paused:
            return at
        while self._paused:
            waiter = asyncio.get_running_loop().create_future()
            self._writers.append(waiter)
            await waiter
        self._may_write()
        return self._clock()

    async def deliver(self, pieces: Sequence[bytes]) -> float:
        """Send pieces, each in a segment of its own, as far as the peer reads. Returns the time of the last byte.

        asyncio sets TCP_NODELAY, so no piece waits in the kernel for the next one. If the kernel reports what the peer
        has read, the next piece goes out SETTLE seconds after the one before it was read, so that the peer's reads are
        distinct. A peer that leaves pieces unread for VAIN seconds gets the rest at once, and so does one after
        ``longest`` seconds, after AFTER_IDLE on a connection that was idle, or at the time ``hurry``. If it is not
        reported, PAUSE seconds lie between two pieces, which makes it likely. The rest is dropped once the peer has
        ended the stream. Raises as ``send``.
        """
        vain, began = 0.0, self._clock()
        at = began
        longest = AFTER_IDLE if self._heard and began - self._heard > IDLE else self.longest
        if self.hurry and not self._heard:
            longest = self.hurry - began
        for number, piece in enumerate(pieces):
            if self._ended == "fin":
                self._record.event(self._clock(), "not sent", f"the last {sum(map(len, pieces[number:]))} B")
                break
            if vain >= VAIN or self._clock() - began > longest:
                return await self.send(b"".join(pieces[number:]))
            at = await self.send(piece)
            if number < len(pieces) - 1:
                vain += await self._until_read()
        return at

    async def _until_read(self) -> float:
        """Wait until the peer has read all that was sent. Returns the seconds that were waited in vain."""
        began, looks = self._clock(), 0
        peer = self._transport.get_extra_info("peername")
        remote = (peer[0], peer[1]) if peer else ("", 0)
        # uvloop hands over what was written when it has run everything that is ready.
        await asyncio.sleep(0)
        while not self._ended:
            left = unread(self._local, remote)
            if left is None:
                await asyncio.sleep(PAUSE)
                break
            if not left:
                await asyncio.sleep(SETTLE)
                break
            if self._clock() - began > PATIENCE:
                return self._clock() - began
            looks += 1
            await asyncio.sleep(0 if looks < LOOKS else BETWEEN)
        return 0.0

    def _may_write(self) -> None:
        if self._ended == "reset" or (self._lost and self._ended == "fin"):
            raise Reset("the peer has reset the connection")
        if self._ended == "closed":
            raise ChannelClosed("this side has closed the connection")
        if self._shut:
            raise ChannelClosed("this side has shut its writing half")

    async def receive(self) -> tuple[bytes, float]:
        """The next bytes and the time of their arrival; after a FIN always (b"", its time). Raises Reset after a reset,
        ChannelClosed after a close by this side, and Endless after more than MOST bytes. One reader at a time."""
        while not self._arrived:
            if self._endless:
                raise Endless(f"the peer sent more than {MOST >> 20} MiB on this connection, and no more is read")
            if self._ended == "fin":
                return b"", self._fin_at
            if self._ended == "reset":
                raise Reset("the peer has reset the connection")
            if self._ended:
                raise ChannelClosed("this side has closed the connection")
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._arrived.popleft()

    def listen(self, sink: Callable[[bytes, float], None]) -> None:
        """Hand bytes to ``sink`` as they arrive, with the time, and those that nobody has received yet; nothing is
        received any more. It is called with no bytes when the stream has ended."""
        self._sink = sink
        while self._arrived:
            sink(*self._arrived.popleft())
        self._wake_reader()

    def unread(self, data: bytes, at: float) -> None:
        """Put bytes back, to be received first."""
        if data:
            self._arrived.appendleft((data, at))

    def reading(self, on: bool) -> None:
        """Take bytes from the socket, or leave them in the kernel until its buffer is full."""
        if self._ended or self._endless:
            return
        if on:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()
        self._record.event(self._clock(), "reading", "goes on" if on else "stops")

    def half_close(self) -> None:
        """Send a FIN, and continue reading."""
        self._may_write()
        self._shut = True
        try:
            self._transport.write_eof()
        except (OSError, RuntimeError) as error:
            raise Reset("the peer has reset the connection") from error
        self._record.event(self._clock(), "closed", "this side's writing half")

    def close(self) -> None:
        """Close both sides. Bytes that the kernel has not taken are dropped."""
        if self._end("closed"):
            if self._transport.get_write_buffer_size():
                self._transport.abort()
            else:
                self._transport.close()

    def truncate(self) -> None:
        """As ``close``, since a FIN is the only end of a stream without TLS."""
        self.close()

    def reset(self) -> None:
        """Close with a reset: with no time to linger the kernel sends RST in place of FIN."""
        if self._end("reset"):
            raw = self._transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self._transport.abort()

    def _end(self, what: str) -> bool:
        """Record that this side ends the connection. Returns False if it has ended already."""
        if self._lost or self._transport.is_closing():
            return False
        # The peer's FIN, if it came first, stays known: `ended` is how the *stream* ended.
        self._ended = self._ended or "closed"
        self._record.event(self._clock(), what, "by this side")
        self._wake_reader()
        self.resume_writing()
        return True


async def open_tcp(
    address: Address,
    *,
    label: str = "connection",
    clock: Clock = time.monotonic,
    timeout: float | None = None,
    receive_buffer: int | None = None,
    make: Callable[[str, Clock], TcpChannel] | None = None,
    first: bytes = b"",
) -> TcpChannel:
    """A new connection to ``address``, over TCP or to a Unix socket. ``make`` creates the channel, a TcpChannel by
    default. ``first`` are bytes that go out as soon as there is a connection; the caller writes them as well.

    ``label`` is its short name in the transcript, ``timeout`` is in seconds, ``receive_buffer`` the number of unread
    bytes that the kernel keeps. Raises ConnectionRefused if the address refuses or is unreachable, Reset, and
    ChannelError after a timeout.
    """
    where = display(address)
    make = make or TcpChannel
    try:
        # Most connections have no timeout of their own, but that of the case.
        if timeout is None:
            return await _open(address, partial(make, label, clock), receive_buffer, first)
        async with asyncio.timeout(timeout):
            return await _open(address, partial(make, label, clock), receive_buffer, first)
    except TimeoutError as error:
        raise ChannelError(f"{where} did not answer within {timeout:g} s") from error
    except (ConnectionRefusedError, FileNotFoundError) as error:
        raise ConnectionRefused(f"connection refused by {where}") from error
    except ConnectionResetError as error:
        raise Reset(f"{where} reset the connection while it was made") from error
    except OSError as error:
        if error.errno in _UNREACHABLE:
            raise ConnectionRefused(f"nothing leads to {where}: {error.strerror}") from error
        raise ChannelError(f"no connection to {where}: {error}") from error


async def open_soon(
    address: Address,
    first: bytes,
    *,
    label: str = "connection",
    clock: Clock = time.monotonic,
    receive_buffer: int | None = None,
) -> TcpChannel:
    """As ``open_tcp``, to a peer that waits for the first bytes for a short time only. They are ``first``; the caller
    writes them at once. Raises as ``open_tcp``."""
    began = clock()
    channel = await open_tcp(address, label=label, clock=clock, receive_buffer=receive_buffer)
    channel.hurry = began + LATE
    for limit in (LATE, *[STALE] * (TRIES - 1)):
        if clock() - began <= limit:
            break
        channel.close()
        began = clock()
        channel = await open_tcp(address, label=label, clock=clock, receive_buffer=receive_buffer, first=first)
        channel.longest = 0.0
    return channel


async def _open(
    address: Address, make: Callable[[], TcpChannel], receive_buffer: int | None, first: bytes
) -> TcpChannel:
    loop = asyncio.get_running_loop()
    path = unix_path(address)
    if receive_buffer is None and not first:
        if path:
            return (await loop.create_unix_connection(make, path))[1]
        return (await loop.create_connection(make, *address))[1]
    raw = await connected(address, receive_buffer, first)
    channel = (await (loop.create_unix_connection if path else loop.create_connection)(make, sock=raw))[1]
    channel.ahead = first
    return channel


async def connected(address: Address, receive_buffer: int | None, first: bytes = b"") -> socket.socket:
    """A connected socket that has sent ``first``, a few bytes. Its receive buffer must be set before connecting: the
    window scale is negotiated then. Raises OSError."""
    host, port = address
    path = unix_path(address)
    where = path or (host, port)
    family = socket.AF_UNIX if path else socket.AF_INET6 if ":" in host else socket.AF_INET
    raw = socket.socket(family, socket.SOCK_STREAM)
    try:
        raw.setblocking(False)
        if receive_buffer is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        # The kernel connects to this machine at once, and says so when it is asked again.
        state = raw.connect_ex(where)
        if state == errno.EINPROGRESS:
            state = raw.connect_ex(where)
        if state in (errno.EALREADY, errno.EINPROGRESS, errno.EAGAIN):
            await asyncio.get_running_loop().sock_connect(raw, where)
        elif state not in (0, errno.EISCONN):
            raise OSError(state, os.strerror(state))
        raw.sendall(first)
    except BaseException:
        raw.close()
        raise
    return raw
