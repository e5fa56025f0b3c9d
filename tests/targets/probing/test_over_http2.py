"""The exchanges of a probe over HTTP/2, against the library h2 and against single frames."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import h2.config
import h2.connection
import h2.events
import h2.settings

from engine.protocols.http2.frames import RST_STREAM, SETTINGS, encode
from engine.targets.probing import over_http2

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Fields = Mapping[bytes, bytes]


class Peer:
    """A server of the library h2 that answers each request with these fields. ``seen`` are the fields that came."""

    def __init__(self, *fields: tuple[bytes, bytes], websockets: bool = False) -> None:
        self.fields = fields
        self.seen: list[dict[bytes, bytes]] = []
        self.websockets = websockets

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        config = h2.config.H2Configuration(client_side=False, header_encoding=None, validate_inbound_headers=False)
        server = h2.connection.H2Connection(config)
        if self.websockets:
            server.local_settings = h2.settings.Settings(
                client=False, initial_values={h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL: 1}
            )
        server.initiate_connection()
        writer.write(server.data_to_send())
        while data := await reader.read(65_536):
            for event in server.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    self.seen.append({bytes(name): bytes(value) for name, value in event.headers})
                    server.send_headers(event.stream_id, list(self.fields))
            writer.write(server.data_to_send())


def asked(handler: Handler, ask: Callable[..., Awaitable[Fields | None]], within: float = 10.0) -> Fields | None:
    async def scene() -> Fields | None:
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        try:
            return await ask(server.sockets[0].getsockname()[:2], "t", None, within=within)
        finally:
            server.close()

    return asyncio.run(scene())


def test_a_request_takes_trailers_and_has_the_engines_field() -> None:
    peer = Peer((b":status", b"200"), (b"x-a", b"1"))
    assert asked(peer, over_http2.request) == {b":status": b"200", b"x-a": b"1"}
    assert peer.seen[0][b":path"] == b"/health"
    assert (peer.seen[0][b"te"], peer.seen[0][b"x-engine-call"]) == (b"trailers", b"t")


def test_a_websocket_waits_for_the_servers_setting() -> None:
    peer = Peer((b":status", b"200"), (b"sec-websocket-extensions", b"permessage-deflate"), websockets=True)
    found = asked(peer, over_http2.websocket)
    assert found is not None
    assert over_http2.opened(found)
    assert (peer.seen[0][b":method"], peer.seen[0][b":protocol"]) == (b"CONNECT", b"websocket")
    silent = Peer((b":status", b"200"))
    assert asked(silent, over_http2.websocket) == {}
    assert silent.seen == []
    refused = Peer((b":status", b"404"), websockets=True)
    assert not over_http2.opened(asked(refused, over_http2.websocket) or {})


def test_servers_without_http_2() -> None:
    async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(encode(SETTINGS) + encode(RST_STREAM, 0, 1, b"\0\0\0\x07"))
        await reader.read()

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await reader.read(1_000)
        await reader.read(1_000)

    assert asked(closes, over_http2.request) == {}
    assert asked(resets, over_http2.request) == {}
    assert asked(says_nothing, over_http2.request, within=0.2) is None
