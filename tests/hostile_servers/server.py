"""A small server of HTTP/1.1 that is right until somebody asks for ``/delay``, and then does its worst; see ``DEEDS``.

python server.py APP (--bind HOST:PORT | --fd NUMBER) [--deed NAME]

One process and one loop; a request is a head and, perhaps, a body of a known length. It is small on purpose: what is
tried is the engine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

# What triggers the deed. Everything else is answered as it should be.
TRIGGER = "/delay"
GIGABYTE = 1 << 30
shouted = False
PIECE = b"x" * 1023 + b"\n"

DEEDS = {
    "": "it is right",
    "dies-at-start": "it ends before it listens",
    "dies-at-first": "it ends in the first request that it ever gets",
    "dies": "it ends in the middle of the triggering request",
    "dies-in-every": "it ends in the middle of every request but those of GET /health",
    "dies-with-eight": "it ends when eight slow requests are under way; two of them wait for the others",
    "dies-after": "it answers the triggering request, and ends a moment later",
    "hangs-up": "it closes all sockets, the listening one too, and lives on",
    "stops-reading": "it takes connections and reads nothing, from the triggering request on",
    "never-answers": "it reads the triggering request, and never answers",
    "answers-late": "it answers the triggering request two seconds after the case has given up",
    "leaves": "it forks, the child serves on in a session of its own, and the parent ends",
    "leaves-at-start": "the same before it listens, as daemons do",
    "logs-a-gigabyte": "it writes a gigabyte to its log in the triggering request, and answers",
    "logs-at-start": "it writes a gigabyte to its log, and never listens",
    "runs-on-no-loop": "it is right, and calls the application where no loop of asyncio's runs",
    "sends-without-end": "it answers the triggering request with a body that never ends",
    "sends-at-first": "it answers the first request of all with a body that never ends",
}


class Server:
    """Connections, the application behind them, and one deed."""

    def __init__(self, app: Callable[..., Any], deed: str, listening: socket.socket) -> None:
        self.app = app
        self.deed = deed
        self.listening = listening
        self.slow = 0
        self.deaf = False
        self.writers: set[asyncio.StreamWriter] = set()
        self.server: asyncio.Server | None = None

    async def serve(self) -> None:
        """Until TERM."""
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        self.server = await asyncio.start_server(self.connection, sock=self.listening)
        await stopped.wait()

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        self.writers.add(writer)
        try:
            while not self.deaf:
                head = await reader.readuntil(b"\r\n\r\n")
                await self.request(head, reader, writer)
            await asyncio.sleep(3600)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def request(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        line, *lines = head.decode("latin-1").split("\r\n")[:-2]
        method, path, _ = line.split(" ")
        headers = [(name.lower(), value.strip()) for name, _, value in (one.partition(":") for one in lines)]
        body = await reader.readexactly(int(dict(headers).get("content-length", 0)))
        triggered = path.partition("?")[0] == TRIGGER
        if "slow" in path:
            await self.slowly()
        other = self.deed == "dies-in-every" and not path.startswith("/health")
        if triggered or other or self.deed in ("dies-at-first", "sends-at-first"):
            await self.misbehave(writer)
        await self.call(method, path, headers, body, writer)
        if triggered and self.deed == "dies-after":
            asyncio.get_running_loop().call_later(0.005, os._exit, 3)

    async def misbehave(self, writer: asyncio.StreamWriter) -> None:
        """Do the deed, as far as it is one of those that come before an answer."""
        match self.deed:
            case "dies" | "dies-in-every" | "dies-at-first":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-")
                print("this is what it said before it ended", flush=True)
                os._exit(3)
            case "hangs-up":
                assert self.server is not None
                self.server.close()
                for one in list(self.writers):
                    one.transport.abort()
                raise ConnectionResetError
            case "stops-reading":
                self.deaf = True
                await asyncio.sleep(3600)
            case "never-answers":
                await asyncio.sleep(3600)
            case "answers-late":
                await asyncio.sleep(5)
            case "leaves":
                leave()
            case "logs-a-gigabyte":
                shout()
            case "sends-without-end" | "sends-at-first":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
                await pour(writer)

    async def slowly(self) -> None:
        """Be under way for a while, as ``slow`` in a query asks for. A server that dies of eight waits for the eighth
        once there is a second, however long that takes: one at a time never meets another."""
        self.slow += 1
        try:
            if self.deed == "dies-with-eight" and self.slow == 8:
                os._exit(3)
            waits = self.deed == "dies-with-eight"
            await asyncio.sleep(0.5 if waits else 0.2)
            if waits and self.slow > 1:
                await asyncio.sleep(3600)
        finally:
            self.slow -= 1

    async def call(
        self, method: str, path: str, headers: list[tuple[str, str]], body: bytes, writer: asyncio.StreamWriter
    ) -> None:
        """Have the application answer."""
        name, _, query = path.partition("?")
        peer, own = writer.get_extra_info("peername"), writer.get_extra_info("sockname")
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.5"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": name, "raw_path": name.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(one.encode(), value.encode()) for one, value in headers],
            "client": tuple(peer[:2]), "server": tuple(own[:2]), "state": {},
        }  # fmt: skip
        waiting = [{"type": "http.request", "body": body, "more_body": False}]
        answer: list[bytes] = []
        pieces: list[bytes] = []

        async def receive() -> dict[str, Any]:
            if waiting:
                return waiting.pop()
            return await asyncio.Future()

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.append(b"HTTP/1.1 %d OK\r\n" % message["status"])
                answer.extend(b"%s: %s\r\n" % (one, value) for one, value in message["headers"])
            else:
                pieces.append(message.get("body", b""))

        if self.deed == "runs-on-no-loop":
            await asyncio.to_thread(by_hand, self.app(scope, receive, send))
        else:
            await self.app(scope, receive, send)
        content = b"".join(pieces)
        if not any(one.lower().startswith(b"content-length:") for one in answer):
            answer.append(b"content-length: %d\r\n" % len(content))
        close = ("connection", "close") in headers
        writer.write(b"".join(answer) + (b"connection: close\r\n\r\n" if close else b"\r\n") + content)
        await writer.drain()
        if close:
            raise ConnectionResetError


def by_hand(call: Coroutine[Any, Any, None]) -> None:
    """Step through a call that waits for nothing."""
    with contextlib.suppress(StopIteration):
        while True:
            call.send(None)


async def pour(writer: asyncio.StreamWriter) -> None:
    """Send as fast as it goes, for ever."""
    piece = PIECE * 256
    while True:
        writer.write(piece)
        await writer.drain()


def shout() -> None:
    """Write a gigabyte to the log, once."""
    global shouted  # noqa: PLW0603
    if shouted:
        return
    shouted = True
    piece = PIECE * 1024
    for _ in range(GIGABYTE // len(piece)):
        os.write(1, piece)


def leave() -> None:
    """Let a child go on in a session of its own."""
    if os.fork():
        os._exit(0)
    os.setsid()


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("app")
    parser.add_argument("--bind", default="")
    parser.add_argument("--fd", type=int)
    parser.add_argument("--deed", default="", choices=DEEDS)
    parsed = parser.parse_args()
    match parsed.deed:
        case "dies-at-start":
            print("this is what it said before it ended", flush=True)
            sys.exit(3)
        case "leaves-at-start":
            leave()
        case "logs-at-start":
            shout()
            time.sleep(3600)
    if parsed.fd is not None:
        listening = socket.socket(fileno=parsed.fd)
    else:
        host, _, port = parsed.bind.rpartition(":")
        listening = socket.create_server((host, int(port)), backlog=512)
    module, _, name = parsed.app.partition(":")
    app = getattr(importlib.import_module(module), name)
    asyncio.run(Server(app, parsed.deed, listening).serve())


if __name__ == "__main__":
    main()
