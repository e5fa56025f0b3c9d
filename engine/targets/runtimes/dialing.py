"""Connections of the engine's own to a server's address: readiness, liveness, probes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine.model.network import LOCALHOST, Address, unix_path

if TYPE_CHECKING:
    import ssl

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def dial(address: Address, tls: ssl.SSLContext | None = None) -> Streams:
    """A connection to a host and a port, or to a Unix socket, whose server is ``localhost`` for TLS. Raises OSError."""
    if path := unix_path(address):
        return await asyncio.open_unix_connection(path, ssl=tls, server_hostname=LOCALHOST if tls is not None else None)
    return await asyncio.open_connection(*address, ssl=tls)
