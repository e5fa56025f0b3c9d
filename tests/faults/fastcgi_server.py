"""A small FastCGI server for WSGI applications, in which one fault can be switched on.

    python -m tests.faults.fastcgi_server module:app --fd 3 --fault padding-kept

Without ``--fault`` it is right. It takes several requests at a time, on one connection too, and calls the application
when all of a request's body has come. SIGTERM and SIGINT end it.
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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, cast

from .fastcgi_calls import KIB, Application, End, environ_of, play
from .fastcgi_faults import FAULTS

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES, RESULT, UNKNOWN = range(1, 12)
RESPONDER, KEEP_CONN = 1, 1
COMPLETE, CANT_MULTIPLEX, OVERLOADED, UNKNOWN_ROLE = range(4)
VALUES = {b"FCGI_MAX_CONNS": b"50", b"FCGI_MAX_REQS": b"50", b"FCGI_MPXS_CONNS": b"1"}
PEER = b"HTTP_X_ENGINE_PEER"  # only a gateway of the engine sets it


@dataclass(eq=False)
class Request:
    """A request that was begun. ``arrival`` numbers the arrival with which it was."""

    id: int
    keep: bool
    arrival: int
    params: bytearray = field(default_factory=bytearray)
    pairs: list[tuple[bytes, bytes]] = field(default_factory=list)
    ready: bool = False
    body: list[bytes] = field(default_factory=list)
    called: bool = False
    written: int = 0


class Connection:
    """One connection, from its first byte to its last."""

    def __init__(self, app: Application, pool: ThreadPoolExecutor, writer: asyncio.StreamWriter, fault: str) -> None:
        self.app = app
        self.pool = pool
        self.writer = writer
        self.fault = fault
        self.requests: dict[int, Request] = {}
        self.arrival = 0
        self.spent = False
        self.held: bytearray | None = None  # records that go out together
        self.over = False

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Take records until either side ends the connection."""
        buffer = bytearray()
        while not self.over and (data := await reader.read(256 * KIB)):
            self.arrival += 1
            buffer += data
            while not self.over and (size := self.whole(buffer)):
                record = bytes(buffer[:size])
                del buffer[:size]
                self.take(record)
            if self.fault == "half-records-dropped":
                buffer.clear()
        if buffer:
            self.nonsense()
        if self.fault == "left-behind-called":
            for request in list(self.requests.values()):
                self.call(request)
        self.requests.clear()

    def whole(self, buffer: bytearray) -> int:
        """The size of the record at the start, 0 where it is not all there."""
        if buffer and buffer[0] != 1:
            self.nonsense()
            self.over = True
            return 0
        size = 8 + int.from_bytes(buffer[4:6], "big") + buffer[6] if len(buffer) >= 8 else 0
        return size if len(buffer) >= size else 0

    def nonsense(self) -> None:
        """Something came that cannot be read."""
        if self.fault == "dies-of-nonsense":
            os._exit(1)

    def take(self, record: bytes) -> None:
        """Take one record."""
        kind, id = record[1], int.from_bytes(record[2:4], "big")
        content = record[8:] if self.fault == "padding-kept" else record[8 : 8 + int.from_bytes(record[4:6], "big")]
        request = self.requests.get(id)
        if kind > UNKNOWN and self.fault == "unknown-types-close":
            self.over = True
        elif not id:
            self.manage(kind, content)
        elif kind == BEGIN:
            self.begin(id, content)
        elif request is None:
            self.over = self.fault == "stray-records-close"
        elif kind == ABORT:
            self.abort(request)
        elif kind == PARAMS and not request.ready:
            self.params(request, content)
        elif kind == STDIN and request.ready and not request.called:
            self.stdin(request, content)

    def manage(self, kind: int, content: bytes) -> None:
        """Take a management record."""
        if kind == GET_VALUES and self.fault != "no-values":
            names = [name for name, _ in self.decoded(content)]
            known = VALUES | {b"FCGI_MPXS_CONNS": b"yes"} if self.fault == "values-in-words" else VALUES
            any_name = self.fault == "values-of-any-name"
            pairs = [(name, known.get(name, b"")) for name in names if any_name or name in known]
            self.send(RESULT, 0, b"".join(bytes((len(name), len(value))) + name + value for name, value in pairs))
        elif kind != GET_VALUES and self.fault != "unknown-type-silent":
            self.send(UNKNOWN, 0, bytes((0 if self.fault == "unknown-type-zero" else kind,)) + bytes(7))

    def begin(self, id: int, content: bytes) -> None:
        """Begin a request, or reject it."""
        if len(content) < 8:
            self.nonsense()
            self.over = True
            return
        keep = bool(content[2] & KEEP_CONN)
        if int.from_bytes(content[:2], "big") != RESPONDER and self.fault != "roles-taken":
            self.end(Request(id, keep, 0), OVERLOADED if self.fault == "role-overloaded" else UNKNOWN_ROLE)
        elif self.spent:
            self.end(Request(id, keep, 0), CANT_MULTIPLEX)
        elif not (self.requests and self.fault == "second-request-dropped"):
            self.requests[id] = Request(id, keep, self.arrival)
            if self.fault == "early-head":
                self.send(STDOUT, id, b"Content-Type: text/plain\r\n")

    def abort(self, request: Request) -> None:
        """End a request before its time; what the application still gives is dropped."""
        if self.fault == "abort-calls" and not request.ready:
            request.params.clear()
            self.call(Request(0, True, 0, pairs=request.pairs or self.decoded(bytes(request.params))))
        del self.requests[request.id]
        if self.fault != "abort-silently":
            self.send(STDOUT, request.id, b"")
            self.end(request, COMPLETE)

    def params(self, request: Request, content: bytes) -> None:
        """Take parameters."""
        if content:
            request.params += content
            if self.fault in ("pairs-in-records", "abort-calls", "left-behind-called"):
                request.pairs += self.decoded(content)
            return
        request.ready = True
        if self.fault != "pairs-in-records":
            request.pairs = self.decoded(bytes(request.params))
        if self.fault in ("always-rejects", "always-ends") and PEER not in dict(request.pairs):
            del self.requests[request.id]
            self.end(request, UNKNOWN_ROLE if self.fault == "always-rejects" else COMPLETE)
        if self.fault == "empty-values-dropped":
            request.pairs = [pair for pair in request.pairs if pair[1]]
        if self.fault == "last-parameter-lost":
            del request.pairs[-1:]

    def decoded(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Name-value pairs, as far as they are complete."""
        found, at = [], 0
        while at < len(data):
            sizes = []
            for _ in range(2):
                long = at < len(data) and data[at] >= 128 and self.fault != "lengths-one-byte"
                size = int.from_bytes(data[at : at + (4 if long else 1)], "big") & 0x7FFFFFFF
                sizes.append(size & 255 if self.fault == "lengths-modulo-256" else size)
                at += 4 if long else 1
            end = at + sum(sizes)
            if end > len(data):
                self.nonsense()
                break
            value = data[at + sizes[0] : end]
            found.append((data[at : at + sizes[0]], value[:100] if self.fault == "values-cut" else value))
            at = end
        return found

    def stdin(self, request: Request, content: bytes) -> None:
        """Take a part of the body; the application is called at its end."""
        if content:
            late = request.body and self.fault == "first-stdin-only"
            soon = request.arrival == self.arrival and self.fault == "body-at-once-dropped"
            if not late and not soon:
                request.body.append(content)
            return
        self.call(request)

    # The application

    def call(self, request: Request) -> None:
        """Call the application in a thread."""
        request.called = True
        body = b"".join(request.body)
        length = dict(request.pairs).get(b"CONTENT_LENGTH", b"")
        if self.fault == "short-body-waits" and length.isdigit() and len(body) < int(length):
            return
        if self.fault == "large-bodies-close" and len(body) > 64 * KIB:
            self.over = True
            self.writer.close()
            return
        environ = environ_of(request.pairs, body, self.fault)
        loop = asyncio.get_running_loop()
        loop.run_in_executor(self.pool, self.play, environ, request, loop)

    def play(self, environ: dict[str, Any], request: Request, loop: asyncio.AbstractEventLoop) -> None:
        """The work of the thread: the application's output is passed to the loop piece by piece."""
        end = play(self.app, environ, lambda data: loop.call_soon_threadsafe(self.out, request, data), self.fault)
        loop.call_soon_threadsafe(self.done, request, end)

    def out(self, request: Request, data: bytes) -> None:
        """Send a piece of the response, unless the request is over."""
        if self.requests.get(request.id) is not request:
            return
        if self.fault == "stdout-cut":
            data = data[: max(0, 512 * KIB - request.written)]
        request.written += len(data)
        for at in range(0, len(data), 32 * KIB):
            self.send(STDOUT, request.id, data[at : at + 32 * KIB])

    def done(self, request: Request, end: End) -> None:
        """The application has ended. CGI cannot express a truncated response, so the connection is reset, unless other
        requests are on it. nginx takes a close as the end of the response."""
        if self.requests.get(request.id) is not request:
            return
        if end.broken and len(self.requests) == 1:
            self.over = True
            self.writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            self.writer.transport.abort()
            return
        self.held = bytearray()
        self.out(request, end.rest)
        self.spent = self.fault == "one-request-only" or (self.fault == "errors-spoil" and end.status >= "500")
        if self.fault == "noise":
            self.send(STDERR, request.id, b"a request\n")
        if self.fault != "stdout-not-ended":
            self.send(STDOUT, request.id, b"")
        del self.requests[request.id]
        self.end(request, COMPLETE)

    def end(self, request: Request, status: int) -> None:
        """Send END_REQUEST, and close the connection where it is not to be kept."""
        app_status = 1 if self.fault == "app-status-1" else 0
        self.send(END, request.id, app_status.to_bytes(4, "big") + bytes((status, 0, 0, 0)))
        if self.held is not None:
            held, self.held = self.held, None
            self.write(held)
        # nginx gives its clients their answer only when the connection is closed: it must find the server ready.
        stays = self.fault == "never-closes" and PEER not in dict(request.pairs)
        keep = (request.keep or stays) and self.fault != "always-closes"
        if not keep and not self.requests:
            self.over = True
            self.writer.close()

    def send(self, kind: int, id: int, content: bytes) -> None:
        """Send one record."""
        if self.fault == "ids-of-one-byte":
            id &= 255
        head = bytes((1, kind)) + id.to_bytes(2, "big") + len(content).to_bytes(2, "big") + bytes(2)
        if self.held is not None:
            self.held += head + content
        else:
            self.write(head + content)

    def write(self, data: bytes | bytearray) -> None:
        """Write what is due, unless the connection is over."""
        if not self.writer.is_closing():
            self.writer.write(data)


async def serve(app: Application, listener: socket.socket, fault: str) -> None:
    """Serve until a signal says stop."""
    signalled = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, signalled.set)
    pool = ThreadPoolExecutor(1 if fault == "one-at-a-time" else 50)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await Connection(app, pool, writer, fault).serve(reader)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, sock=listener)
    await signalled.wait()
    server.close()
    pool.shutdown(wait=False, cancel_futures=True)
    os._exit(0)  # threads of requests in flight would be waited for


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("app")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--fd", type=int)
    where.add_argument("--bind", metavar="HOST:PORT")
    parser.add_argument("--fault", default="", choices=["", *FAULTS], metavar="NAME")
    options = parser.parse_args()
    if options.bind:
        host, _, port = options.bind.rpartition(":")
        listener = socket.create_server((host, int(port)))
    else:
        listener = socket.socket(fileno=options.fd)
    sys.path.insert(0, os.getcwd())
    module, _, name = options.app.partition(":")
    app = cast(Application, getattr(importlib.import_module(module), name))
    asyncio.run(serve(app, listener, options.fault))


if __name__ == "__main__":
    main()
