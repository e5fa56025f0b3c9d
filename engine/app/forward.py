"""Passing a port of the user's choice on to a target, byte by byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from engine.errors import UsageError


@asynccontextmanager
async def forward(port: int, address: tuple[str, int]) -> AsyncIterator[None]:
    """While the block runs, connections to 127.0.0.1:``port`` reach ``address``. Raises UsageError where the port
    cannot be had."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.write_eof()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            inner_reader, inner_writer = await asyncio.open_connection(*address)
            await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))
            inner_writer.close()
        writer.close()

    try:
        server = await asyncio.start_server(serve, "127.0.0.1", port)
    except OSError as error:
        raise UsageError(f"port {port} cannot be had: {error.strerror}", hint="name another one with --port") from error
    async with server:
        yield
