"""Connections of the engine's own to a server's address: readiness, liveness, probes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.model.network import LOCALHOST, Address, unix_path

if TYPE_CHECKING:
    import ssl

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Greeting = Callable[[Address], bytes]
"""The first bytes of a connection, by the address of this side."""


async def dial(address: Address, tls: ssl.SSLContext | None = None) -> Streams:
    """A connection to a host and a port, or to a Unix socket, whose server is ``localhost`` for TLS. Raises OSError."""
    if path := unix_path(address):
        return await asyncio.open_unix_connection(path, ssl=tls, server_hostname=LOCALHOST if tls is not None else None)
    return await asyncio.open_connection(*address, ssl=tls)


def no_greeting(own: Address) -> bytes:
    """The greeting of a connection that begins with a request."""
    return b""


def own_address(writer: asyncio.StreamWriter) -> Address:
    """The address of this side of a connection; an empty host and port 0 on a Unix socket."""
    name = writer.get_extra_info("sockname")
    return (name[0], name[1]) if isinstance(name, tuple) else ("", 0)
