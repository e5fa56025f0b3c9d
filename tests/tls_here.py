"""TLS for tests: certificates, contexts of servers, and a small server that ends its connections as requested."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.channels.tls_codec import Broken, TlsCodec
from engine.model.tls import TlsCredentials
from engine.targets.catalog.servers.tls import Files
from engine.targets.runtimes.certificates import Certificates

HOST = "127.0.0.1"
_folders: list[TemporaryDirectory[str]] = []  # they go when the process does


@cache
def certificates() -> Certificates:
    """Those of all tests."""
    return Certificates()


@cache
def written(asks: str = "") -> tuple[Files, TlsCredentials]:
    """The files of a server and its clients, in a folder of their own."""
    folder = TemporaryDirectory(prefix="engine-test-tls-")
    _folders.append(folder)
    return certificates().write(Path(folder.name), HOST, asks)


def trust(asks: str = "") -> TlsCredentials:
    """The files of clients."""
    return written(asks)[1]


def server_context(asks: str = "", *, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A server's context; ``version`` is the only one that it speaks."""
    files, _ = written(asks)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.cert, files.key)
    context.load_verify_locations(files.ca)
    context.set_alpn_protocols(["http/1.1"])
    context.verify_mode = {"": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}[asks]
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


@dataclass
class Peer:
    """The server's end of one connection. ``plain`` is what has come, ``alert`` whether a closure alert has."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    codec: TlsCodec
    plain: bytes = b""

    @property
    def alert(self) -> bool:
        return self.codec.closed

    async def shake(self) -> None:
        """The handshake, and not a byte more than it takes."""
        while not self.codec.done:
            await self.more()

    async def more(self) -> bool:
        """Take what comes next; False at the end of the stream. Raises Broken."""
        data = await self.reader.read(65536)
        try:
            self.plain += b"".join(self.codec.feed(data))
        finally:
            self.writer.write(self.codec.outgoing())
        return bool(data)

    async def rest(self) -> bytes:
        """Everything until the end of the stream."""
        while await self.more():
            pass
        return self.plain

    def say(self, data: bytes) -> None:
        self.writer.write(self.codec.encrypt(data))


@contextlib.asynccontextmanager
async def secure(
    work: Callable[[Peer], Awaitable[None]], context: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, int]]:
    """The address of a server with TLS, whose connections are left as ``work`` leaves them until the end."""
    tasks: list[asyncio.Task[None]] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer, TlsCodec(context or server_context(), server_side=True))
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError, Broken):
            await work(peer)

    server = await asyncio.start_server(connected, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[:2]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
