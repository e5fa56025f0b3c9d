"""The strict FastCGI server: ``python -m engine_reference.fastcgi module:app --fd 3``.

It serves WSGI applications, and ASGI ones (``fastcgi_asgi``), several requests at a time, on one connection too. It
calls a WSGI application when the complete body of a request has arrived. SIGTERM and SIGINT end it. Like the HTTP half
of the reference server, it is a yardstick, and what its mutants are made of.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from . import log
from .fastcgi_calls import End, environ_of, play
from .lifespan import Failed, Lifespan

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES, RESULT, UNKNOWN = range(1, 12)
RESPONDER, KEEP_CONN = 1, 1
COMPLETE, CANT_MULTIPLEX, OVERLOADED, UNKNOWN_ROLE = range(4)
VALUES = {b"FCGI_MAX_CONNS": b"50", b"FCGI_MAX_REQS": b"50", b"FCGI_MPXS_CONNS": b"1"}
KIB = 1024
THREADS = 50
FAILED = 3
GRACE = 5.0
LINGERS = 5.0
"""Seconds in which the rest of a request is read and dropped whose response is complete: a close would destroy it."""


@dataclass(eq=False)
class Request:
    """A request that has begun. ``ready`` is true when all parameters have arrived, ``called`` when the whole body has,
    and a WSGI application is called."""

    id: int
    keep: bool
    params: bytearray = field(default_factory=bytearray)
    pairs: list[tuple[bytes, bytes]] = field(default_factory=list)
    ready: bool = False
    body: list[bytes] = field(default_factory=list)
    called: bool = False


class Connection:
    """One connection, from its first byte to its last."""

    def __init__(self, app: Any, pool: ThreadPoolExecutor, writer: asyncio.StreamWriter) -> None:
        self.app = app
        self.pool = pool
        self.writer = writer
        self.state: Mapping[str, Any] | None = None  # of the lifespan
        self.requests: dict[int, Request] = {}
        self.held: bytearray | None = None  # records that go out together
        self.over = False
        self.lingers = False

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Take records until either side ends the connection."""
        buffer = bytearray()
        while not self.over and (data := await reader.read(256 * KIB)):
            if not self.lingers:
                buffer += data
                self.take_all(buffer)
        if buffer and not self.lingers:
            self.malformed()
        self.requests.clear()

    def take_all(self, buffer: bytearray) -> None:
        """Take the complete records out of the buffer."""
        while not self.over and not self.lingers and (size := self.size_of_record(buffer)):
            record = bytes(buffer[:size])
            del buffer[:size]
            self.take(record)

    def size_of_record(self, buffer: bytearray) -> int:
        """The size of the record at the start, 0 if it is incomplete."""
        if buffer and buffer[0] != 1:
            self.malformed()
            self.over = True
            return 0
        size = 8 + int.from_bytes(buffer[4:6], "big") + buffer[6] if len(buffer) >= 8 else 0
        return size if len(buffer) >= size else 0

    def malformed(self) -> None:
        """Handle malformed bytes: nothing can answer them."""

    def take(self, record: bytes) -> None:
        """Take one record."""
        kind, id = record[1], int.from_bytes(record[2:4], "big")
        content = content_of(record)
        request = self.requests.get(id)
        if not id:
            self.manage(kind, content)
        elif kind == BEGIN:
            self.begin(id, content)
        elif request is None:
            return
        elif kind == ABORT:
            self.abort(request)
        elif kind == PARAMS and not request.ready:
            self.take_params(request, content)
        elif kind == STDIN and request.ready and not request.called:
            self.take_stdin(request, content)

    def manage(self, kind: int, content: bytes) -> None:
        """Take a management record."""
        if kind == GET_VALUES:
            pairs = [(name, VALUES[name]) for name, _ in self.decoded(content) if name in VALUES]
            self.send(RESULT, 0, b"".join(bytes((len(name), len(value))) + name + value for name, value in pairs))
        else:
            self.send(UNKNOWN, 0, bytes((kind,)) + bytes(7))

    def begin(self, id: int, content: bytes) -> None:
        """Begin a request, or reject it."""
        if len(content) < 8:
            self.malformed()
            self.over = True
            return
        keep = bool(content[2] & KEEP_CONN)
        if int.from_bytes(content[:2], "big") != RESPONDER:
            self.end(Request(id, keep), UNKNOWN_ROLE)
        else:
            self.requests[id] = Request(id, keep)

    def abort(self, request: Request) -> None:
        """End a request before its time; further output of the application is dropped."""
        del self.requests[request.id]
        self.send(STDOUT, request.id, b"")
        self.end(request, COMPLETE)

    def take_params(self, request: Request, content: bytes) -> None:
        """Take parameters; an empty record ends them."""
        if content:
            request.params += content
            return
        request.ready = True
        request.pairs = self.decoded(bytes(request.params))

    def decoded(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Name-value pairs, as far as they are complete."""
        found, at = [], 0
        while at < len(data):
            sizes = []
            for _ in range(2):
                size, at = length_at(data, at)
                sizes.append(size)
            end = at + sum(sizes)
            if end > len(data):
                self.malformed()
                break
            found.append((data[at : at + sizes[0]], data[at + sizes[0] : end]))
            at = end
        return found

    def take_stdin(self, request: Request, content: bytes) -> None:
        """Take a part of the body; at its end the application is called."""
        if content:
            request.body.append(content)
        else:
            self.call(request)

    # The application

    def call(self, request: Request) -> None:
        """Call the application."""
        request.called = True
        self.dispatch(request)

    def dispatch(self, request: Request) -> None:
        """Call a WSGI application in a thread."""
        environ = environ_of(request.pairs, b"".join(request.body))
        loop = asyncio.get_running_loop()
        loop.run_in_executor(self.pool, self.work, environ, request, loop)

    def work(self, environ: dict[str, Any], request: Request, loop: asyncio.AbstractEventLoop) -> None:
        """The work of the thread: the application's output is passed to the loop piece by piece."""
        end = play(self.app, environ, lambda data: loop.call_soon_threadsafe(self.out, request, data))
        loop.call_soon_threadsafe(self.done, request, end)

    def out(self, request: Request, data: bytes) -> None:
        """Send a piece of the response, unless the request is over."""
        if self.requests.get(request.id) is not request:
            return
        for at in range(0, len(data), 32 * KIB):
            self.send(STDOUT, request.id, data[at : at + 32 * KIB])

    def done(self, request: Request, end: End) -> None:
        """The application has ended. CGI cannot express a truncated response, so the connection is reset, unless other
        requests are on it. nginx takes a close as the end of the response."""
        if self.requests.get(request.id) is not request:
            return
        if end.broken and len(self.requests) == 1:
            self.over = True
            handle = self.writer.get_extra_info("socket")
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
            return
        self.held = bytearray()
        self.out(request, end.rest)
        self.send(STDOUT, request.id, b"")
        del self.requests[request.id]
        self.end(request, COMPLETE)

    def end(self, request: Request, status: int) -> None:
        """Send END_REQUEST, and close the connection if it is not to be kept."""
        self.send(END, request.id, bytes((0, 0, 0, 0, status, 0, 0, 0)))
        if self.held is not None:
            held, self.held = self.held, None
            self.write(held)
        if request.keep or self.requests:
            return
        if request.called or self.writer.is_closing():
            self.over = True
            self.writer.close()
        else:
            self.lingers = True
            self.writer.write_eof()
            asyncio.get_running_loop().call_later(LINGERS, self.writer.close)

    def send(self, kind: int, id: int, content: bytes) -> None:
        """Send one record."""
        head = bytes((1, kind)) + id.to_bytes(2, "big") + len(content).to_bytes(2, "big") + bytes(2)
        if self.held is not None:
            self.held += head + content
        else:
            self.write(head + content)

    def write(self, data: bytes | bytearray) -> None:
        """Write bytes, unless the connection is over."""
        if not self.lingers and not self.writer.is_closing():
            self.writer.write(data)


def content_of(record: bytes) -> bytes:
    """The content of a record, without its padding."""
    return record[8 : 8 + int.from_bytes(record[4:6], "big")]


def length_at(data: bytes, at: int) -> tuple[int, int]:
    """The length of a name or a value that is written at a place, in one byte or in four, and the place after it."""
    long = at < len(data) and data[at] >= 128
    width = 4 if long else 1
    return int.from_bytes(data[at : at + width], "big") & 0x7FFFFFFF, at + width


async def serve(
    app: Any, listener: socket.socket, connection: Callable[..., Connection] = Connection, lifespan: str = "off"
) -> None:
    """Serve until a signal. ``connection`` calls applications of the interface. ``lifespan`` is the mode of theirs.

    No connection is accepted before startup is complete; until then they wait in the socket's queue.
    """
    signalled = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, signalled.set)
    life = Lifespan(app, lifespan)
    status = 0
    try:
        if await started(life, signalled):
            await accept(app, listener, connection, life, signalled)
            await life.stop()
    except Failed:
        status = FAILED
    sys.stderr.flush()
    os._exit(status)  # threads of running requests would be waited for


