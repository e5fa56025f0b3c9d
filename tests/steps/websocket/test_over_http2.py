"""A WebSocket over HTTP/2, against single frames on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from engine.model.target import H2C
from engine.protocols.http2.connection import CONNECT_PROTOCOL
from engine.protocols.http2.fields import Field, FieldDecoder, FieldEncoder
from engine.protocols.http2.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    ERRORS,
    HEADERS,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Frame,
    FrameReader,
    encode,
    settings_payload,
)
from engine.protocols.websocket import CLOSE, TEXT, close_payload
from engine.protocols.websocket import FrameReader as MessageReader
from engine.protocols.websocket import encode as message
from engine.steps.api.context import StepFailed
from engine.steps.websocket.over_http2 import Http2HandshakeFacts
from tests.execution.fakes import TARGET
from tests.steps.context import JobScope, against, run
from tests.steps.reader import steps

OK = (b":status", b"200")
Script = Callable[["Peer"], Awaitable[None]]
ALLOWS = settings_payload([(CONNECT_PROTOCOL, 1)])


class Peer:
    """A server of one stream; ``fields`` are those of its request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._frames, self._messages = FrameReader(), MessageReader()
        self.fields: list[tuple[bytes, bytes]] = []

    async def begin(self, settings: bytes = ALLOWS) -> None:
        """Read the preface, and send settings."""
        await self._reader.readexactly(len(PREFACE))
        self._writer.write(encode(SETTINGS, 0, 0, settings))

    async def frame(self) -> Frame:
        """The next frame on a stream, windows apart."""
        while True:
            while (found := self._frames.next()) is None:
                data = await self._reader.read(65_536)
                assert data, "the client has gone"
                self._frames.feed(data)
            if found[0].stream and found[0].type != WINDOW_UPDATE:
                return found[0]

    async def asked(self) -> list[tuple[bytes, bytes]]:
        """The fields of the request."""
        frame = await self.frame()
        assert frame.type == HEADERS
        assert not frame.ends_stream
        return FieldDecoder().decode(frame.content or b"")

    def head(self, *pairs: tuple[bytes, bytes], flags: int = END_HEADERS) -> None:
        block = FieldEncoder().section([Field(name, value) for name, value in pairs])
        self._writer.write(encode(HEADERS, flags, 1, block))

    def data(self, content: bytes, flags: int = 0) -> None:
        self._writer.write(encode(DATA, flags, 1, content))

    def reset(self, code: str) -> None:
        self._writer.write(encode(RST_STREAM, 0, 1, ERRORS[code].to_bytes(4, "big")))


def seen(script: Script, *parts: dict[str, object], settings: bytes = ALLOWS) -> tuple[JobScope, list[object]]:
    """The context after the steps of a case, which a server of that script answers, and what its test has put into the
    list."""
    came: list[object] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        await peer.begin(settings)
        if settings == ALLOWS:
            peer.fields = await peer.asked()
            came.append(peer.fields)
        try:
            await script(peer)
        except AssertionError:
            came.append("gone")
        await reader.read()

    async def work() -> JobScope:
        async with against(handler, {"p": "chat"}) as ctx:
            ctx.live.target = replace(TARGET, http=H2C)
            try:
                await ctx.run(steps(*parts))
            except StepFailed:
                came.append("failed")
            await asyncio.sleep(0)
            came.append([one.channel.ended for one in ctx.opened])
            return ctx

    return run(work()), came


def handshake(ctx: JobScope) -> Http2HandshakeFacts:
    (found,) = [one for _, one in ctx.seen if isinstance(one, Http2HandshakeFacts)]
    return found


def why(ctx: JobScope) -> list[tuple[str, str]]:
    return [(one.where, str(one.actual)) for one in ctx.broken]


async def agreeing(peer: Peer) -> None:
    peer.head(OK, (b"sec-websocket-protocol", b"chat"))


async def nothing(peer: Peer) -> None:
    """Do nothing."""


def test_the_handshake_that_goes_out_and_the_response() -> None:
    body: dict[str, object] = {
        "connect": "/ws",
        "query": {"a": 1},
        "headers": {"X-A": "b", "Host": "example"},
        "subprotocols": ["$(p)", "other"],
        "offer": ["permessage-deflate; x=1"],
        "expect": {"opened": True, "status": 200, "subprotocol": "chat", "extensions": [], "open": True},
    }
    ctx, (fields, _) = seen(agreeing, {"websocket": body})
    assert fields == [
        (b":method", b"CONNECT"),
        (b":protocol", b"websocket"),
        (b":scheme", b"http"),
        (b":path", b"/ws?a=1"),
        (b":authority", b"example"),
        (b"x-engine-call", b"j1.1"),
        (b"sec-websocket-version", b"13"),
        (b"sec-websocket-protocol", b"chat, other"),
        (b"sec-websocket-extensions", b"permessage-deflate; x=1"),
        (b"x-a", b"b"),
    ]
    assert why(ctx) == []
    assert ctx.done[0].tokens == ["j1.1"]
    (connection,) = ctx.opened
    assert connection.carrier is not None
    assert connection.carrier.ended == "closed"


