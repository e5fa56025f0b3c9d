"""The exchanges of a probe over HTTP/2: a request, and the opening of a WebSocket (RFC 8441)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from engine.model.network import Address, authority
from engine.model.tls import TlsCredentials
from engine.protocols.http2.connection import Http2Client
from engine.protocols.http2.fields import Field, Pair
from engine.protocols.http2.frames import (
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PREFACE,
    SETTINGS,
    encode,
    settings_payload,
)
from engine.targets.runtimes import readiness
from engine.targets.runtimes.dialing import dial

T = TypeVar("T")
STREAM = 1
CONNECT_PROTOCOL = 8
NO_PUSH = {2: 0}


async def request(
    address: Address, token: str, tls: ssl.SSLContext | None, *, within: float
) -> Mapping[bytes, bytes] | None:
    """The fields of the response to GET /health with the engine's own token, empty if the server has none, None after
    a timeout, which shows nothing. ``tls`` offers HTTP/2 by ALPN."""
    pairs = [*_head(address, token, "GET", "/health", tls), (b"te", b"trailers")]
    return await _exchange(address, pairs, tls, END_HEADERS | END_STREAM, within=within)


async def websocket(
    address: Address, token: str, tls: ssl.SSLContext | None, *, within: float
) -> Mapping[bytes, bytes] | None:
    """As ``request``, for the opening of a WebSocket that offers compression. A server that announces no such opening
    is asked for none."""
    head = _head(address, token, "CONNECT", "/ws/echo", tls)
    pairs = [
        *head[:1], (b":protocol", b"websocket"), *head[1:], (b"sec-websocket-version", b"13"),
        (b"sec-websocket-extensions", b"permessage-deflate"),
    ]  # fmt: skip
    return await _exchange(address, pairs, tls, END_HEADERS, within=within, announced=True)


def context_of(live_tls: TlsCredentials) -> ssl.SSLContext:
    """The TLS context of a client that offers only HTTP/2. Raises OSError for files that are not there."""
    context = readiness.context_of(live_tls)
    context.set_alpn_protocols(["h2"])
    return context


def _head(address: Address, token: str, method: str, path: str, tls: ssl.SSLContext | None) -> list[Pair]:
    return [
        (b":method", method.encode()),
        (b":scheme", b"http" if tls is None else b"https"),
        (b":authority", authority(address).encode()),
        (b":path", path.encode()),
        (readiness.HEADER.encode(), token.encode()),
    ]


async def _exchange(
    address: Address,
    pairs: Sequence[Pair],
    tls: ssl.SSLContext | None,
    flags: int,
    *,
    within: float,
    announced: bool = False,
) -> Mapping[bytes, bytes] | None:
    """Send a field section on a new connection, and return the fields of the first response, {} without one. With
    ``announced`` the section waits for the server's settings, and is not sent unless they allow :protocol."""
    client = Http2Client(NO_PUSH)
    client.opened(STREAM)
    block = client.encoder.section([Field(name, value) for name, value in pairs])
    first = PREFACE + encode(SETTINGS, 0, 0, settings_payload(NO_PUSH.items()))
    section = encode(HEADERS, flags, STREAM, block)
    try:
        async with asyncio.timeout(within):
            reader, writer = await dial(address, tls)
            try:
                writer.write(first if announced else first + section)
                if announced:
                    settings = await _until(client, reader, writer, lambda: client.theirs if client.asked else None)
                    if not (settings or {}).get(CONNECT_PROTOCOL):
                        return {}
                    writer.write(section)
                return await _until(client, reader, writer, lambda: _response(client)) or {}
            finally:
                writer.transport.abort()
    except TimeoutError:
        return None
    except OSError:
        return {}


async def _until(
    client: Http2Client, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, found: Callable[[], T | None]
) -> T | None:
    """Read until ``found`` returns something; None once the server has ended the connection, or reset the stream."""
    while (result := found()) is None:
        data = await reader.read(65536)
        if not data:
            return None
        client.feed(data, 0.0)
        writer.write(client.replies())
        if client.opened(STREAM).reset:
            return found()
    return result


def _response(client: Http2Client) -> Mapping[bytes, bytes] | None:
    sections = [dict(one.fields) for one in client.opened(STREAM).inbox if one.fields is not None]
    return next((one for one in sections if one.get(b":status", b"1")[:1] != b"1"), None)


def opened(fields: Mapping[bytes, bytes]) -> bool:
    """True if a response opens a WebSocket."""
    return fields.get(b":status", b"")[:1] == b"2"