async def started(life: Lifespan, signalled: asyncio.Event) -> bool:
    """Start up the application. Returns False if a signal came first. Raises Failed."""
    starting, ends = asyncio.ensure_future(life.start()), asyncio.ensure_future(signalled.wait())
    await asyncio.wait([starting, ends], return_when=asyncio.FIRST_COMPLETED)
    ends.cancel()
    if starting.done():
        starting.result()
    return starting.done()


async def accept(
    app: Any,
    listener: socket.socket,
    connection: Callable[..., Connection],
    life: Lifespan,
    signalled: asyncio.Event,
) -> None:
    """Accept connections until a signal, and then finish the requests on them, for GRACE seconds at most."""
    pool = ThreadPoolExecutor(THREADS)

    open_now: set[Connection] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        one = connection(app, pool, writer)
        one.state = life.state
        open_now.add(one)
        try:
            await one.serve(reader)
        except ConnectionError:
            pass
        finally:
            open_now.discard(one)
            writer.close()

    server = await asyncio.start_server(connected, sock=listener)
    log.say("listening for FastCGI")
    await signalled.wait()
    server.close()
    deadline = asyncio.get_running_loop().time() + GRACE
    while any(one.requests for one in open_now) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.01)  # requests of WSGI applications end in threads
    pool.shutdown(wait=False, cancel_futures=True)