def test_a_script_on_the_stream() -> None:
    async def echo(peer: Peer) -> None:
        peer.head(OK)
        reader = MessageReader()
        while True:
            frame = await peer.frame()
            reader.feed(frame.content or b"")
            while (found := reader.next()) is not None:
                if found[0].opcode == CLOSE:
                    peer.data(message(CLOSE, close_payload(found[0].code), mask=False), END_STREAM)
                    return
                peer.data(message(found[0].opcode, found[0].payload, mask=False))

    script: list[dict[str, object]] = [
        {"send": {"text": "hello"}},
        {"receive": {"expect": {"text": "hello"}}},
        {"close": {"code": 1000}},
        {"closed": {"within": "3s", "expect": {"how": "close", "code": 1000}}},
    ]
    ctx, _ = seen(
        echo, {"websocket": {"connect": "/ws", "connection": "w"}}, {"websocket": {"connection": "w", "script": script}}
    )
    assert why(ctx) == []
    assert ctx.opened[0].channel.ended == "fin"


def test_ends_of_the_stream_are_those_of_the_connection() -> None:
    async def reset(peer: Peer) -> None:
        peer.head(OK)
        peer.reset("CANCEL")

    async def end(peer: Peer) -> None:
        peer.head(OK, flags=END_HEADERS | END_STREAM)

    for script, how in ((reset, "reset"), (end, "fin")):
        ctx, _ = seen(
            script, {"websocket": {"connect": "/", "script": [{"closed": {"within": "3s", "expect": {"how": how}}}]}}
        )
        assert why(ctx) == []


def test_hang_ups_of_the_client() -> None:
    got: list[tuple[int, int]] = []

    async def listening(peer: Peer) -> None:
        peer.head(OK)
        frame = await peer.frame()
        got.append((frame.type, frame.flags))

    for way in ("write", "both", "reset"):
        ctx, _ = seen(
            listening,
            {"websocket": {"connect": "/", "connection": "w", "script": [{"hang_up": way}]}},
            {"pause": "20ms"},
        )
        assert why(ctx) == []
    assert got == [(DATA, END_STREAM), (DATA, END_STREAM), (RST_STREAM, 0)]


def test_a_refusal_is_a_response() -> None:
    async def refusing(peer: Peer) -> None:
        peer.head((b":status", b"403"), (b"x-a", b"1"))
        peer.data(b"because", END_STREAM)

    expected = {"opened": False, "status": 403, "body": "because", "header.x-a": "1", "complete": True}
    ctx, _ = seen(refusing, {"websocket": {"connect": "/", "expect": expected}})
    assert why(ctx) == []
    ctx, _ = seen(refusing, {"websocket": {"connect": "/", "script": [{"send": {"text": "x"}}]}})
    assert why(ctx) == [("status", "403")]


def test_a_reset_in_place_of_a_response() -> None:
    async def refusing(peer: Peer) -> None:
        peer.reset("REFUSED_STREAM")

    ctx, _ = seen(refusing, {"websocket": {"connect": "/", "expect": {"outcome": "reset"}}})
    assert why(ctx) == []
    assert handshake(ctx).response.detail == "RST_STREAM with REFUSED_STREAM"


def test_nothing_is_asked_of_a_server_without_the_setting() -> None:
    async def listening(peer: Peer) -> None:
        await asyncio.wait_for(peer.frame(), 0.05)

    ctx, came = seen(listening, {"websocket": {"connect": "/"}}, settings=b"")
    assert [one.where for one in ctx.broken] == ["outcome"]
    assert "ENABLE_CONNECT_PROTOCOL" in ctx.broken[0].why
    assert not any(isinstance(one, list) and one and isinstance(one[0], tuple) for one in came)


def test_fields_of_http_1_and_status_101_have_no_place() -> None:
    async def accepting(peer: Peer) -> None:
        peer.head(OK, (b"sec-websocket-accept", b"x"), (b"sec-websocket-protocol", b"other"))

    ctx, _ = seen(accepting, {"websocket": {"connect": "/"}})
    assert [one.where for one in ctx.broken] == ["headers.sec-websocket-accept", "subprotocol"]

    async def switching(peer: Peer) -> None:
        peer.head((b":status", b"101"))
        peer.head(OK)

    ctx, _ = seen(switching, {"websocket": {"connect": "/"}})
    assert [one.where for one in ctx.broken] == ["interim"]


def test_a_broken_rule_on_the_stream_fails_the_step() -> None:
    async def wrong(peer: Peer) -> None:
        peer.head(OK)
        peer.data(message(TEXT, b"x", mask=False))
        peer.head((b"x-a", b"b"), flags=END_HEADERS | END_STREAM)

    script = [{"receive": {"expect": {"text": "x"}}}, {"closed": {"within": "3s"}}]
    ctx, _ = seen(wrong, {"websocket": {"connect": "/", "script": script}})
    assert [one.where for one in ctx.broken] == ["websocket"]