def main(words: Sequence[str] | None = None) -> None:
    """Serve an application until a signal. Raises KeyError for an unknown mutant."""
    parser = argparse.ArgumentParser(prog="engine_reference.fastcgi", description="The strict FastCGI server.")
    parser.add_argument("app", help="module:attribute of an application")
    parser.add_argument("--interface", choices=("wsgi", "asgi"), default="wsgi")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--fd", type=int, help="a listening descriptor that this process inherits")
    where.add_argument("--bind", metavar="HOST:PORT")
    parser.add_argument("--mutant", default="", metavar="NAME", help="a deliberate fault")
    options = parser.parse_args(words)
    if options.mutant:
        importlib.import_module(".mutants.fastcgi", __package__).install(options.mutant)
    if options.bind:
        host, _, port = options.bind.rpartition(":")
        listener = socket.create_server((host, int(port)))
    else:
        listener = socket.socket(fileno=options.fd)
    sys.path.insert(0, os.getcwd())
    module, _, name = options.app.partition(":")
    connection = Connection
    if options.interface == "asgi":
        connection = importlib.import_module(".fastcgi_asgi", __package__).AsgiConnection
    lifespan = "auto" if options.interface == "asgi" else "off"
    asyncio.run(serve(getattr(importlib.import_module(module), name), listener, connection, lifespan))


if __name__ == "__main__":
    # As a module of the package, so that mutants find the same classes as this process.
    importlib.import_module(f"{__package__}.fastcgi").main()
